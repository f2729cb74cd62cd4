//! How a terminal's shell ended, in the words of the close frame (contract 2.4).

use serde_json::{Map, Value, json};

use crate::daytona::boot::End;
use crate::daytona::toolbox::socket;
use crate::engine::ExitStatus;

/// The code of a shell that was killed with its terminal: 128 + 9.
pub(super) const KILLED: i32 = 137;

impl End {
    /// Of a shell that ended by itself: Go says -1 for one that a signal ended.
    pub(super) fn of(status: Option<ExitStatus>) -> Self {
        let code = match status {
            Some(ExitStatus::Code(code)) => code,
            Some(ExitStatus::Signal { .. }) | None => -1,
        };
        Self { code }
    }

    /// Code of the close frame.
    pub(super) const fn close_code(self) -> u16 {
        if self.code == 0 {
            socket::NORMAL
        } else {
            socket::INTERNAL
        }
    }

    /// Text of the close frame.
    pub(super) fn close_reason(self) -> String {
        Value::Object(self.fields()).to_string()
    }

    /// The control message for clients that asked for it.
    pub(super) fn control(self) -> String {
        let mut message = Map::new();
        message.insert("type".to_owned(), json!("control"));
        message.insert("status".to_owned(), json!("exited"));
        message.extend(self.fields());
        Value::Object(message).to_string()
    }

    fn fields(self) -> Map<String, Value> {
        let reason = match self.code {
            0 => None,
            130 => Some("Ctrl+C".to_owned()),
            137 => Some("SIGKILL".to_owned()),
            143 => Some("SIGTERM".to_owned()),
            129.. => Some(format!("signal {}", self.code - 128)),
            _ => Some("non-zero exit".to_owned()),
        };
        let mut fields = Map::new();
        fields.insert("exitCode".to_owned(), self.code.into());
        if let Some(reason) = reason {
            fields.insert("exitReason".to_owned(), reason.into());
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_in_the_close_frame() {
        let cases = [
            (0, 1000, r#"{"exitCode":0}"#),
            (3, 1011, r#"{"exitCode":3,"exitReason":"non-zero exit"}"#),
            (130, 1011, r#"{"exitCode":130,"exitReason":"Ctrl+C"}"#),
            (137, 1011, r#"{"exitCode":137,"exitReason":"SIGKILL"}"#),
            (143, 1011, r#"{"exitCode":143,"exitReason":"SIGTERM"}"#),
            (129, 1011, r#"{"exitCode":129,"exitReason":"signal 1"}"#),
            (-1, 1011, r#"{"exitCode":-1,"exitReason":"non-zero exit"}"#),
        ];
        for (code, close_code, reason) in cases {
            let end = End { code };
            assert_eq!(
                (end.close_code(), end.close_reason().as_str()),
                (close_code, reason)
            );
        }
        let control = End { code: 2 }.control();
        let expected =
            r#"{"type":"control","status":"exited","exitCode":2,"exitReason":"non-zero exit"}"#;
        assert_eq!(control, expected);
    }
}
