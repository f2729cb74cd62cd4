//! What only repairs ask for, and sandboxes that could not be created.

use std::time::Duration;

use cutover_js::Text;
use cutover_sdk::daytona::{CreateFailed, Finals};

use crate::bed::{Bed, part, sandbox, told, wanted};

const STAT: &str = r#"{"name":"a","size":5,"isDir":false}"#;

#[tokio::test]
async fn a_file_can_be_looked_at() {
    let bed = Bed::start(vec![sandbox("started"), told(200, STAT)]).await;
    let sandbox = bed.sdk().get(&"s1".into()).await.unwrap();
    let details = sandbox.file_details(&"/tmp/a b&é".into()).await.unwrap();
    assert_eq!((details.bytes, details.is_directory), (5, false));
    let asked = bed.take_heard();
    assert_eq!(
        asked[1].line,
        "GET /toolbox/s1/files/info?path=%2Ftmp%2Fa+b%26%C3%A9 HTTP/1.1"
    );
}

#[tokio::test]
async fn details_without_a_size_are_an_error() {
    for body in ["{}", "null", "x", r#"{"size":"5","isDir":false}"#] {
        let bed = Bed::start(vec![sandbox("started"), told(200, body)]).await;
        let sandbox = bed.sdk().get(&"s1".into()).await.unwrap();
        assert!(sandbox.file_details(&"/a".into()).await.is_err());
    }
}

#[tokio::test]
async fn a_download_can_have_a_limit() {
    for (bytes_max, wanted) in [(4, false), (5, true)] {
        let file = part("file", "/a", "text/plain", "12345");
        let bed = Bed::start(vec![sandbox("started"), file]).await;
        let sandbox = bed.sdk().get(&"s1".into()).await.unwrap();
        let read = sandbox.download_at_most(&"/a".into(), bytes_max).await;
        assert_eq!(read.unwrap().is_some(), wanted);
    }
    // What is far too large is not read to its end.
    let file = part("file", "/a", "text/plain", &"x".repeat(1 << 20));
    let bed = Bed::start(vec![sandbox("started"), file]).await;
    let sandbox = bed.sdk().get(&"s1".into()).await.unwrap();
    assert_eq!(sandbox.download_at_most(&"/a".into(), 9).await, Ok(None));
}

#[tokio::test]
async fn a_home_is_told() {
    let bed = Bed::start(vec![sandbox("started"), told(200, r#"{"dir":"/home/u"}"#)]).await;
    let sandbox = bed.sdk().get(&"s1".into()).await.unwrap();
    assert_eq!(sandbox.home().await, Ok("/home/u".into()));
    assert_eq!(sandbox.answers().await, Ok(true));
    let paths: Vec<_> = bed
        .take_heard()
        .iter()
        .map(|it| it.word(1).to_owned())
        .collect();
    assert_eq!(
        paths[1..],
        ["/toolbox/s1/user-home-dir", "/toolbox/s1/user-home-dir"]
    );
}

#[tokio::test]
async fn a_toolbox_that_is_refused_does_not_answer() {
    for (answer, wanted) in [
        (told(502, ""), Some(false)),
        (told(400, "{}"), Some(false)),
        (told(401, "{}"), Some(false)),
        (told(404, "{}"), Some(false)),
        (told(200, "<html>"), Some(false)),
        (told(429, "{}"), None),
        (told(500, ""), None),
        (golden::Answer::Dropped, None),
    ] {
        let bed = Bed::start(vec![sandbox("started"), answer.clone()]).await;
        let sandbox = bed.sdk().get(&"s1".into()).await.unwrap();
        assert_eq!(sandbox.answers().await.ok(), wanted, "{answer:?}");
    }
}

#[tokio::test]
async fn who_could_not_create_a_sandbox_knows_the_one_that_stays() {
    let id = Some(Text::from("s1"));
    for (state, finals, message) in [
        ("error", Finals::Sdk, "failed to start with status: error"),
        (
            "build_failed",
            Finals::All,
            "failed to start with status: build_failed",
        ),
        (
            "destroyed",
            Finals::All,
            "failed to start with status: destroyed",
        ),
        (
            "starting",
            Finals::All,
            "within 0.15 seconds. Operation timed out.",
        ),
        (
            "build_failed",
            Finals::Sdk,
            "within 0.15 seconds. Operation timed out.",
        ),
    ] {
        let bed = Bed::start(vec![sandbox("creating"), sandbox(state)]).await;
        let wanted = cutover_sdk::daytona::Create {
            timeout: Duration::from_millis(150),
            finals,
            ..wanted()
        };
        let CreateFailed { error, sandbox_id } = bed.sdk().create(&wanted).await.unwrap_err();
        assert!(error.message.contains(message), "{error}");
        assert_eq!(sandbox_id, id);
    }
    let bed = Bed::start(vec![told(403, "{}")]).await;
    let failed = bed.sdk().create(&wanted()).await.unwrap_err();
    assert_eq!(failed.sandbox_id, None);
}
