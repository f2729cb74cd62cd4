//! Sandboxes that are gone, rest, or never came to be, with fixes.

use cutover_base::fixes::Fixes;

use crate::bed::{Bed, INTERNAL, answer, error, fixes};
use crate::cloud::told;

const GONE: &str = "sandbox 'main' is gone; call provision for a new one";
const EXECUTE: &str = "/process/execute";
const NOT_STARTED: &str = "daytona did not start the sandbox that it made of its default snapshot; it \
                           was ended again";
const BAD_GATEWAY: &str = "daytona did not do its work (HTTP 502); the command may have run, look what \
                           it did before you call again";

fn creating(bed: &Bed) -> golden::Answer {
    let url = bed.cloud.api_url().replace("/api", "/toolbox");
    let body = format!(r#"{{"id":"s1","state":"creating","toolboxProxyUrl":"{url}"}}"#);
    told(200, &body)
}

/// Q52
#[tokio::test]
async fn words_tell_nothing_of_a_sandbox() {
    for id in ["Q52", "Q53", "Q54"] {
        let bed = Bed::ready(fixes(&[id])).await;
        let said = r#"{"message":"404: deleted, destroyed, not found"}"#;
        bed.cloud.rule("POST", EXECUTE, told(500, said));
        assert_eq!(bed.execute("c").await, answer(500, INTERNAL));
    }
}

/// Q52, Q53, Q54
#[tokio::test]
async fn a_sandbox_that_is_gone_is_told_and_replaced() {
    let ready =
        r#"{"message":"sandbox 'main' ready (the earlier one was gone, its files with it)"}"#;
    for state in ["", "destroyed", "destroying", "error", "build_failed"] {
        let bed = Bed::ready(Fixes::all()).await;
        bed.cloud.file("/a", b"x");
        match state {
            "" => bed.cloud.remove(),
            state => bed.cloud.put(state),
        }
        bed.cloud
            .rule("POST", EXECUTE, told(400, r#"{"message":"no container"}"#));
        bed.cloud.rule("POST", "bulk-download", told(502, ""));
        assert_eq!(bed.execute("c").await, error(410, GONE), "{state}");
        assert_eq!(bed.read("/a").await, error(410, GONE), "{state}");
        assert_eq!(bed.provision().await, answer(200, ready), "{state}");
    }
}

/// Q53: the control plane learns late that a daemon has died.
#[tokio::test]
async fn a_sandbox_whose_daemon_is_dead_is_gone() {
    let bed = Bed::ready(Fixes::all()).await;
    for path in [EXECUTE, "/bulk-download"] {
        bed.cloud.rule("POST", path, told(502, ""));
    }
    // As long as something answers it may be the proxy's trouble.
    assert_eq!(bed.execute("c").await, error(502, BAD_GATEWAY));
    bed.cloud.rule("GET", "/user-home-dir", told(429, "{}"));
    assert_eq!(bed.execute("c").await, error(502, BAD_GATEWAY));
    bed.cloud.rule("GET", "/user-home-dir", told(502, ""));
    assert_eq!(bed.execute("c").await, error(410, GONE));
    assert_eq!(bed.read("/a").await, error(410, GONE));
}

/// Q15
#[tokio::test]
async fn that_a_sandbox_is_gone_is_an_error_or_an_output() {
    let expired = "error: sandbox expired — call provision to create a new one (deleted)";
    let output = answer(200, &format!(r#"{{"output":"{expired}"}}"#));
    let gone = error(410, GONE);
    let each = [
        (Fixes::none(), "started", output.clone()),
        (fixes(&["Q15"]), "started", gone.clone()),
        (fixes(&["Q52"]), "started", answer(500, INTERNAL)),
        (fixes(&["Q52"]), "error", output),
        (fixes(&["Q15", "Q52"]), "error", gone),
        (
            fixes(&["Q15", "Q52"]),
            "started",
            error(502, &BAD_GATEWAY.replace("502", "500")),
        ),
    ];
    for (fixes, state, wanted) in each {
        let bed = Bed::ready(fixes).await;
        bed.cloud.put(state);
        bed.cloud
            .rule("POST", EXECUTE, told(500, r#"{"message":"deleted"}"#));
        assert_eq!(bed.execute("c").await, wanted, "{state}");
    }
}

/// Q54: no more than on E2B is one woken that rests.
#[tokio::test]
async fn a_sandbox_on_its_way_is_there() {
    for (state, wanted) in [
        ("stopped", error(410, GONE)),
        ("stopping", error(410, GONE)),
        ("archived", error(410, GONE)),
        ("paused", error(410, GONE)),
        ("starting", error(502, BAD_GATEWAY)),
        ("resizing", error(502, BAD_GATEWAY)),
        ("something new", error(502, BAD_GATEWAY)),
    ] {
        let bed = Bed::ready(Fixes::all()).await;
        bed.cloud.put(state);
        bed.cloud.rule("POST", EXECUTE, told(502, ""));
        assert_eq!(bed.execute("c").await, wanted, "{state}");
    }
}

/// Q68, Q69
#[tokio::test]
async fn a_sandbox_that_does_not_start_is_deleted() {
    let told_of = error(502, NOT_STARTED);
    for (state, fixes, wanted) in [
        ("error", fixes(&["Q68"]), &told_of),
        ("error", fixes(&["Q69"]), &answer(500, INTERNAL)),
        ("build_failed", Fixes::all(), &told_of),
        ("destroyed", Fixes::all(), &told_of),
    ] {
        let bed = Bed::new(fixes, &[]).await;
        bed.cloud.put(state);
        bed.cloud.rule("POST", "/api/sandbox", creating(&bed));
        assert_eq!(&bed.provision().await, wanted);
        let wanted = [
            "POST /api/sandbox",
            "GET /api/sandbox/s1",
            "DELETE /api/sandbox/s1",
        ];
        assert_eq!(bed.cloud.take_asked(), wanted);
    }
}

/// Q68: also where it is lost sight of.
#[tokio::test]
async fn a_sandbox_that_cannot_be_looked_at_is_deleted() {
    let bed = Bed::new(Fixes::all(), &[]).await;
    bed.cloud.rule("POST", "/api/sandbox", creating(&bed));
    bed.cloud.rule("GET", "/api/sandbox/s1", told(500, ""));
    assert_eq!(bed.provision().await, error(502, NOT_STARTED));
    let asked = bed.cloud.take_asked();
    assert_eq!(asked.last().unwrap(), "DELETE /api/sandbox/s1");
}
