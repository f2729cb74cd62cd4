//! What was an internal error alone: bodies that cannot be read, sizes that do not fit, a provider that
//! does not do its work. Each without the fix first.

use cutover_base::fixes::Fixes;
use cutover_platform::provider::{Class, Effect, Thrown};

use crate::support::bed::{Bed, READY, fixes, told};

const INTERNAL: &str = r#"{"error":"internal error"}"#;

fn error(status: u16, words: &str) -> (u16, String) {
    told(status, &format!(r#"{{"error":"{words}"}}"#))
}

fn status(status: u16) -> Thrown {
    Thrown::new("sk-in-the-words <html>").with_status(Some(status))
}

/// Q10
#[tokio::test]
async fn a_body_that_is_no_json_is_told_without_a_word_of_it() {
    let bodies = [
        ("{\"cmd\":", "the body is no JSON, from position 7 on"),
        (
            "<html>sk-secret</html>",
            "the body is no JSON, from position 0 on",
        ),
        (
            "{\"cmd\":\"é\"} sk-secret",
            "the body is no JSON, from position 12 on",
        ),
        ("\"\u{0}\"", "the body is no JSON, from position 1 on"),
        ("'sk-secret'", "the body is no JSON, from position 0 on"),
    ];
    for (fixed, repaired) in [(fixes(&[]), false), (fixes(&["Q10"]), true)] {
        let bed = Bed::new(fixed).await;
        for route in [
            "/sandbox/provision",
            "/sandbox/execute",
            "/sandbox/read-file",
            "/artifacts",
        ] {
            for (body, words) in bodies {
                let wanted = if repaired {
                    error(400, words)
                } else {
                    told(500, INTERNAL)
                };
                assert_eq!(bed.session(route, body).await, wanted, "{route} {body}");
            }
        }
        let wanted = if repaired {
            error(400, "the body is empty, where JSON is expected")
        } else {
            told(500, INTERNAL)
        };
        let path = "/api/v1/managed_agents/sessions";
        assert_eq!(bed.ask("POST", path, "").await, wanted);
    }
}

/// Q10
#[tokio::test]
async fn a_size_that_does_not_fit_is_told_with_both_numbers() {
    let artifact = |content: &str, size: u32| {
        format!(r#"{{"name":"a","mime_type":"text/plain","content":"{content}","size":{size}}}"#)
    };
    let words = "size: 22 is declared, but content has 5 bytes";
    for (fixed, wanted) in [
        (fixes(&[]), told(500, INTERNAL)),
        (fixes(&["Q10"]), error(400, words)),
    ] {
        let bed = Bed::new(fixed).await;
        let wrong = artifact("aGVsbG8=", 22);
        assert_eq!(bed.session("/artifacts", &wrong).await, wanted);
        let nearly = artifact("aGVsbG8=", 21);
        assert_eq!(bed.session("/artifacts", &nearly).await.0, 200);
    }
}

/// Q15
#[tokio::test]
async fn a_provider_that_runs_no_command_is_named() {
    let unknown = "the command may have run, look what it did before you call again";
    for (thrown, words) in [
        (status(503), format!("(HTTP 503); {unknown}")),
        (
            status(503).with_effect(Effect::None),
            "(HTTP 503); the command was not run, you may call again".to_owned(),
        ),
        (
            status(401),
            "(HTTP 401); the command was not run, the platform's key is refused, so do not call \
             again"
                .to_owned(),
        ),
        (
            status(429),
            "(HTTP 429); the command was not run, wait before you call again".to_owned(),
        ),
        (
            Thrown::new("socket hang up"),
            format!("(no usable answer); {unknown}"),
        ),
        (status(200), format!("(no usable answer); {unknown}")),
    ] {
        let wanted = error(502, &format!("e2b did not do its work {words}"));
        for (fixed, wanted) in [(fixes(&[]), told(500, INTERNAL)), (fixes(&["Q15"]), wanted)] {
            let bed = Bed::new(fixed).await;
            bed.provision("main").await;
            bed.e2b.next(Err(thrown.clone()));
            assert_eq!(bed.execute("main", "x").await, wanted);
            assert_eq!(bed.execute("main", "x").await.0, 200);
        }
    }
    // A code of a command is the outcome of one, and told as one by another repair.
    let bed = Bed::new(fixes(&["Q15"])).await;
    bed.provision("main").await;
    bed.e2b
        .next(Err(Thrown::new("exit status 3").with_effect(Effect::Done)));
    assert_eq!(bed.execute("main", "x").await, told(500, INTERNAL));
}

/// Q15
#[tokio::test]
async fn a_provider_that_reads_no_file_is_named() {
    for fixed in [fixes(&["Q15"]), Fixes::all()] {
        let bed = Bed::new(fixed).await;
        bed.provision("main").await;
        bed.e2b.fail_reads(status(503));
        let words = "e2b did not do its work (HTTP 503); nothing was changed, you may call again";
        assert_eq!(bed.read_file("main", "/x").await, error(502, words));
    }
}

/// Q68
#[tokio::test]
async fn a_provider_that_makes_no_sandbox_is_named() {
    for (thrown, words) in [
        (
            Thrown::of(Class::NotMade, "e2b has no template 't'"),
            "e2b has no template 't'",
        ),
        (
            status(400),
            "e2b did not do its work (HTTP 400); no sandbox came of it, you may call again",
        ),
        (
            status(503),
            "e2b did not do its work (HTTP 503); a sandbox that nobody can use may be left, you \
             may call again",
        ),
    ] {
        for (fixed, wanted) in [
            (fixes(&["Q15"]), told(500, INTERNAL)),
            (fixes(&["Q68"]), error(502, words)),
        ] {
            let bed = Bed::new(fixed).await;
            bed.e2b.refuse(thrown.clone());
            assert_eq!(bed.provision("main").await, wanted);
        }
    }
}

/// Q04
#[tokio::test]
async fn a_sandbox_that_cannot_be_looked_at_is_neither_there_nor_gone() {
    let bed = Bed::new(fixes(&["Q04"])).await;
    assert_eq!(bed.provision("main").await, told(200, READY));
    bed.e2b.hide(status(500));
    let words = "e2b did not do its work (HTTP 500); nothing was changed, you may call again";
    assert_eq!(bed.provision("main").await, error(502, words));
    assert_eq!(bed.e2b.count("create"), 1);
    assert_eq!(bed.stored().0, r#"{"main":"e2b://e2b-1"}"#);
}
