//! Why a call did not come to what was asked.

use cutover_js::Text;

use crate::answer::{Answer, text};

/// A failure of a call, or of a step of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// The platform or this server said no; told as `<tool> failed: ...`.
    Refused(Text),
    /// Something broke on the way, in JavaScript's words; told as `<tool> error: ...`.
    Thrown(Text),
}

/// An exception that no tool of the original catches, in JavaScript's words; it is an error of the
/// protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Escaped(pub(crate) String);

impl Failure {
    pub(crate) fn refused(text: impl Into<Text>) -> Self {
        Self::Refused(text.into())
    }

    pub(crate) fn thrown(text: impl Into<Text>) -> Self {
        Self::Thrown(text.into())
    }

    /// The words alone.
    pub(crate) const fn words(&self) -> &Text {
        match self {
            Self::Refused(words) | Self::Thrown(words) => words,
        }
    }

    /// What the agent reads.
    pub(crate) fn answer(&self, tool: &str) -> Answer {
        let kind = match self {
            Self::Refused(_) => " failed: ",
            Self::Thrown(_) => " error: ",
        };
        Answer::failed(text(&[&tool, &kind, self.words()]))
    }
}
