//! A cloud that refuses, answers with pages, breaks off or leads elsewhere, with every fix: who did not do
//! its work is told, and whether to ask again.

use cutover_base::fixes::Fixes;
use golden::Answer;

use crate::bed::{Bed, INTERNAL, answer, error, fixes};
use crate::cloud::told;

const EXECUTE: &str = "/process/execute";
const SANDBOX: &str = "/api/sandbox";

fn page(status: u16) -> Answer {
    Answer::Whole {
        status,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: b"<html>dtn_key</html>".to_vec(),
    }
}

fn cut(status: u16) -> Answer {
    Answer::Cut {
        status,
        headers: Vec::new(),
        body: b"{\"id\":\"s1".to_vec(),
    }
}

fn elsewhere() -> Answer {
    Answer::Whole {
        status: 307,
        headers: vec![("location".to_owned(), "/api/again".to_owned())],
        body: Vec::new(),
    }
}

fn refused(why: &str, what: &str) -> (u16, String) {
    error(502, &format!("daytona did not do its work ({why}); {what}"))
}

/// Q68
#[tokio::test]
async fn a_snapshot_that_is_not_there_is_named() {
    let said =
        r#"{"message":"Snapshot gone not found. Did you add it through the Daytona Dashboard?"}"#;
    let named = "daytona has no snapshot 'gone'; DAYTONA_SNAPSHOT names it";
    let other = "daytona did not do its work (HTTP 400); no sandbox came of it, you may call again";
    for (set, fixes, said, wanted) in [
        (
            "DAYTONA_SNAPSHOT",
            fixes(&["Q69"]),
            said,
            answer(500, INTERNAL),
        ),
        ("DAYTONA_SNAPSHOT", fixes(&["Q68"]), said, error(502, named)),
        ("DAYTONA_SNAPSHOT", Fixes::all(), said, error(502, named)),
        (
            "DAYTONA_SNAPSHOT",
            Fixes::all(),
            r#"{"message":"quota"}"#,
            error(502, other),
        ),
        ("DAYTONA_IMAGE", Fixes::all(), said, error(502, other)),
    ] {
        let bed = Bed::new(fixes, &[(set, "gone")]).await;
        bed.cloud.rule("POST", SANDBOX, told(400, said));
        assert_eq!(bed.provision().await, wanted);
        assert_eq!(bed.cloud.take_asked(), ["POST /api/sandbox"]);
    }
}

#[tokio::test]
async fn a_command_that_was_not_sent_may_be_sent_again() {
    for (refusal, why) in [
        (told(503, r#"{"message":"dtn_key"}"#), "HTTP 503"),
        (page(502), "HTTP 502"),
        (page(200), "no usable answer"),
        (cut(200), "no usable answer"),
        (Answer::Dropped, "no usable answer"),
        (elsewhere(), "no usable answer"),
    ] {
        let bed = Bed::ready(Fixes::all()).await;
        bed.cloud.rule("GET", "/api/again", elsewhere());
        bed.cloud.rule("GET", "/api/sandbox/s1", refusal);
        let not_run = "the command was not run, you may call again";
        assert_eq!(bed.execute("c").await, refused(why, not_run));
        let unchanged = "nothing was changed, you may call again";
        assert_eq!(bed.read("/a").await, refused(why, unchanged));
        assert_eq!(bed.provision().await, refused(why, unchanged));
        assert_eq!(bed.cloud.commands(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_command_that_was_sent_may_have_run() {
    let may = "the command may have run, look what it did before you call again";
    for (refusal, why, what) in [
        (page(503), "HTTP 503", may),
        (cut(200), "no usable answer", may),
        (Answer::Dropped, "no usable answer", may),
        (told(200, "null"), "no usable answer", may),
        (
            told(401, "{}"),
            "HTTP 401",
            "the command was not run, the platform's key is refused, so do not call again",
        ),
        (
            told(429, "{}"),
            "HTTP 429",
            "the command was not run, wait before you call again",
        ),
    ] {
        let bed = Bed::ready(Fixes::all()).await;
        bed.cloud.rule("POST", EXECUTE, refusal);
        assert_eq!(bed.execute("c").await, refused(why, what));
        assert_eq!(bed.provision().await.0, 200, "the endpoint goes on");
    }
}

#[tokio::test]
async fn a_sandbox_whose_answer_was_lost_is_ended_or_may_be_left() {
    let none = "no sandbox came of it, you may call again";
    let listed = r#"{"items":[{"id":"s1"}]}"#;
    for (refusal, why) in [
        (cut(200), "no usable answer"),
        (Answer::Dropped, "no usable answer"),
        (page(503), "HTTP 503"),
        (told(200, "null"), "no usable answer"),
    ] {
        let bed = Bed::new(Fixes::all(), &[]).await;
        bed.cloud.rule("POST", SANDBOX, refusal);
        bed.cloud.find(told(200, listed));
        bed.cloud.put("started");
        assert_eq!(bed.provision().await, refused(why, none));
        let asked = bed.cloud.take_asked();
        let query = "GET /api/sandbox?labels=%7B%22attempt%22%3A%22";
        assert!(asked[1].starts_with(query), "{asked:?}");
        assert_eq!(asked[2..], ["DELETE /api/sandbox/s1"]);
    }
    let left = "a sandbox that nobody can use may be left, you may call again";
    let bed = Bed::new(Fixes::all(), &[]).await;
    bed.cloud.rule("POST", SANDBOX, Answer::Dropped);
    bed.cloud.find(page(200));
    assert_eq!(bed.provision().await, refused("no usable answer", left));
    assert_eq!(bed.cloud.take_asked().len(), 4);
    // Where not everything is repaired sandboxes have no labels.
    let bed = Bed::new(fixes(&["Q68"]), &[]).await;
    bed.cloud.rule("POST", SANDBOX, Answer::Dropped);
    assert_eq!(bed.provision().await, refused("no usable answer", left));
    assert_eq!(bed.cloud.take_asked(), ["POST /api/sandbox"]);
}
