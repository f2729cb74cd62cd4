//! Running a command.

use std::time::Duration;

use cutover_js::{Text, Value, numbers};
use cutover_sdk::daytona::{Ran, Sandbox};
use cutover_sdk::{Class, Error};

use super::failure::InBand;
use super::provider::Daytona;
use crate::provider::{Effect, Executed, Thrown};
use crate::providers::command::Command;
use crate::providers::outcome::{Ending, ended, too_slow};

/// What the daemon says for the exit code of a command that a signal has ended.
const BY_SIGNAL: i64 = -1;

impl Daytona {
    pub(super) async fn run(
        &self,
        id: &Text,
        cmd: &Text,
        timeout: Duration,
    ) -> Result<Executed, Thrown> {
        let mut sent = false;
        let ran: Result<Ran, Error> = async {
            let sandbox = self.sdk.get(id).await?;
            self.send(&sandbox, cmd, timeout, &mut sent).await
        }
        .await;
        match ran {
            Ok(ran) => Ok(self.told(ran)),
            // Q37: the original says nothing of the limit.
            Err(error) if error.class == Class::TimeLimit && self.fixes.has("Q37") => {
                // The daemon keeps nothing of what was printed before.
                Err(too_slow(timeout, &Text::new()))
            }
            Err(error) => match self.failed(id, error).await {
                Ok(InBand(text)) => Ok(Executed {
                    output: Some(Value::String(text)),
                    failed: false,
                }),
                Err(thrown) if sent => Err(thrown),
                Err(thrown) => Err(thrown.with_effect(Effect::None)),
            },
        }
    }

    /// Sends a command, and notes when anything of it may begin to run.
    async fn send(
        &self,
        sandbox: &Sandbox,
        cmd: &Text,
        timeout: Duration,
        sent: &mut bool,
    ) -> Result<Ran, Error> {
        let line = match Command::new(cmd, &self.fixes) {
            Command::Line(line) => line,
            Command::File {
                path,
                content,
                line,
            } => {
                sandbox.upload(content.as_bytes(), &path).await?;
                line
            }
        };
        *sent = true;
        sandbox.execute(&line, seconds(timeout)).await
    }

    /// What an agent is told of a command that came to its end.
    fn told(&self, ran: Ran) -> Executed {
        let code = match &ran.exit_code {
            Some(Value::Number(code)) => Some(*code),
            _ => None,
        };
        let success = code == Some(0.0);
        // Q27, Q28: the original calls every command that ran a success.
        let failed = !success && self.repairs(&["Q27", "Q28"]);
        // Q34, Q35, Q36: that a signal ended it is a code of its own.
        let by_signal = code.and_then(whole) == Some(BY_SIGNAL);
        let signalled = by_signal && self.repairs(&["Q34", "Q35", "Q36"]);
        // Q29, Q30: the original puts an empty line before the code, and takes white space away.
        if let Some(code) = code.and_then(whole)
            && (signalled || self.repairs(&["Q29", "Q30"]))
            && let Value::String(output) = ran.result
        {
            let ending = if signalled {
                Ending::Signal
            } else {
                Ending::Code(code)
            };
            return Executed {
                failed,
                ..ended(output, ending)
            };
        }
        Executed {
            output: Some(if success { ran.result } else { suffixed(&ran) }),
            failed,
        }
    }
}

/// `${result}\n[exit code ${exitCode}]`, without white space in front.
fn suffixed(ran: &Ran) -> Value {
    let code = ran.exit_code.as_ref();
    let code = code.map_or("undefined".into(), Value::to_js_string);
    let parts = [
        &ran.result.to_js_string(),
        &"\n[exit code ".into(),
        &code,
        &"]".into(),
    ];
    Value::String(Text::concat(parts).trim_start())
}

/// A number of JavaScript that is a whole one.
fn whole(number: f64) -> Option<i64> {
    numbers::to_js_string(number).parse().ok()
}

/// The whole seconds that the daemon is told of a time limit.
pub(super) fn seconds(limit: Duration) -> u64 {
    limit.as_secs() + u64::from(limit.subsec_nanos() > 0)
}
