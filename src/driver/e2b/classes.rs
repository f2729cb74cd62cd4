//! E2B's failures and their classes, by status and body (e2b-wire section 6).

use serde_json::Value;

use super::event::RpcError;
use crate::call::{Failure, FailureClass};
use crate::driver::http::Refusal;
use crate::driver::os_text;

/// What every route of a sandbox answers once it is gone (e2b-wire section 2.2).
pub(crate) const GONE_WORDS: &str = "was not found";

/// A refusal of the control plane (sections 1.5, 1.9, 6.2). `about_sandbox` is whether the route
/// named a sandbox, so that 404 means that one.
pub(crate) fn of_control(refusal: &Refusal, about_sandbox: bool) -> Failure {
    let words = refusal.message();
    let body = refusal.json().unwrap_or_default();
    let error_code = body.get("error_code").and_then(Value::as_str);
    let error_code = error_code.unwrap_or_default();
    let class = match refusal.status {
        404 if about_sandbox => FailureClass::SandboxGone,
        // Asked to go on while it is being killed.
        409 if words.ends_with("is being killed") => FailureClass::SandboxGone,
        // Our own key sent again before the first send was settled.
        409 if error_code.starts_with("idempotency_") => FailureClass::Unavailable,
        // "you have reached the maximum number of concurrent E2B sandboxes (N)"
        429 if words.contains("maximum number of concurrent") => FailureClass::Quota,
        // Failures of placement are told with several statuses; this prefix is load-bearing.
        500 | 503 | 504 if words.starts_with("Failed to place sandbox") => {
            FailureClass::Unavailable
        }
        _ => refusal.class_of_status(),
    };
    Failure::new(class, words)
}

/// A refusal of envd or of the proxy before it, on any route (sections 2.2, 3.2, 4, 6.4, 6.5).
pub(crate) fn of_envd(refusal: &Refusal) -> Failure {
    if let Some(error) = connect_error(refusal) {
        return of_rpc(&error);
    }
    let words = refusal.message();
    let from_os = os_text::class_of(&words);
    let class = match refusal.status {
        502 if words.contains(GONE_WORDS) => FailureClass::SandboxGone,
        400 if is_directory(&words) => FailureClass::IsDirectory,
        400 => from_os.unwrap_or(FailureClass::Invalid),
        // A user that does not exist is an argument, not a key.
        401 if words.starts_with("error looking up user") => FailureClass::Invalid,
        401 => FailureClass::Unauthorized,
        403 => FailureClass::Unauthorized,
        404 if words.contains("does not exist") => FailureClass::NotFound,
        // Routes that envd does not have, and the proxy's reserved ones.
        404 | 405 | 415 => FailureClass::Internal,
        // "The sandbox is still transitioning. Try again in a moment."
        409 => FailureClass::Unavailable,
        500 => of_failed_work(&words),
        _ => refusal.class_of_status(),
    };
    Failure::new(class, words)
}

/// An error that a Connect call reported by its code.
pub(crate) fn of_rpc(error: &RpcError) -> Failure {
    let words = &error.message;
    let class = match error.code.as_str() {
        "not_found" => FailureClass::NotFound,
        "deadline_exceeded" => FailureClass::Timeout,
        "unavailable" if words.contains(GONE_WORDS) => FailureClass::SandboxGone,
        // "canceled": the sandbox is being paused or shut down under the call.
        "unavailable" | "canceled" => FailureClass::Unavailable,
        "permission_denied" => FailureClass::Permission,
        "unauthenticated" if words.contains("invalid username") => FailureClass::Invalid,
        "unauthenticated" => FailureClass::Unauthorized,
        "resource_exhausted" => FailureClass::RateLimited,
        "invalid_argument" if is_directory(words) => FailureClass::IsDirectory,
        "invalid_argument" => match os_text::class_of(words) {
            Some(FailureClass::Permission) => FailureClass::Permission,
            _ => FailureClass::Invalid,
        },
        "already_exists" | "failed_precondition" | "out_of_range" | "aborted" => {
            FailureClass::Invalid
        }
        "internal" => of_failed_work(words),
        _ => FailureClass::Internal,
    };
    Failure::new(class, words.clone())
}

fn connect_error(refusal: &Refusal) -> Option<RpcError> {
    let body = refusal.json()?;
    let code = body.get("code").and_then(Value::as_str)?;
    let message = body.get("message").and_then(Value::as_str).unwrap_or("");
    Some(RpcError {
        code: code.to_owned(),
        message: message.to_owned(),
    })
}

/// `path '<p>' is a directory` of a download, `path is a directory: <p>` of an upload.
fn is_directory(words: &str) -> bool {
    words.ends_with("' is a directory") || words.starts_with("path is a directory: ")
}

/// envd calls `internal` (or 500) what the operating system refused to the request.
fn of_failed_work(words: &str) -> FailureClass {
    if let Some(class) = os_text::class_of(words) {
        return class;
    }
    let asked_for = [
        "path is a file: ",
        "error ensuring directories: path is a file: ",
        "error renaming: ",
        "error removing file or directory: ",
        "error resolving symlink: ",
        "error writing to stdin: ",
    ];
    if asked_for.iter().any(|start| words.starts_with(start)) {
        FailureClass::Invalid
    } else {
        FailureClass::Internal
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use FailureClass as C;

    fn refusal(status: u16, body: &str) -> Refusal {
        Refusal {
            status,
            headers: HeaderMap::new(),
            body: body.to_owned(),
            attempt: 1,
        }
    }

    #[test]
    fn the_control_plane_by_status_and_words() {
        let check = |status, message: &str, about, class| {
            let body = format!(r#"{{"code":{status},"message":"{message}"}}"#);
            let failure = of_control(&refusal(status, &body), about);
            assert_eq!((failure.class, failure.message.as_str()), (class, message));
        };
        check(401, "Invalid API key format", false, C::Unauthorized);
        check(404, "template 'x' not found", false, C::NotFound);
        check(404, "Sandbox 'i' doesn't exist", true, C::SandboxGone);
        check(
            429,
            "you have reached the maximum number of concurrent E2B sandboxes (20).",
            false,
            C::Quota,
        );
        check(429, "slow down", false, C::RateLimited);
        check(
            500,
            "Failed to place sandbox: sandbox creation failed on 1 node(s)",
            false,
            C::Unavailable,
        );
        check(500, "internal", false, C::Internal);
        check(503, "busy", false, C::Unavailable);
        check(400, "Timeout must be greater than 0", false, C::Invalid);
        check(409, "already paused", true, C::Invalid);
        check(501, "not implemented", true, C::Internal);
    }

    #[test]
    fn envd_over_plain_http() {
        let check = |status, body: &str, class| {
            assert_eq!(of_envd(&refusal(status, body)).class, class, "{body}");
        };
        check(
            502,
            r#"{"sandboxId":"i","message":"The sandbox was not found","code":502}"#,
            C::SandboxGone,
        );
        check(
            502,
            r#"{"message":"The sandbox is running but port is not open","code":502}"#,
            C::Unavailable,
        );
        check(502, "<html>Bad Gateway</html>", C::Unavailable);
        check(
            404,
            r#"{"code":404,"message":"path '/x' does not exist"}"#,
            C::NotFound,
        );
        check(
            400,
            r#"{"code":400,"message":"path '/tmp' is a directory"}"#,
            C::IsDirectory,
        );
        check(
            400,
            r#"{"code":400,"message":"path is a directory: /tmp"}"#,
            C::IsDirectory,
        );
        check(
            400,
            r#"{"code":400,"message":"path query parameter is required"}"#,
            C::Invalid,
        );
        check(
            401,
            r#"{"code":401,"message":"error looking up user 'x': user: unknown user x"}"#,
            C::Invalid,
        );
        check(
            401,
            r#"{"code":401,"message":"unauthorized access"}"#,
            C::Unauthorized,
        );
    }

    #[test]
    fn envd_over_plain_http_when_work_failed() {
        let check = |status, body: &str, class| {
            assert_eq!(of_envd(&refusal(status, body)).class, class, "{body}");
        };
        check(
            507,
            r#"{"code":507,"message":"not enough disk space available"}"#,
            C::TooLarge,
        );
        check(
            500,
            r#"{"code":500,"message":"error ensuring directories: path is a file: /x"}"#,
            C::Invalid,
        );
        check(
            500,
            r#"{"code":500,"message":"error opening file: boom"}"#,
            C::Internal,
        );
        check(
            501,
            r#"{"code":501,"message":"not implemented"}"#,
            C::Internal,
        );
        check(404, "404 page not found", C::Internal);
        check(
            404,
            r#"{"code":"not_found","message":"process with pid 7 not found"}"#,
            C::NotFound,
        );
        check(
            400,
            r#"{"code":"invalid_argument","message":"cwd '/x' does not exist"}"#,
            C::Invalid,
        );
    }

    #[test]
    fn connect_codes() {
        let check = |code: &str, message: &str, class| {
            let error = RpcError {
                code: code.to_owned(),
                message: message.to_owned(),
            };
            assert_eq!(of_rpc(&error).class, class, "{code} {message}");
        };
        check("deadline_exceeded", "context deadline exceeded", C::Timeout);
        check("unavailable", "The sandbox was not found", C::SandboxGone);
        check("unavailable", "upstream", C::Unavailable);
        check("unauthenticated", "invalid username: 'x'", C::Invalid);
        check("unauthenticated", "no", C::Unauthorized);
        check("resource_exhausted", "", C::RateLimited);
        check(
            "internal",
            "error renaming: rename /a /b: file exists",
            C::Invalid,
        );
        check(
            "internal",
            "error getting file info: lstat /a/b: not a directory",
            C::Invalid,
        );
        check(
            "internal",
            "error writing to stdin: stdin not enabled or closed",
            C::Invalid,
        );
        check("internal", "panic", C::Internal);
        check(
            "already_exists",
            "directory already exists: /tmp",
            C::Invalid,
        );
        check(
            "invalid_argument",
            "error starting process 'x': fork/exec /bin/sh: permission denied",
            C::Permission,
        );
        check("unimplemented", "invalid signal", C::Internal);
    }
}
