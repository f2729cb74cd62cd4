//! What an agent reads of a command that did not simply succeed, the same for both providers.

use std::time::Duration;

use cutover_js::{Text, Value};

use crate::provider::{Class, Executed, Thrown};

/// What is told of a sandbox that was ended for want of a certificate.
pub(super) const NOT_CERTIFIED: &str =
    "the new sandbox was ended, as the vault's certificate could not be put into it";

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It returned a code.
    Code(i64),
    /// A signal ended it.
    Signal,
}

/// What a command gave that came to its end: its output, and behind it how it failed, if it did.
pub(super) fn ended(mut output: Text, ending: Ending) -> Executed {
    let failed = ending != Ending::Code(0);
    if failed && !output.is_empty() && !output.ends_with("\n") {
        output.push_str("\n");
    }
    match ending {
        Ending::Code(0) => {}
        Ending::Code(code) => output.push_str(&format!("[exit code {code}]")),
        Ending::Signal => output.push_str("[killed by a signal]"),
    }
    Executed {
        output: Some(Value::String(output)),
        failed,
    }
}

/// What is thrown when a command was ended by its limit of time, with what it had printed so far,
/// where that is known.
pub(super) fn too_slow(limit: Duration, output: &Text) -> Thrown {
    let seconds = limit.as_secs_f64();
    let mut message = Text::from(format!("stopped after {seconds} s"));
    if !output.is_empty() {
        message.push_str("; output so far:\n");
        message.push_text(output);
    }
    Thrown::of(Class::TimeLimit, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_command_failed_stands_on_a_line_of_its_own() {
        for (output, ending, wanted) in [
            ("", Ending::Code(0), ""),
            ("a", Ending::Code(0), "a"),
            ("", Ending::Code(1), "[exit code 1]"),
            ("a", Ending::Code(3), "a\n[exit code 3]"),
            (" a\n", Ending::Code(143), " a\n[exit code 143]"),
            ("\n", Ending::Signal, "\n[killed by a signal]"),
            ("a", Ending::Signal, "a\n[killed by a signal]"),
        ] {
            let made = ended(output.into(), ending);
            assert_eq!(made.output, Some(Value::String(wanted.into())));
            assert_eq!(made.failed, ending != Ending::Code(0));
        }
    }

    #[test]
    fn what_was_printed_before_the_limit_is_told() {
        let thrown = too_slow(Duration::from_secs(300), &Text::new());
        assert_eq!(thrown.class, Class::TimeLimit);
        assert_eq!(thrown.message, "stopped after 300 s");
        let thrown = too_slow(Duration::from_millis(1500), &"a\n".into());
        assert_eq!(thrown.message, "stopped after 1.5 s; output so far:\na\n");
    }
}
