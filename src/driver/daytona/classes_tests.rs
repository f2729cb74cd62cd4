use FailureClass as C;
use reqwest::header::HeaderMap;

use super::*;

fn answer(status: u16, kind: &str, body: impl Into<String>) -> Refusal {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", kind.parse().unwrap());
    Refusal {
        op: "stat_file",
        status,
        headers,
        body: body.into(),
        attempt: 1,
    }
}

fn refusal(status: u16, message: &str) -> Refusal {
    if message.is_empty() {
        return answer(status, "text/plain", "");
    }
    let body = serde_json::json!({ "statusCode": status, "message": message });
    answer(status, "application/json; charset=utf-8", body.to_string())
}

#[test]
fn the_control_plane_by_route_status_and_words() {
    let check = |route, status, message: &str, class| {
        let failure = of_control(&refusal(status, message), route);
        assert_eq!((failure.class, failure.message.as_str()), (class, message));
    };
    let (create, sandbox) = (Route::Create, Route::Sandbox);
    let missing = "Sandbox with ID or name x not found";
    check(create, 401, "Invalid credentials", C::Unauthorized);
    check(sandbox, 404, missing, C::SandboxGone);
    check(Route::Account, 404, missing, C::Internal);
    check(create, 404, "Region not found", C::NotFound);
    check(
        create,
        400,
        "Snapshot x not found. Did you add it through the Daytona Dashboard?",
        C::NotFound,
    );
    check(
        create,
        400,
        "Total CPU limit exceeded. Maximum allowed: 10.\nTo increase",
        C::Quota,
    );
    check(
        create,
        400,
        "CPU request 8 exceeds maximum allowed per sandbox (4).",
        C::Quota,
    );
    check(create, 400, "No available runners", C::Unavailable);
    check(
        sandbox,
        400,
        "Sandbox is not in a stoppable state",
        C::Invalid,
    );
    check(sandbox, 409, "Sandbox state change in progress", C::Invalid);
    check(
        sandbox,
        429,
        "ThrottlerException: Too Many Requests",
        C::RateLimited,
    );
    check(
        sandbox,
        503,
        "Service is currently under maintenance.",
        C::Unavailable,
    );
    check(sandbox, 500, "An unexpected error occurred.", C::Internal);
    check(sandbox, 404, "An unexpected error occurred.", C::Internal);
    check(sandbox, 501, "not implemented", C::Internal);
}

fn meaning(answer: &Refusal) -> (FailureClass, bool) {
    match of_toolbox(answer) {
        Meaning::Told(failure) => (failure.class, false),
        Meaning::Doubtful(failure) => (failure.class, true),
    }
}

#[test]
fn the_toolbox_by_status_and_words() {
    let check = |status, message: &str, class, doubtful| {
        let got = meaning(&refusal(status, message));
        assert_eq!(got, (class, doubtful), "{status} {message}");
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
        C::Unavailable,
        true,
    );
    check(404, "not found: session not found", C::NotFound, false);
    check(404, "", C::NotFound, true);
    check(403, "", C::Permission, true);
    check(400, "", C::Invalid, true);
    check(502, "", C::Unavailable, true);
    check(500, "", C::Internal, false);
    check(
        400,
        "bad request: failed to resolve container IP after 3 attempts: no IP address found. Is the Sandbox started?",
        C::Unavailable,
        true,
    );
    check(
        400,
        "bad request: cannot delete directory without recursive flag",
        C::Invalid,
        false,
    );
    check(
        400,
        "bad request: invalid file path: path points to a directory: /tmp",
        C::IsDirectory,
        false,
    );
    check(
        409,
        "conflict: destination already exists",
        C::Invalid,
        false,
    );
    check(
        410,
        "gone: command has already completed with exit code 0",
        C::NotFound,
        false,
    );
    check(
        500,
        "internal server error: failed to open input pipe: open /x/input.pipe: no such file or directory",
        C::NotFound,
        false,
    );
    check(501, "not implemented", C::Internal, false);
}

#[test]
fn only_handlers_that_lose_bodies_are_believed_without_one() {
    for status in [400, 403, 404, 409] {
        let executed = Refusal {
            op: "execute",
            ..refusal(status, "")
        };
        let (class, _) = meaning(&executed);
        assert!(class.is_error(), "{status}: {class}");
    }
}

#[test]
fn uploads_tell_the_operating_systems_words_in_a_list() {
    let check = |words: &str, class| {
        let body = serde_json::json!({ "errors": [words], "files": null }).to_string();
        let got = meaning(&answer(400, "application/json", body));
        assert_eq!(got, (class, false), "{words}");
    };
    check("/x: create: open /x: permission denied", C::Permission);
    check("/x: create: open /x: is a directory", C::IsDirectory);
    check("write /x: no space left on device", C::TooLarge);
    check("file[0]: missing .path metadata", C::Invalid);
    let body = "{\"errors\":[{\"detail\":\"no\"}]}";
    assert_eq!(
        meaning(&answer(400, "application/json", body)),
        (C::Internal, false)
    );
}

#[test]
fn a_signed_error_of_a_newer_daemon_needs_no_class_before_its_words() {
    let body = serde_json::json!({
        "statusCode": 404, "message": "file not found: /x", "code": "FILE_NOT_FOUND",
        "source": "DAYTONA_DAEMON"
    });
    let signed = answer(404, "application/json", body.to_string());
    assert_eq!(meaning(&signed), (C::NotFound, false));
    let unsigned = refusal(404, "file not found: /x");
    assert_eq!(meaning(&unsigned), (C::Internal, false));
}

#[test]
fn what_is_not_in_the_providers_form_is_an_error_whatever_its_status() {
    let missing = "Sandbox with ID or name x not found";
    for status in (400..=431).chain(500..=530) {
        let other = serde_json::json!({ "statusCode": status + 1, "message": missing });
        let bodies = [
            ("text/html", "<html>no</html>".to_owned()),
            ("text/plain", "404 page not found".to_owned()),
            ("text/plain", "not found: x".to_owned()),
            ("application/json", "{\"error\":\"no\"}".to_owned()),
            (
                "application/json",
                "{\"message\":\"not found: x\"}".to_owned(),
            ),
            ("application/json", other.to_string()),
            ("application/json", refusal(status, "no").body),
            ("application/json", refusal(status, "Not Found").body),
        ];
        for (kind, body) in bodies {
            let answer = answer(status, kind, body);
            let control = of_control(&answer, Route::Sandbox);
            assert!(
                control.class.is_error(),
                "{status} {}: {control}",
                answer.body
            );
            let (class, _) = meaning(&answer);
            assert!(class.is_error(), "{status} {}: {class}", answer.body);
        }
        let mut untyped = refusal(404, missing);
        untyped.headers.clear();
        assert!(of_control(&untyped, Route::Sandbox).class.is_error());
    }
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
