//! `ConnectError`, and what the SDK makes of it.

use cutover_js::Text;

use super::Code;
use crate::{Class, Error};

/// An error of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::e2b) struct RpcError {
    pub(in crate::e2b) code: Code,
    /// The words, without the code before them.
    pub(in crate::e2b) words: Text,
}

impl RpcError {
    pub(in crate::e2b) fn new(code: Code, words: impl Into<Text>) -> Self {
        let words = words.into();
        Self { code, words }
    }

    /// The message of the JavaScript error: the code in brackets, and the words if there are any.
    fn message(&self) -> Text {
        let mut message = Text::from(format!("[{}]", self.code.name()));
        if !self.words.is_empty() {
            message.push_str(" ");
            message.push_text(&self.words);
        }
        message
    }

    /// The error that the SDK throws in its place.
    pub(in crate::e2b) fn thrown(&self) -> Error {
        let mut message = self.message();
        let class = match self.code {
            Code::InvalidArgument | Code::Unauthenticated | Code::NotFound => Class::Other,
            Code::Unavailable => {
                message.push_str(SANDBOX_TIMEOUT);
                Class::SandboxGone
            }
            Code::Canceled => {
                message.push_str(REQUEST_TIMEOUT);
                Class::Other
            }
            Code::DeadlineExceeded => {
                message.push_str(COMMAND_TIMEOUT);
                Class::TimeLimit
            }
            code => {
                let mut numbered = Text::from(format!("{}: ", code as u8));
                numbered.push_text(&message);
                message = numbered;
                Class::Other
            }
        };
        Error::of(class, message)
    }
}

/// What the SDK adds where a sandbox may have come to its end.
pub(in crate::e2b) const SANDBOX_TIMEOUT: &str = ": This error is likely due to sandbox timeout. \
     You can modify the sandbox timeout by passing 'timeoutMs' when starting the sandbox or calling \
     '.setTimeout' on the sandbox with the desired timeout.";
const REQUEST_TIMEOUT: &str = ": This error is likely due to exceeding 'requestTimeoutMs'. You can \
     pass the request timeout value as an option when making the request.";
const COMMAND_TIMEOUT: &str = ": This error is likely due to exceeding 'timeoutMs' — the total time \
     a long running request (like command execution or directory watch) can be active. It can be \
     modified by passing 'timeoutMs' when making the request. Use '0' to disable the timeout.";
