//! A provider that did not do its work, in words for an agent: who, and whether to ask again. Its own
//! words are for the log alone.

use cutover_js::Text;

use crate::provider::{Effect, SandboxProvider, Thrown};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A command.
    Run,
    /// A file.
    Read,
    /// A new sandbox.
    Make,
    /// Whether a sandbox is there.
    Look,
    /// The end of a sandbox.
    End,
}

/// Says that a provider did not do its work, and what to make of it.
pub(super) fn refusal(provider: &dyn SandboxProvider, thrown: &Thrown, asked: Asked) -> Text {
    let provider = provider.url_scheme();
    // A status of success whose answer broke is no status of a refusal.
    let status = thrown.status.filter(|status| *status >= 300);
    let why = match status {
        Some(status) => format!("HTTP {status}"),
        None => "no usable answer".to_owned(),
    };
    let done = match (asked, thrown.effect) {
        (Asked::Run, Effect::None) => "the command was not run",
        (Asked::Run, Effect::Unknown | Effect::Done) => "the command may have run",
        (Asked::Read | Asked::Look, _) => "nothing was changed",
        (Asked::Make, Effect::None) => "no sandbox came of it",
        (Asked::Make, Effect::Unknown | Effect::Done) => {
            "a sandbox that nobody can use may be left"
        }
        // Whoever asks for the end says what comes of it.
        (Asked::End, _) => return format!("{provider} did not do its work ({why})").into(),
    };
    let advice = match (status, asked, thrown.effect) {
        (Some(401 | 403), ..) => "the platform's key is refused, so do not call again",
        (Some(429), ..) => "wait before you call again",
        (_, Asked::Run, Effect::Unknown | Effect::Done) => "look what it did before you call again",
        _ => "you may call again",
    };
    format!("{provider} did not do its work ({why}); {done}, {advice}").into()
}
