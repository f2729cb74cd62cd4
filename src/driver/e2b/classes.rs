//! E2B's failures and their classes, by route, status and body.
//!
//! What is in none of the provider's forms is an error, whatever its status.

use serde_json::Value;

use super::error_code::Code;
use super::event::RpcError;
use super::forms::{CONTROL, OF_CALLS, OF_FILES, OF_FILES_TEXT, OF_PROXY};
use crate::call::{Failure, FailureClass};
use crate::driver::control_plane::Route;
use crate::driver::forms::class_in;
use crate::driver::http::Refusal;

/// What every route of a sandbox answers once it is gone.
pub(crate) const GONE_WORDS: &str = "was not found";

/// A refusal of the control plane.
pub(crate) fn of_control(refusal: &Refusal, route: Route) -> Failure {
    match said(refusal) {
        // Our own key sent again before the first send was settled.
        Some(words) if route == Route::Create && is_unsettled(refusal) => {
            Failure::new(FailureClass::Unavailable, words)
        }
        said => CONTROL.failure(refusal, route, said),
    }
}

/// A refusal of envd or of the proxy before it, on `/files` or a remote call.
pub(crate) fn of_envd(refusal: &Refusal) -> Failure {
    if let Some(error) = connect_error(refusal) {
        return of_rpc(&error);
    }
    let status = refusal.status;
    let Some(words) = said(refusal) else {
        let text = refusal.body.as_str();
        return match class_in(OF_FILES_TEXT, &status, text) {
            Some(class) if refusal.header("content-type").starts_with("text/plain") => {
                Failure::new(class, refusal.message())
            }
            _ => refusal.foreign(),
        };
    };
    let class = class_in(OF_PROXY, &status, &words)
        .or_else(|| class_in(OF_FILES, &status, &words))
        .unwrap_or_else(|| refusal.error_of_status());
    Failure::new(class, words)
}

/// An error that a Connect call reported by its code.
pub(crate) fn of_rpc(error: &RpcError) -> Failure {
    let words = error.message.as_str();
    let class = match Code::of(&error.code) {
        Some(code) => class_in(OF_CALLS, &code, words).unwrap_or_else(|| code.error()),
        None => FailureClass::Internal,
    };
    let words = if words.is_empty() { &error.code } else { words };
    Failure::new(class, words)
}

/// An error that ended a stream of somebody else's.
pub(crate) fn of_stream(code: &str, message: &str) -> Failure {
    of_rpc(&RpcError {
        code: code.to_owned(),
        message: message.to_owned(),
    })
}

/// The words of `{code, message}`, whose code is the status, in JSON that says that it is.
fn said(refusal: &Refusal) -> Option<String> {
    let body = refusal.says_json().then(|| refusal.json())??;
    let code = body.get("code").and_then(Value::as_u64)?;
    let message = body.get("message").and_then(Value::as_str)?;
    (code == u64::from(refusal.status)).then(|| message.to_owned())
}

fn is_unsettled(refusal: &Refusal) -> bool {
    let body = refusal.json().unwrap_or_default();
    let code = body.get("error_code").and_then(Value::as_str);
    refusal.status == 409 && code.unwrap_or_default().starts_with("idempotency_")
}

/// The `{code, message}` of the Connect protocol, whose code has the status.
fn connect_error(refusal: &Refusal) -> Option<RpcError> {
    let body = refusal.says_json().then(|| refusal.json())??;
    let word = body.get("code").and_then(Value::as_str)?;
    let message = body.get("message").and_then(Value::as_str).unwrap_or("");
    Code::of(word)?
        .has_status(refusal.status)
        .then(|| RpcError {
            code: word.to_owned(),
            message: message.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use FailureClass as C;

    fn refusal(status: u16, body: &str) -> Refusal {
        let kind = match body.as_bytes().first() {
            Some(b'{') => "application/json; charset=utf-8",
            Some(b'<') => "text/html",
            _ => "text/plain; charset=utf-8",
        };
        let mut headers = HeaderMap::new();
        headers.insert("content-type", kind.parse().unwrap());
        Refusal {
            op: "x",
            status,
            headers,
            body: body.to_owned(),
            attempt: 1,
        }
    }

    fn body(status: u16, message: &str) -> String {
        serde_json::json!({ "code": status, "message": message }).to_string()
    }

    #[test]
    fn the_control_plane_by_route_status_and_words() {
        let check = |route, status, message: &str, class| {
            let failure = of_control(&refusal(status, &body(status, message)), route);
            assert_eq!((failure.class, failure.message.as_str()), (class, message));
        };
        let (create, sandbox) = (Route::Create, Route::Sandbox);
        let missing = "Sandbox \"i\" doesn't exist or you don't have access to it";
        check(create, 401, "Invalid API key format", C::Unauthorized);
        check(create, 404, "template 'x' not found", C::NotFound);
        check(sandbox, 404, missing, C::SandboxGone);
        check(
            create,
            429,
            "you have reached the maximum number of concurrent E2B sandboxes (20).",
            C::Quota,
        );
        check(create, 429, "slow down", C::RateLimited);
        check(
            create,
            500,
            "Failed to place sandbox: sandbox creation failed on 1 node(s)",
            C::Unavailable,
        );
        check(create, 500, "internal", C::Internal);
        check(create, 503, "busy", C::Unavailable);
        check(create, 400, "Timeout must be greater than 0", C::Invalid);
        check(
            sandbox,
            409,
            "Error pausing sandbox - sandbox 'i' is already paused",
            C::Invalid,
        );
        check(
            sandbox,
            409,
            "Sandbox \"i\" is being killed",
            C::SandboxGone,
        );
        check(sandbox, 501, "not implemented", C::Internal);
        // In the provider's shape, but not its words: a gateway's, or a fault's.
        check(sandbox, 404, "Not Found", C::Internal);
        check(sandbox, 409, "Conflict", C::Internal);
        check(Route::Account, 404, missing, C::Internal);
    }

    #[test]
    fn what_is_not_in_the_providers_form_is_an_error_whatever_its_status() {
        let missing = "Sandbox \"i\" doesn't exist or you don't have access to it";
        for status in (400..=431).chain(500..=530) {
            let bodies = [
                String::new(),
                "<html>no</html>".to_owned(),
                "no such thing".to_owned(),
                "{\"error\":\"no\"}".to_owned(),
                body(status, "no"),
                // Not the status that it speaks of.
                body(status + 1, missing),
                body(status + 1, "path '/x' does not exist"),
                "{\"code\":\"not_found\",\"message\":\"no such route\"}".to_owned(),
            ];
            for text in bodies {
                let answer = refusal(status, &text);
                let control = of_control(&answer, Route::Sandbox);
                assert!(control.class.is_error(), "{status} {text}: {control}");
                let envd = of_envd(&answer);
                assert!(envd.class.is_error(), "{status} {text}: {envd}");
            }
            let mut untyped = refusal(404, &body(404, missing));
            untyped.headers.clear();
            assert!(of_control(&untyped, Route::Sandbox).class.is_error());
        }
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
        check(500, "seeker can't seek\n", C::Invalid);
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
        check("not_found", "no such route", C::Internal);
        check("gone_fishing", "", C::Internal);
        check("permission_denied", "no", C::Unauthorized);
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
