//! Running a command.

use std::time::Duration;

use cutover_js::{Text, Value, utf8};
use cutover_sdk::e2b::{Command as Line, Decoding, Output, Ran, RunError, Sandbox, Shell};
use cutover_sdk::{Class as SdkClass, Error};

use super::account::{E2b, is_stopped};
use crate::provider::{Effect, Executed, Thrown};
use crate::providers::command::{Command, quoted};
use crate::providers::outcome::{Ending, ended, too_slow};

/// Quirks of commands that return a code other than zero.
const CODES: [&str; 3] = ["Q27", "Q28", "Q36"];
/// Quirks of commands that a signal ends.
const SIGNALS: [&str; 3] = ["Q34", "Q35", "Q36"];
/// Quirks of text that is decoded in pieces.
const PIECES: [&str; 3] = ["Q49", "Q50", "Q51"];

/// How long a file of ours that was not used may take to go.
const TIDY_TIMEOUT: Duration = Duration::from_secs(10);

impl E2b {
    pub(super) async fn run(
        &self,
        id: &Text,
        cmd: &Text,
        timeout: Duration,
    ) -> Result<Executed, Thrown> {
        let mut effect = Effect::None;
        let failure = match self.connect(id).await {
            Err(error) => RunError {
                error,
                output: Output::default(),
            },
            // Q54: of a sandbox that does not run nothing comes but silence.
            Ok(sandbox) if self.fixes.has("Q54") && is_stopped(sandbox.info()) => RunError {
                error: Error::of(SdkClass::SandboxGone, "the sandbox does not run"),
                output: Output::default(),
            },
            Ok(sandbox) => match self.run_in(&sandbox, cmd, timeout, &mut effect).await {
                Ok(ran) => match self.told(ran) {
                    Ok(executed) => return Ok(executed),
                    Err(error) => {
                        effect = Effect::Done;
                        RunError {
                            error,
                            output: Output::default(),
                        }
                    }
                },
                Err(failure) => failure,
            },
        };
        let RunError { error, output } = failure;
        // Q37: the original loses what was printed.
        if error.class == SdkClass::TimeLimit && self.fixes.has("Q37") {
            return Err(too_slow(timeout, &text(output)));
        }
        let told = self.failed(id, error, &[]).await;
        let told = told.map_err(|thrown| match effect {
            // What is known of the answer is known better.
            Effect::Unknown => thrown,
            effect => thrown.with_effect(effect),
        })?;
        Ok(Executed {
            output: Some(Value::String(told)),
            failed: false,
        })
    }

    /// Runs a command, and notes when anything of it may have begun.
    async fn run_in(
        &self,
        sandbox: &Sandbox,
        cmd: &Text,
        timeout: Duration,
        effect: &mut Effect,
    ) -> Result<Ran, RunError> {
        let decoding = if self.repairs(&PIECES) {
            Decoding::Whole
        } else {
            Decoding::EachPiece
        };
        let command = Command::new(cmd, &self.fixes);
        let (shell, line, file) = match &command {
            // A shell of our own needs none before it that reads a profile.
            Command::Line(line) if line == cmd => (Shell::Login, line, None),
            Command::Line(line) => (Shell::Plain, line, None),
            Command::File {
                path,
                content,
                line,
            } => (Shell::Plain, line, Some((path, content))),
        };
        if let Some((path, content)) = file {
            let written = sandbox.write(&path.as_str().into(), content).await;
            written.map_err(|error| RunError {
                error,
                output: Output::default(),
            })?;
        }
        *effect = Effect::Unknown;
        let ran = sandbox
            .run(Line {
                line,
                timeout,
                shell,
                decoding,
            })
            .await;
        if let (Err(_), Some((path, _))) = (&ran, file) {
            // It goes before the command runs; if the command was never run, it goes now.
            let _ = sandbox
                .run(Line {
                    line: &format!("rm -f {}", quoted(path)).into(),
                    timeout: TIDY_TIMEOUT,
                    shell: Shell::Plain,
                    decoding,
                })
                .await;
        }
        ran
    }

    /// What an agent reads of a command that ended, or what is thrown for its code.
    fn told(&self, ran: Ran) -> Result<Executed, Error> {
        let ending = match ran.exit_code {
            code if code < 0 => Ending::Signal,
            code => Ending::Code(code.into()),
        };
        let is_told = match ending {
            Ending::Code(0) => true,
            Ending::Code(_) => self.repairs(&CODES),
            Ending::Signal => self.repairs(&SIGNALS),
        };
        if is_told {
            Ok(ended(text(ran.output), ending))
        } else {
            Err(Error::new(ran.error))
        }
    }
}

/// All of an output before all of the other.
fn text(output: Output) -> Text {
    let mut text = decoded(output.stdout);
    text.push_text(&decoded(output.stderr));
    text
}

/// Bytes as a text, copied only where they are none.
fn decoded(bytes: Vec<u8>) -> Text {
    match String::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(error) => utf8::decode_keeping_bom(error.as_bytes()),
    }
}
