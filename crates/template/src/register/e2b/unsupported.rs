//! What a Dockerfile may say and E2B does not do.

use parse_dockerfile::{Flag, Instruction};

use crate::dockerfile::line_of;
use crate::register::e2b::words::has_literal_dollar;
use crate::register::findings::Findings;

/// Tells an instruction that is not translated. `EXPOSE`, `VOLUME`, `LABEL` and `MAINTAINER` say nothing that a
/// template has, and are left out without a word, as the SDK does it.
pub(crate) fn unsupported(instruction: &Instruction<'_>, text: &str, findings: &mut Findings<'_>) {
    let at = |start| line_of(text, start);
    match instruction {
        Instruction::Shell(it) => {
            let message = "E2B runs every command with bash and knows no SHELL";
            let help = "call the other shell in RUN: RUN [\"sh\", \"-c\", \"...\"]";
            findings.error(at(it.shell.span.start), "unsupported", message, help);
        }
        Instruction::Onbuild(it) => {
            let message = "E2B knows no ONBUILD";
            let help = "write its instruction where it is to run";
            findings.error(at(it.onbuild.span.start), "unsupported", message, help);
        }
        Instruction::Healthcheck(it) => {
            let message = "E2B takes no notice of HEALTHCHECK";
            let help = "say ready_cmd in e2b.toml";
            findings.warning(at(it.healthcheck.span.start), "ignored", message, help);
        }
        Instruction::Stopsignal(it) => {
            let message = "E2B takes no notice of STOPSIGNAL";
            let help = "leave it out";
            findings.warning(at(it.stopsignal.span.start), "ignored", message, help);
        }
        _ => {}
    }
}

/// Tells mounts of a `RUN`, none of which E2B makes.
pub(crate) fn mounts(options: &[Flag<'_>], line: usize, findings: &mut Findings<'_>) {
    for flag in options.iter().filter(|flag| flag.name.value == "mount") {
        let what = flag.value.as_ref().map_or("", |it| &*it.value);
        let is_cache = what
            .split(',')
            .any(|it| it == "type=cache" || it == "type=tmpfs");
        if is_cache {
            let message =
                "E2B takes no notice of RUN --mount: what is written there stays in the image";
            findings.warning(line, "mount", message, "remove it in the same RUN");
        } else {
            let message = format!("E2B does not mount {what} for RUN");
            let help = "COPY what the command needs, and remove it in the same RUN";
            findings.error(line, "mount", message, help);
        }
    }
}

/// Tells a `$` that stands for itself: the builder expands them all.
pub(crate) fn check_dollar(line: usize, value: Option<&str>, findings: &mut Findings<'_>) {
    if value.is_some_and(has_literal_dollar) {
        let message = "E2B's builder takes a $ in ENV and ARG for a variable, quoted or not";
        let help = "write the file that needs it with RUN, or COPY it";
        findings.error(line, "dollar", message, help);
    }
}
