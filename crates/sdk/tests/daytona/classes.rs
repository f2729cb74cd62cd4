//! What an error is about: told by status and code, never by words.

use cutover_js::Text;
use cutover_sdk::{Class, Error};
use golden::Answer;

use crate::bed::{Bed, part, sandbox, told, wanted};

/// Words that would tell something else each.
const MISLEADING: &str = r#"{"message":"404 not found, deleted, request timeout, is a directory"}"#;

enum Call {
    Get,
    Execute,
    Read,
    Details,
    Delete,
}

async fn error(call: Call, answer: Answer) -> Error {
    let answers = match call {
        Call::Get => vec![answer],
        _ => vec![sandbox("started"), answer],
    };
    let bed = Bed::start(answers).await;
    let sandbox = bed.sdk().get(&"s1".into()).await;
    let path = Text::from("/a");
    let called = match call {
        Call::Get => sandbox.map(|_| ()),
        Call::Execute => sandbox.unwrap().execute(&"c".into(), 1).await.map(|_| ()),
        Call::Read => sandbox.unwrap().download(&path).await.map(|_| ()),
        Call::Details => sandbox.unwrap().file_details(&path).await.map(|_| ()),
        Call::Delete => sandbox.unwrap().delete().await,
    };
    called.unwrap_err()
}

#[tokio::test]
async fn a_sandbox_is_gone_where_the_control_plane_says_404() {
    for (call, status, wanted) in [
        (Call::Get, 404, Class::SandboxGone),
        (Call::Delete, 404, Class::SandboxGone),
        (Call::Get, 500, Class::Other),
        (Call::Delete, 409, Class::Other),
        (Call::Execute, 404, Class::Other),
        (Call::Read, 404, Class::Other),
        (Call::Details, 502, Class::Other),
    ] {
        assert_eq!(error(call, told(status, MISLEADING)).await.class, wanted);
    }
    let gone = Bed::start(vec![told(404, "")]).await;
    let error = gone.sdk().create(&wanted()).await.unwrap_err();
    assert_eq!(error.error.class, Class::Other);
}

#[tokio::test]
async fn a_limit_of_time_is_408() {
    let late = error(Call::Execute, told(408, r#"{"message":"x"}"#)).await;
    assert_eq!((late.class, late.message), (Class::TimeLimit, "x".into()));
    let other = error(Call::Execute, told(400, MISLEADING)).await;
    assert_eq!(other.class, Class::Other);
}

#[tokio::test]
async fn a_file_is_told_of_by_code() {
    for (status, code, wanted) in [
        (404, r#""FILE_NOT_FOUND""#, Class::NoSuchFile),
        (403, r#""FILE_ACCESS_DENIED""#, Class::PermissionDenied),
        (400, r#""INVALID_FILE_PATH""#, Class::IsDirectory),
        (500, r#""FILE_READ_FAILED""#, Class::Other),
        (404, "null", Class::NoSuchFile),
        (403, "null", Class::PermissionDenied),
        (500, "null", Class::Other),
        (404, r#""SOMETHING_NEW""#, Class::Other),
    ] {
        let said = format!(r#"{{"statusCode":{status},"code":{code},"message":"deleted"}}"#);
        let answer = part("error", "/a", "application/json", &said);
        let error = error(Call::Read, answer).await;
        assert_eq!(
            (error.class, error.message),
            (wanted, "deleted".into()),
            "{said}"
        );
    }
}

#[tokio::test]
async fn the_details_of_a_file_are_told_of_by_status() {
    for (status, wanted) in [
        (404, Class::NoSuchFile),
        (400, Class::NoSuchFile),
        (403, Class::PermissionDenied),
        (401, Class::Other),
    ] {
        assert_eq!(error(Call::Details, told(status, "")).await.class, wanted);
    }
}
