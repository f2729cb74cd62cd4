//! `cutover doctor`: what works on this machine, and what to do about what does not.

use std::path::Path;

use crate::call::Provider;
use crate::cli::args::{DoctorArgs, SelectArgs};
use crate::cli::context::{Context, print};
use crate::cli::corpus::Corpus;
use crate::cli::exit::{OK, Outcome, USAGE};
use crate::driver::http::HttpClients;
use crate::stage::{EngineChoice, choose_engine, live_driver};

/// One line of the answer.
struct Finding {
    ok: bool,
    what: String,
    detail: String,
}

pub(crate) async fn run(args: &DoctorArgs, context: &Context) -> Outcome {
    let mut findings = Vec::new();
    for choice in [
        EngineChoice::Namespaces,
        EngineChoice::Docker,
        EngineChoice::Process,
    ] {
        findings.push(engine(choice, &context.program).await);
    }
    findings.push(corpus());
    findings.push(writable(&args.out));
    findings.push(memory(&context.program).await);
    let clients = HttpClients::new();
    for provider in [Provider::E2b, Provider::Daytona] {
        findings.push(live(provider, &clients, context));
    }
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| {
            let mark = if finding.ok { "ok" } else { "--" };
            format!("{mark}  {}: {}\n", finding.what, finding.detail)
        })
        .collect();
    print(&lines.concat())?;
    // Keys are needed for live lanes only, and one engine is enough for the default run.
    let can_run = findings[0].ok && findings[3].ok && findings[4].ok;
    Ok(if can_run { OK } else { USAGE })
}

async fn engine(choice: EngineChoice, helper: &Path) -> Finding {
    let what = format!("engine {}", choice.name());
    match choose_engine(choice, helper).await {
        Ok(engine) => {
            let mut detail = engine.capabilities().join(", ");
            if choice == EngineChoice::Process {
                detail = format!("usable by name only, no isolation ({detail})");
            }
            Finding {
                ok: true,
                what,
                detail,
            }
        }
        Err(error) => Finding {
            ok: false,
            what,
            detail: error.to_string(),
        },
    }
}

/// Whether a sandbox's memory is limited. A run does not need it.
async fn memory(helper: &Path) -> Finding {
    let limited = match choose_engine(EngineChoice::Namespaces, helper).await {
        Ok(engine) => engine
            .capabilities()
            .iter()
            .any(|has| has == "memory_limit"),
        Err(_) => false,
    };
    let detail = if limited {
        "engine namespaces watches it and ends the largest process of a sandbox over 4 GiB; for a \
         harder limit run cutover itself with one (systemd-run -p MemoryMax=8G ...)"
    } else {
        "not limited: a command may use what the host has, so run cutover itself with a limit \
         where that matters (systemd-run -p MemoryMax=8G ...)"
    };
    Finding {
        ok: limited,
        what: "memory of a sandbox".to_owned(),
        detail: detail.to_owned(),
    }
}

fn corpus() -> Finding {
    let what = "scenarios and ledger".to_owned();
    match Corpus::load(&SelectArgs::default()) {
        Ok(corpus) => Finding {
            ok: true,
            what,
            detail: format!(
                "{} scenarios, {} ledger entries from {}",
                corpus.scenarios.len(),
                corpus.ledger.entries.len(),
                corpus.from
            ),
        },
        Err(stop) => Finding {
            ok: false,
            what,
            detail: stop.message,
        },
    }
}

fn writable(out: &Path) -> Finding {
    let what = format!("run folder {}", out.display());
    let existing = out
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("."));
    let existing = if existing.as_os_str().is_empty() {
        Path::new(".")
    } else {
        existing
    };
    match tempfile::NamedTempFile::new_in(existing) {
        Ok(_) => Finding {
            ok: true,
            what,
            detail: "can be written".to_owned(),
        },
        Err(error) => Finding {
            ok: false,
            what,
            detail: format!("cannot be written: {error}; choose another with --out"),
        },
    }
}

fn live(provider: Provider, clients: &HttpClients, context: &Context) -> Finding {
    let what = format!("{provider}@live");
    match live_driver(provider, clients, &|name| context.var(name)) {
        Ok((driver, _secrets)) => Finding {
            ok: true,
            what,
            detail: format!("configured for {} (not asked)", driver.facts().endpoint),
        },
        Err(error) => Finding {
            ok: false,
            what,
            detail: error.to_string(),
        },
    }
}
