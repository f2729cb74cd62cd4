//! Daytona's failures and their classes, by status and body (daytona-wire sections 1.2, 2.2, 2.3,
//! 2.5, 4, 5.6).

use crate::call::{Failure, FailureClass};
use crate::driver::http::Refusal;
use crate::driver::os_text;

/// What a refused create says when a quota of the account is used up, all of them 400.
const QUOTA_WORDS: [&str; 4] = [
    "limit exceeded. Maximum allowed",
    "exceeds maximum allowed per",
    "To increase concurrency limits",
    "upgrade your organization's Tier",
];

/// A refusal of the control plane. `about_sandbox` is whether the route named a sandbox.
pub(crate) fn of_control(refusal: &Refusal, about_sandbox: bool) -> Failure {
    let words = refusal.message();
    let class = match refusal.status {
        404 if about_sandbox => FailureClass::SandboxGone,
        400 | 403 if QUOTA_WORDS.iter().any(|quota| words.contains(quota)) => FailureClass::Quota,
        400 if words.contains("No available runners") => FailureClass::Unavailable,
        // The reason behind it is the provider's: a create has no say in how a sandbox starts.
        400 if words.starts_with("Sandbox failed to start") => FailureClass::Unavailable,
        // A missing snapshot is 400, not 404.
        400 if words.starts_with("Snapshot ") && words.contains(" not found") => {
            FailureClass::NotFound
        }
        _ => refusal.class_of_status(),
    };
    Failure::new(class, words)
}

/// A refusal of a sandbox's toolbox, or of the proxy before it.
pub(crate) fn of_toolbox(refusal: &Refusal) -> Failure {
    let words = refusal.message();
    let class = of_file(refusal.status, &words).unwrap_or_else(|| refusal.class_of_status());
    Failure::new(class, words)
}

/// Whether a refusal may mean that the sandbox is not there or does not run, which only the
/// control plane can tell (section 2.2).
pub(crate) fn is_doubtful(refusal: &Refusal) -> bool {
    let words = refusal.message();
    match refusal.status {
        401 | 502 => true,
        404 => {
            let body = refusal.body.trim();
            // "404 page not found" is the daemon's: it lives, and has no such route.
            body.is_empty()
                || words.contains("sandbox container not found")
                || words.starts_with("Sandbox with ID")
        }
        400 => [
            "no IP address found",
            "failed to resolve container IP",
            "failed to get runner info",
            "Is the Sandbox started?",
        ]
        .iter()
        .any(|sign| words.contains(sign)),
        _ => false,
    }
}

/// One file of a bulk download that could not be read.
pub(crate) fn of_file_part(status: u16, code: &str, words: &str) -> Failure {
    let class = match code {
        "FILE_NOT_FOUND" => FailureClass::NotFound,
        "FILE_ACCESS_DENIED" => FailureClass::Permission,
        "INVALID_FILE_PATH" if words.contains("points to a directory") => FailureClass::IsDirectory,
        "INVALID_FILE_PATH" => FailureClass::Invalid,
        _ => of_file(status, words).unwrap_or(match status {
            404 => FailureClass::NotFound,
            400 => FailureClass::Invalid,
            408 => FailureClass::Timeout,
            _ => FailureClass::Internal,
        }),
    };
    Failure::new(class, words)
}

/// What a status and the words say of a file, when they do.
fn of_file(status: u16, words: &str) -> Option<FailureClass> {
    let from_os = os_text::class_of(words);
    match status {
        403 => Some(FailureClass::Permission),
        400 if words.contains("points to a directory") => Some(FailureClass::IsDirectory),
        // Uploads report a disk or a directory in the way as a bad request.
        400 | 500 => from_os,
        401 => Some(FailureClass::Unauthorized),
        // "failed to execute command: not found: session not found" (section 2.4).
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use FailureClass as C;
    use reqwest::header::HeaderMap;

    use super::*;

    fn refusal(status: u16, message: &str) -> Refusal {
        let body = if message.is_empty() {
            String::new()
        } else {
            serde_json::json!({ "statusCode": status, "message": message }).to_string()
        };
        Refusal {
            status,
            headers: HeaderMap::new(),
            body,
            attempt: 1,
        }
    }

    #[test]
    fn the_control_plane_by_status_and_words() {
        let check = |status, message: &str, about, class| {
            let failure = of_control(&refusal(status, message), about);
            assert_eq!((failure.class, failure.message.as_str()), (class, message));
        };
        check(401, "Invalid credentials", false, C::Unauthorized);
        check(
            404,
            "Sandbox with ID or name x not found",
            true,
            C::SandboxGone,
        );
        check(404, "Region not found", false, C::NotFound);
        check(
            400,
            "Snapshot x not found. Did you add it through the Daytona Dashboard?",
            false,
            C::NotFound,
        );
        check(
            400,
            "Total CPU limit exceeded. Maximum allowed: 10.\nTo increase",
            false,
            C::Quota,
        );
        check(
            400,
            "CPU request 8 exceeds maximum allowed per sandbox (4).",
            false,
            C::Quota,
        );
        check(400, "No available runners", false, C::Unavailable);
        check(400, "Sandbox is not in a stoppable state", true, C::Invalid);
        check(409, "Sandbox state change in progress", true, C::Invalid);
        check(
            429,
            "ThrottlerException: Too Many Requests",
            false,
            C::RateLimited,
        );
        check(
            503,
            "Service is currently under maintenance.",
            false,
            C::Unavailable,
        );
        check(500, "An unexpected error occurred.", false, C::Internal);
        check(501, "not implemented", false, C::Internal);
    }

    #[test]
    fn the_toolbox_by_status_and_words() {
        let check = |status, message: &str, class, doubtful| {
            let refusal = refusal(status, message);
            assert_eq!(of_toolbox(&refusal).class, class, "{message}");
            assert_eq!(is_doubtful(&refusal), doubtful, "{message}");
        };
        check(
            408,
            "request timeout: command execution timeout",
            C::Timeout,
            false,
        );
        check(
            401,
            "unauthorized: authentication failed: Bearer token is invalid",
            C::Unauthorized,
            true,
        );
        check(
            404,
            "not found: sandbox container not found: not found: x",
            C::NotFound,
            true,
        );
        check(404, "not found: session not found", C::NotFound, false);
        check(404, "", C::NotFound, true);
        check(403, "", C::Permission, false);
        check(502, "", C::Unavailable, true);
        check(
            400,
            "bad request: failed to resolve container IP after 3 attempts: no IP address found. Is the Sandbox started?",
            C::Invalid,
            true,
        );
        check(
            400,
            "/x: create: open /x: permission denied",
            C::Permission,
            false,
        );
        check(
            400,
            "/x: create: open /x: is a directory",
            C::IsDirectory,
            false,
        );
        check(400, "write /x: no space left on device", C::TooLarge, false);
        check(
            400,
            "cannot delete directory without recursive flag",
            C::Invalid,
            false,
        );
        check(409, "destination already exists", C::Invalid, false);
        check(
            410,
            "gone: command has already completed with exit code 0",
            C::NotFound,
            false,
        );
        check(501, "not implemented", C::Internal, false);
    }

    #[test]
    fn parts_of_a_bulk_download() {
        let check = |status, code: &str, words: &str, class| {
            assert_eq!(of_file_part(status, code, words).class, class, "{words}");
        };
        check(404, "FILE_NOT_FOUND", "file not found: /x", C::NotFound);
        check(
            403,
            "FILE_ACCESS_DENIED",
            "permission denied: /x",
            C::Permission,
        );
        check(
            400,
            "INVALID_FILE_PATH",
            "invalid file path: path points to a directory: /tmp",
            C::IsDirectory,
        );
        check(
            400,
            "INVALID_FILE_PATH",
            "invalid file path: path is empty",
            C::Invalid,
        );
        check(
            500,
            "FILE_READ_FAILED",
            "failed to open file: open /x: not a directory",
            C::Invalid,
        );
        check(
            500,
            "FILE_READ_FAILED",
            "failed to open file: boom",
            C::Internal,
        );
        check(404, "", "file not found: /x", C::NotFound);
    }
}
