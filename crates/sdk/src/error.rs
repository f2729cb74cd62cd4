//! What an SDK throws.

use std::fmt;

use cutover_js::Text;

/// An error of an SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The message of the JavaScript error.
    pub message: Text,
    /// What it was about. The original knows only the message; repairs need to know more.
    pub class: Class,
    /// The status of the answer that the error was made of, where there was one.
    pub status: Option<u16>,
}

/// What an error was about, by status and error code of the answer, never by the words of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The sandbox is not there, or can no longer be reached.
    SandboxGone,
    /// A command ran into its limit of time.
    TimeLimit,
    /// There is no such file.
    NoSuchFile,
    /// The path is that of a directory.
    IsDirectory,
    /// The file may not be read.
    PermissionDenied,
    /// Anything else.
    Other,
}

impl Error {
    /// An error that is about something.
    pub fn of(class: Class, message: impl Into<Text>) -> Self {
        Self {
            message: message.into(),
            class,
            status: None,
        }
    }

    /// An error about nothing that a class names.
    pub fn new(message: impl Into<Text>) -> Self {
        Self::of(Class::Other, message)
    }

    /// The same error, of an answer with this status.
    #[must_use]
    pub const fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

impl std::error::Error for Error {}
