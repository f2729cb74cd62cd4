//! The verb of a step and its arguments.

use std::path::Path;
use std::time::Duration;

use cutover_base::side::Side;

use crate::call::Verb;
use crate::scenario::check::args::Args;
use crate::scenario::check::fault;
use crate::scenario::check::findings::{Findings, Namespace};
use crate::scenario::check::scalar;
use crate::scenario::model::{Action, ProviderEvent};
use crate::scenario::node::{Kind, Node, Position};
use crate::scenario::template::{DataTemplate, Template};

/// Longest real pause of `wait`: a case that needs more should wait for a condition (`until`) or
/// advance the clock.
const WAIT_MAX: Duration = Duration::from_secs(120);

/// Deepest listing asked for.
const DEPTH_MAX: u64 = 100;

/// Reads the arguments of a verb. `parallel` is read by [`super::step`], which calls this.
pub(crate) fn action(
    (verb, at): (Verb, Position),
    node: &Node,
    folder: Option<&Path>,
    findings: &mut Findings,
) -> Option<Action> {
    match verb {
        Verb::Provision => provision(node, findings),
        Verb::Execute => execute(node, folder, findings),
        Verb::ReadFile
        | Verb::WriteFile
        | Verb::ListFiles
        | Verb::StatFile
        | Verb::MoveFile
        | Verb::MakeDir
        | Verb::RemoveFile => files(verb, node, folder, findings),
        Verb::StartBackground | Verb::SendSignal | Verb::SendStdin => {
            processes(verb, node, folder, findings)
        }
        Verb::Terminate => {
            let mut args = Args::open(verb, node, Some("sandbox_name"), &[], findings)?;
            let sandbox = args.sandbox();
            args.done(Some(Action::Terminate { sandbox: sandbox? }))
        }
        Verb::Wait => wait(node, findings),
        Verb::AtProvider => at_provider(node, findings),
        Verb::Advance => {
            let mut args = Args::open(verb, node, Some("by"), &[], findings)?;
            let by = args.duration_required("by");
            args.done(by.map(Action::Advance))
        }
        Verb::Fault => fault_verb(node, findings),
        Verb::Parallel
        | Verb::UploadArtifact
        | Verb::CallTool
        | Verb::Http
        | Verb::CreateSession
        | Verb::UseSession
        | Verb::DeleteSession
        | Verb::RestartMcp
        | Verb::RestartPlatform
        | Verb::Switch => {
            absent_verb(verb, at, findings);
            None
        }
    }
}

fn absent_verb(verb: Verb, at: Position, findings: &mut Findings) {
    let surfaces: Vec<&str> = verb.surfaces().iter().map(|s| s.name()).collect();
    let (what, names) = match surfaces.as_slice() {
        [one] => ("surface", (*one).to_owned()),
        many => ("surfaces", many.join(" and ")),
    };
    findings.add(
        at,
        format!("verb `{verb}` exists at {what} {names} only, which this build does not have"),
    );
}

fn provision(node: &Node, findings: &mut Findings) -> Option<Action> {
    const KEYS: [&str; 5] = ["name", "env", "timeout", "session_id", "project_id"];
    let mut args = Args::open(Verb::Provision, node, Some("name"), &KEYS, findings)?;
    for name in ["session_id", "project_id"] {
        if let Some((at, _)) = args.entry(name) {
            args.findings.add(
                at,
                format!("`{name}` exists at surfaces mcp and platform only, which this build does not have"),
            );
        }
    }
    args.provider_only(&["env", "timeout"]);
    let name_at = args.get("name").map_or(node.at, |node| node.at);
    let sandbox = args.template_or("name", "main");
    if let Some(name) = sandbox.as_ref().and_then(Template::as_literal) {
        args.findings.define(Namespace::Sandbox, name, name_at);
    }
    let (env, timeout) = (args.env(), args.duration("timeout"));
    let sandbox = sandbox?;
    args.done(Some(Action::Provision {
        sandbox,
        env,
        timeout,
    }))
}

fn execute(node: &Node, folder: Option<&Path>, findings: &mut Findings) -> Option<Action> {
    const KEYS: [&str; 7] = [
        "sandbox_name",
        "cmd",
        "cwd",
        "env",
        "user",
        "timeout",
        "stdin",
    ];
    let mut args = Args::open(Verb::Execute, node, Some("cmd"), &KEYS, findings)?;
    args.provider_only(&["cwd", "env", "user", "timeout", "stdin"]);
    let (sandbox, cmd) = (args.sandbox(), args.template_required("cmd"));
    let (cwd, user) = (args.template("cwd"), args.template("user"));
    let (env, timeout, stdin) = (
        args.env(),
        args.duration("timeout"),
        args.data("stdin", folder),
    );
    args.done(Some(Action::Execute {
        sandbox: sandbox?,
        cmd: cmd?,
        cwd,
        env,
        user,
        timeout,
        stdin,
    }))
}

fn files(
    verb: Verb,
    node: &Node,
    folder: Option<&Path>,
    findings: &mut Findings,
) -> Option<Action> {
    let (short, keys): (_, &[&str]) = match verb {
        Verb::WriteFile => (None, &["sandbox_name", "path", "data"]),
        Verb::ListFiles => (Some("path"), &["sandbox_name", "path", "depth"]),
        Verb::MoveFile => (None, &["sandbox_name", "from", "to"]),
        Verb::RemoveFile => (Some("path"), &["sandbox_name", "path", "recursive"]),
        _ => (Some("path"), &["sandbox_name", "path"]),
    };
    let mut args = Args::open(verb, node, short, keys, findings)?;
    let sandbox = args.sandbox();
    if verb == Verb::MoveFile {
        let (from, to) = (args.template_required("from"), args.template_required("to"));
        return args.done(Some(Action::MoveFile {
            sandbox: sandbox?,
            from: from?,
            to: to?,
        }));
    }
    let path = args.template_required("path");
    let data = match verb {
        Verb::WriteFile => args.data_required("data", folder),
        _ => None,
    };
    let depth = args.get("depth").and_then(|node| {
        scalar::whole(node, "`depth`", (1, DEPTH_MAX), args.findings)
            .and_then(|depth| u32::try_from(depth).ok())
    });
    let recursive = args.boolean("recursive");
    let (sandbox, path) = (sandbox?, path?);
    let action = match verb {
        Verb::ReadFile => Action::ReadFile { sandbox, path },
        Verb::WriteFile => Action::WriteFile {
            sandbox,
            path,
            data: data?,
        },
        Verb::ListFiles => Action::ListFiles {
            sandbox,
            path,
            depth,
        },
        Verb::StatFile => Action::StatFile { sandbox, path },
        Verb::MakeDir => Action::MakeDir { sandbox, path },
        _ => Action::RemoveFile {
            sandbox,
            path,
            recursive,
        },
    };
    args.done(Some(action))
}

fn processes(
    verb: Verb,
    node: &Node,
    folder: Option<&Path>,
    findings: &mut Findings,
) -> Option<Action> {
    let keys: &[&str] = match verb {
        Verb::StartBackground => &["sandbox_name", "as", "cmd", "cwd", "env"],
        Verb::SendSignal => &["sandbox_name", "process", "signal"],
        _ => &["sandbox_name", "process", "data", "close"],
    };
    let mut args = Args::open(verb, node, None, keys, findings)?;
    let sandbox = args.sandbox();
    let action = match verb {
        Verb::StartBackground => {
            let process = args.required("as").and_then(|node| {
                let name = scalar::name(node, "`as`", args.findings)?;
                args.findings.define(Namespace::Process, &name, node.at);
                Some(name)
            });
            let (cmd, cwd, env) = (
                args.template_required("cmd"),
                args.template("cwd"),
                args.env(),
            );
            Action::StartBackground {
                sandbox: sandbox?,
                process: process?,
                cmd: cmd?,
                cwd,
                env,
            }
        }
        Verb::SendSignal => {
            let (process, signal) = (args.process(), args.signal());
            Action::SendSignal {
                sandbox: sandbox?,
                process: process?,
                signal: signal?,
            }
        }
        _ => {
            let (process, close) = (args.process(), args.boolean("close"));
            let data = match args.get("data") {
                // Closing alone sends nothing.
                None if close => Some(DataTemplate::Text(Template::default())),
                _ => args.data_required("data", folder),
            };
            Action::SendStdin {
                sandbox: sandbox?,
                process: process?,
                data: data?,
                close,
            }
        }
    };
    args.done(Some(action))
}

fn wait(node: &Node, findings: &mut Findings) -> Option<Action> {
    let keys = ["sandbox_name", "seconds", "process"];
    let mut args = Args::open(Verb::Wait, node, Some("seconds"), &keys, findings)?;
    let action = match (args.get("seconds"), args.get("process")) {
        (Some(node), None) => {
            let bounds = (Duration::ZERO, WAIT_MAX);
            scalar::duration_within(node, "`seconds`", bounds, args.findings)
                .map(Action::WaitSeconds)
        }
        (None, Some(_)) => {
            let (sandbox, process) = (args.sandbox(), args.process());
            Some(Action::WaitProcess {
                sandbox: sandbox?,
                process: process?,
            })
        }
        _ => {
            let message = "`wait` must have exactly one of `seconds` and `process`";
            args.findings.add(node.at, message);
            None
        }
    };
    args.done(action)
}

fn at_provider(node: &Node, findings: &mut Findings) -> Option<Action> {
    const EVENTS: [(&str, ProviderEvent); 5] = [
        ("kill", ProviderEvent::Kill),
        ("stop", ProviderEvent::Stop),
        ("pause", ProviderEvent::Pause),
        ("expire", ProviderEvent::Expire),
        ("list", ProviderEvent::List),
    ];
    let mut args = Args::open(Verb::AtProvider, node, Some("do"), &["sandbox"], findings)?;
    let sandbox_at = args.get("sandbox").map_or(node.at, |node| node.at);
    let sandbox = args.template_or("sandbox", "main");
    let event = args.required("do").and_then(|node| {
        let word = scalar::text(node, "`do`", args.findings)?;
        let known = EVENTS.into_iter().find(|(name, _)| *name == word);
        if known.is_none() {
            let words = EVENTS.map(|(name, _)| name);
            args.findings.unknown(node.at, "event", word, &words);
        }
        known.map(|(_, event)| event)
    });
    // A list is of the account, not of a sandbox.
    if event != Some(ProviderEvent::List) {
        args.uses_sandbox(sandbox.as_ref(), sandbox_at);
    }
    args.done(Some(Action::AtProvider {
        sandbox: sandbox?,
        event: event?,
    }))
}

fn fault_verb(node: &Node, findings: &mut Findings) -> Option<Action> {
    let mut args = Args::open(Verb::Fault, node, Some("spec"), &["side"], findings)?;
    let spec = args.required("spec").and_then(|node| {
        // `503` alone is a number in YAML and a fault here.
        let spec = match &node.kind {
            Kind::Number(number) => number.to_string(),
            _ => scalar::text(node, "`spec`", args.findings)?.to_owned(),
        };
        fault::check(&spec)
            .map_err(|why| args.findings.add(node.at, why))
            .ok()
            .map(|()| spec)
    });
    let side = args.get("side").and_then(|node| {
        let word = scalar::text(node, "`side`", args.findings)?;
        let side = Side::BOTH.into_iter().find(|side| side.name() == word);
        if side.is_none() {
            args.findings
                .unknown(node.at, "side", word, &Side::BOTH.map(Side::name));
        }
        side
    });
    args.done(Some(Action::Fault { spec: spec?, side }))
}
