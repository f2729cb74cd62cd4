//! Daytona's failures and their classes, by route, status and body.
//!
//! What is in none of the provider's forms is an error, whatever its status.

use serde_json::Value;

use super::forms::{CONTROL, DOUBTFUL, OF_TOOLBOX};
use crate::call::{Failure, FailureClass};
use crate::driver::control_plane::Route;
use crate::driver::forms::class_in;
use crate::driver::http::Refusal;
use crate::driver::os_text;

/// Operations whose handlers abort when they refuse: the status is right, the body is lost.
const LOSE_BODIES: [&str; 6] = [
    "list_files",
    "stat_file",
    "move_file",
    "make_dir",
    "remove_file",
    "start_background",
];

/// A refusal of the control plane.
pub(crate) fn of_control(refusal: &Refusal, route: Route) -> Failure {
    CONTROL.failure(refusal, route, Said::by(refusal).map(|said| said.words))
}

/// A refusal of the control plane that is about one sandbox.
pub(crate) fn of_sandbox(refusal: &Refusal) -> Failure {
    of_control(refusal, Route::Sandbox)
}

/// What a refusal of a toolbox, or of the proxy before it, comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// What it says.
    Told(Failure),
    /// Perhaps the sandbox is not there or does not run; if the control plane says that it does, it
    /// is this.
    Doubtful(Failure),
}

/// A refusal of a sandbox's toolbox, or of the proxy before it.
pub(crate) fn of_toolbox(refusal: &Refusal) -> Meaning {
    let status = refusal.status;
    if let Some(said) = Said::by(refusal) {
        let failure = |class| Failure::new(class, said.words.clone());
        if let Some(class) = class_in(DOUBTFUL, &status, &said.words) {
            return Meaning::Doubtful(failure(class));
        }
        let class = class_in(OF_TOOLBOX, &status, &said.words)
            .or_else(|| said.of_daemon.then(|| of_daemon(status, &said.words)));
        return match class {
            Some(class) => Meaning::Told(failure(class)),
            None => Meaning::Told(refusal.foreign()),
        };
    }
    if let Some(failure) = of_upload(refusal) {
        return Meaning::Told(failure);
    }
    let lost = LOSE_BODIES.contains(&refusal.op) && refusal.body.trim().is_empty();
    match (status, lost) {
        // A load balancer may say the same, so the control plane is asked.
        (400 | 409, true) => Meaning::Doubtful(empty(refusal, FailureClass::Invalid)),
        (403, true) => Meaning::Doubtful(empty(refusal, FailureClass::Permission)),
        (404, true) => Meaning::Doubtful(empty(refusal, FailureClass::NotFound)),
        // Of one that is stopping, or whose daemon is dead.
        (401 | 502, _) => Meaning::Doubtful(refusal.foreign()),
        _ => Meaning::Told(refusal.foreign()),
    }
}

/// One file of a bulk download that could not be read.
pub(crate) fn of_file_part(status: u16, code: &str, words: &str) -> Failure {
    let from_os = os_text::class_of(words);
    let class = match (status, code) {
        (404, "FILE_NOT_FOUND") => FailureClass::NotFound,
        (403, "FILE_ACCESS_DENIED") => FailureClass::Permission,
        (400, "INVALID_FILE_PATH") if words.contains("points to a directory") => {
            FailureClass::IsDirectory
        }
        (400, "INVALID_FILE_PATH") => FailureClass::Invalid,
        (500, "FILE_READ_FAILED") => from_os.unwrap_or(FailureClass::Internal),
        // Older daemons name no code.
        (404, "") if words.starts_with("file not found: ") => FailureClass::NotFound,
        (403, "") if words.starts_with("permission denied: ") => FailureClass::Permission,
        _ => FailureClass::Internal,
    };
    Failure::new(class, words)
}

/// What a body in the provider's shape says.
struct Said {
    words: String,
    /// Daemons from 0.200 on sign their errors.
    of_daemon: bool,
}

impl Said {
    /// The words of `{statusCode, message, ...}`, whose status is that of the answer, in JSON that
    /// says that it is.
    fn by(refusal: &Refusal) -> Option<Self> {
        let body = refusal.says_json().then(|| refusal.json())??;
        let text = |key: &str| body.get(key).and_then(Value::as_str);
        let status = body.get("statusCode").and_then(Value::as_u64)?;
        (status == u64::from(refusal.status)).then_some(())?;
        Some(Self {
            words: text("message")?.to_owned(),
            of_daemon: text("source") == Some("DAYTONA_DAEMON"),
        })
    }
}

/// The class of a signed error whose words have no class before them.
fn of_daemon(status: u16, words: &str) -> FailureClass {
    match status {
        400 | 500 if words.contains("points to a directory") => FailureClass::IsDirectory,
        400 => os_text::class_of(words).unwrap_or(FailureClass::Invalid),
        403 => FailureClass::Permission,
        404 | 410 => FailureClass::NotFound,
        408 => FailureClass::Timeout,
        409 | 422 => FailureClass::Invalid,
        _ => os_text::class_of(words).unwrap_or(FailureClass::Internal),
    }
}

/// An upload that could not be written: `{errors: [...], files: ...}`. A disk or a directory in the
/// way is told as a bad request.
fn of_upload(refusal: &Refusal) -> Option<Failure> {
    let body = refusal.says_json().then(|| refusal.json())??;
    let errors = body.get("errors").and_then(Value::as_array)?;
    let are_texts = !errors.is_empty() && errors.iter().all(Value::is_string);
    if refusal.status != 400 || !are_texts {
        return None;
    }
    let words = refusal.message();
    let class = os_text::class_of(&words).unwrap_or(FailureClass::Invalid);
    Some(Failure::new(class, words))
}

fn empty(refusal: &Refusal, class: FailureClass) -> Failure {
    Failure::new(class, refusal.message())
}

#[cfg(test)]
#[path = "classes_tests.rs"]
mod tests;
