//! What a failure is about.

use cutover_js::Text;
use cutover_sdk::{Class, Error};

use super::provider::Daytona;
use crate::provider::{Class as Told, Thrown};

/// What the original says instead of an output or of a file.
#[derive(Debug)]
pub(super) struct InBand(pub(super) Text);

/// The words by which the original knows that a sandbox is gone (Q52, Q53, Q54), and for which it
/// takes a path or a missing file as well (Q56, Q57).
const WORDS: [&str; 4] = ["404", "not found", "deleted", "destroyed"];

/// Quirks that come of looking for words. Each of their fixes asks the control plane instead.
const BY_WORDS: [&str; 5] = ["Q52", "Q53", "Q54", "Q56", "Q57"];

/// The states of a sandbox that does not run and that nothing here starts again.
const ENDED: [&str; 10] = [
    "archived",
    "archiving",
    "build_failed",
    "destroyed",
    "destroying",
    "error",
    "paused",
    "pausing",
    "stopped",
    "stopping",
];

/// Whether the original takes a message for that of a sandbox that is gone.
pub(super) fn is_gone_by_words(message: &Text) -> bool {
    WORDS.iter().any(|word| message.contains(word))
}

/// An error of the SDK, thrown on.
pub(super) fn thrown(error: Error) -> Thrown {
    let class = match error.class {
        Class::SandboxGone => Told::SandboxGone,
        Class::TimeLimit => Told::TimeLimit,
        Class::NoSuchFile => Told::NoSuchFile,
        Class::IsDirectory => Told::IsDirectory,
        Class::PermissionDenied => Told::PermissionDenied,
        Class::Other => Told::Other,
    };
    // Only `too_slow` has words for a limit.
    match class {
        Told::TimeLimit => Thrown::new(error.message),
        class => Thrown::of(class, error.message).with_status(error.status),
    }
}

impl Daytona {
    /// What comes of a failure: a text that the original takes for an answer, or what is thrown.
    pub(super) async fn failed(&self, id: &Text, error: Error) -> Result<InBand, Thrown> {
        let thrown = if self.repairs(&BY_WORDS) {
            self.settled(id, error).await
        } else if is_gone_by_words(&error.message) {
            Thrown::of(Told::SandboxGone, error.message)
        } else {
            // Without these words the original knows of no sandbox that is gone.
            let thrown = thrown(error);
            return Err(match thrown.class {
                Told::SandboxGone => Thrown::new(thrown.message),
                _ => thrown,
            });
        };
        // Q15: the original tells of it as if it were an output, or a file.
        if thrown.class != Told::SandboxGone || self.fixes.has("Q15") {
            return Err(thrown);
        }
        Ok(InBand(Text::concat([
            &"error: sandbox expired — call provision to create a new one (".into(),
            &thrown.message,
            &")".into(),
        ])))
    }

    /// Finds out whether a failure is that of a sandbox that is gone. A toolbox whose sandbox is
    /// gone, or whose daemon is dead, is refused with several statuses, all of which mean something
    /// else, too.
    pub(super) async fn settled(&self, id: &Text, error: Error) -> Thrown {
        let doubtful = error.class == Class::Other;
        if doubtful && matches!(self.is_alive(id).await, Ok(false)) {
            return Thrown::of(Told::SandboxGone, error.message);
        }
        thrown(error)
    }

    /// Whether a sandbox runs.
    pub(super) async fn is_alive(&self, id: &Text) -> Result<bool, Thrown> {
        let sandbox = match self.sdk.get(id).await {
            Ok(sandbox) => sandbox,
            Err(error) if error.class == Class::SandboxGone => return Ok(false),
            Err(error) => return Err(thrown(error)),
        };
        match sandbox.state() {
            // The control plane learns late that a daemon has died.
            "started" => sandbox.answers().await.map_err(thrown),
            state => Ok(!ENDED.contains(&state)),
        }
    }
}
