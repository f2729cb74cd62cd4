//! What an agent is told of a provider's failure.

use axum::http::StatusCode;
use cutover_js::Text;

use super::refusal::{Asked, refusal};
use crate::failure::{Failure, sentence};
use crate::platform::Platform;
use crate::provider::{Class, Effect, SandboxProvider, Thrown};

/// A file that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'a> {
    /// Its path, as the agent wrote it.
    pub(super) path: &'a Text,
    /// Bytes that it may have.
    pub(super) bytes_max: u32,
    /// What the agent may do with one that has more.
    pub(super) advice: &'static str,
}

/// What was asked of a provider.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// Whom.
    pub(super) provider: &'a dyn SandboxProvider,
    /// The name of the sandbox.
    pub(super) name: &'a Text,
    /// The file that was to be read; none for a command.
    pub(super) file: Option<File<'a>>,
}

impl Platform {
    /// What is told of a failure, as far as a fix lets it be told: the original tells nothing of
    /// it.
    pub(super) fn told(&self, thrown: Thrown, call: Call<'_>) -> Failure {
        let Call {
            provider,
            name,
            file,
        } = call;
        let no_path = Text::new();
        let path = file.map_or(&no_path, |file| file.path);
        let (fix, status, detail) = match thrown.class {
            Class::SandboxGone => (
                "Q15",
                StatusCode::GONE,
                sentence(
                    "sandbox '{}' is gone; call provision for a new one",
                    &[name],
                ),
            ),
            Class::TimeLimit => ("Q37", StatusCode::GATEWAY_TIMEOUT, thrown.message.clone()),
            Class::NoSuchFile => (
                "Q56",
                StatusCode::NOT_FOUND,
                sentence("no such file: {}", &[path]),
            ),
            Class::IsDirectory => (
                "Q58",
                StatusCode::BAD_REQUEST,
                sentence("is a directory: {}", &[path]),
            ),
            Class::PermissionDenied => (
                "Q59",
                StatusCode::FORBIDDEN,
                sentence("permission denied: {}", &[path]),
            ),
            // Only a repair asks for a file that may be too large.
            Class::TooLarge { bytes } => return too_large(file, bytes),
            // Another repair tells these as what they are.
            Class::Other if thrown.effect == Effect::Done => return thrown.into(),
            Class::NotMade | Class::Other => {
                let asked = file.map_or(Asked::Run, |_| Asked::Read);
                let detail = refusal(provider, &thrown, asked);
                ("Q15", StatusCode::BAD_GATEWAY, detail)
            }
        };
        if !self.fixes.has(fix) {
            return thrown.into();
        }
        if status == StatusCode::BAD_GATEWAY {
            log(provider, &thrown);
        }
        Failure::told(status, detail)
    }

    /// What is told of a sandbox that was not made. Q68: the original tells the log alone.
    pub(super) fn not_made(&self, thrown: Thrown, provider: &dyn SandboxProvider) -> Failure {
        if !self.fixes.has("Q68") {
            return thrown.into();
        }
        log(provider, &thrown);
        let detail = match thrown.class {
            Class::NotMade => thrown.message,
            _ => refusal(provider, &thrown, Asked::Make),
        };
        Failure::told(StatusCode::BAD_GATEWAY, detail)
    }

    /// What is told where nobody can say whether a sandbox is there. Only a repair asks for that.
    pub(super) fn not_seen(thrown: &Thrown, provider: &dyn SandboxProvider) -> Failure {
        log(provider, thrown);
        Failure::told(
            StatusCode::BAD_GATEWAY,
            refusal(provider, thrown, Asked::Look),
        )
    }
}

/// The provider's own words, which may quote whatever it was sent.
fn log(provider: &dyn SandboxProvider, thrown: &Thrown) {
    let provider = provider.url_scheme();
    tracing::error!("{provider} did not do its work: {thrown}");
}

/// What is told of a file that is larger than was asked for.
pub(super) fn too_large(file: Option<File<'_>>, bytes: u64) -> Failure {
    let bytes = Text::from(bytes.to_string());
    let detail = match file {
        None => sentence("{} bytes are too many", &[&bytes]),
        Some(file) => {
            let most = Text::from(file.bytes_max.to_string());
            let names = [file.path, &bytes, &most, &file.advice.into()];
            sentence("{} is {} bytes, over {}{}", &names)
        }
    };
    Failure::told(StatusCode::PAYLOAD_TOO_LARGE, detail)
}
