//! What the endpoint does without fixes where sandboxes come and go, and what each fix changes.
//!
//! Each test shows the original's way first, then the repaired one, on the same fake provider.

use crate::support::Fake;
use crate::support::bed::{Bed, READY, SESSION, fixes, told};
use cutover_base::fixes::Fixes;
use cutover_platform::provider::{Class, Thrown};

const INTERNAL: &str = r#"{"error":"internal error"}"#;

#[tokio::test]
async fn a_sandbox_is_made_once_and_found_again() {
    let mut bed = Bed::new(Fixes::none()).await;
    assert_eq!(bed.provision("main").await, told(200, READY));
    assert_eq!(bed.provision("main").await, told(200, READY));
    assert_eq!(
        bed.execute("main", "date").await,
        told(200, r#"{"output":"date"}"#)
    );
    assert_eq!(bed.e2b.asked(), ["create e2b-1", "execute e2b-1 date 300"]);
    assert_eq!(bed.stored().0, r#"{"main":"e2b://e2b-1"}"#);
    let (e2b, database) = (bed.e2b.clone(), bed.database.clone());
    let set = [("SANDBOX_CHOICE", "e2b"), ("E2B_API_KEY", "key")];
    bed.start(Fixes::none(), &set, &[e2b], database).await;
    assert_eq!(
        bed.execute("main", "id").await,
        told(200, r#"{"output":"id"}"#)
    );
    assert_eq!(bed.provision("main").await, told(200, READY));
    assert_eq!(bed.e2b.count("create"), 1);
}

#[tokio::test]
async fn what_a_provider_throws_is_an_internal_error() {
    let bed = Bed::new(Fixes::none()).await;
    bed.provision("main").await;
    for class in [Class::Other, Class::SandboxGone, Class::TimeLimit] {
        bed.e2b.next(Err(Thrown::of(class, "boom")));
        assert_eq!(
            bed.execute("main", "x").await,
            told(500, INTERNAL),
            "{class:?}"
        );
    }
    assert_eq!(bed.read_file("main", "/nope").await, told(500, INTERNAL));
    bed.e2b.refuse(Thrown::new("quota"));
    assert_eq!(bed.provision("other").await, told(500, INTERNAL));
}

/// Q04
#[tokio::test]
async fn a_sandbox_that_is_gone_is_made_again() {
    let bed = Bed::new(Fixes::none()).await;
    bed.provision("main").await;
    bed.e2b.kill("e2b-1");
    assert_eq!(bed.provision("main").await, told(200, READY));
    assert_eq!(bed.e2b.count("create"), 1);

    let bed = Bed::new(fixes(&["Q04"])).await;
    bed.provision("main").await;
    assert_eq!(bed.provision("main").await, told(200, READY));
    bed.e2b.kill("e2b-1");
    let again =
        r#"{"message":"sandbox 'main' ready (the earlier one was gone, its files with it)"}"#;
    assert_eq!(bed.provision("main").await, told(200, again));
    assert_eq!(
        bed.execute("main", "x").await,
        told(200, r#"{"output":"x"}"#)
    );
    assert_eq!(bed.e2b.count("execute e2b-2"), 1);
    assert_eq!(bed.stored().0, r#"{"main":"e2b://e2b-2"}"#);
}

/// Q06
#[tokio::test]
async fn a_session_ends_with_its_sandboxes() {
    let deleted = format!(r#"{{"id":"{SESSION}","status":"deleted"}}"#);
    let bed = Bed::new(Fixes::none()).await;
    bed.provision("main").await;
    assert_eq!(bed.session("", "").await, told(200, &deleted));
    assert_eq!(bed.e2b.count("terminate"), 0);
    assert_eq!(bed.stored(), ("{}".to_owned(), "\"dead\"".to_owned()));
    let dead = format!(r#"{{"id":"{SESSION}","status":"dead"}}"#);
    assert_eq!(bed.session("", "").await, told(200, &dead));
    let none = "error: sandbox 'main' not provisioned — call provision first";
    let none = format!(r#"{{"output":"{none}"}}"#);
    assert_eq!(bed.execute("main", "x").await, told(200, &none));

    let bed = Bed::new(fixes(&["Q06"])).await;
    bed.provision("main").await;
    bed.provision("other").await;
    bed.e2b.cling(true);
    let (status, body) = bed.session("", "").await;
    let wanted = "could not be terminated: e2b did not do its work (no usable answer); delete the \
                  session again";
    assert!(status == 502 && body.contains(wanted), "{status} {body}");
    assert_eq!(bed.stored().1, "\"dead\"");
    bed.e2b.cling(false);
    assert_eq!(bed.session("", "").await, told(200, &deleted));
    assert_eq!(bed.e2b.count("terminate"), 4);
    assert_eq!(bed.stored().0, "{}");
    assert_eq!(bed.session("", "").await, told(200, &dead));
}

/// Q10
#[tokio::test]
async fn a_broken_rule_is_told_in_a_sentence() {
    let bed = Bed::new(fixes(&["Q10"])).await;
    let told_of = |body: &'static str| bed.session("/sandbox/execute", body);
    for (body, detail) in [
        ("{}", "sandbox_name: Required; cmd: Required"),
        (
            r#"{"sandbox_name":"","cmd":5}"#,
            "sandbox_name is required; cmd: Expected string, received number",
        ),
        ("[]", "Expected object, received array"),
    ] {
        let wanted = format!(r#"{{"error":"{detail}"}}"#);
        assert_eq!(told_of(body).await, told(400, &wanted), "{body}");
    }
}

/// Q15, Q16
#[tokio::test]
async fn what_is_not_there_is_an_error() {
    let bed = Bed::new(fixes(&["Q15", "Q16"])).await;
    let unknown = r#"{"error":"sandbox 'main' is not provisioned; call provision first"}"#;
    assert_eq!(bed.execute("main", "x").await, told(404, unknown));
    assert_eq!(bed.read_file("main", "/x").await, told(404, unknown));
    bed.provision("main").await;
    bed.e2b.kill("e2b-1");
    let gone = r#"{"error":"sandbox 'main' is gone; call provision for a new one"}"#;
    assert_eq!(bed.execute("main", "x").await, told(410, gone));
    assert_eq!(bed.read_file("main", "/x").await, told(410, gone));
    let path = "/api/v1/managed_agents/sessions/other/sandbox/execute";
    let body = r#"{"sandbox_name":"main","cmd":"x"}"#;
    let other = r#"{"error":"session other not found"}"#;
    assert_eq!(bed.ask("POST", path, body).await, told(404, other));
}

/// Q17
#[tokio::test]
async fn a_name_that_every_object_has_is_a_name() {
    let bed = Bed::new(Fixes::none()).await;
    bed.provision("main").await;
    let ready = r#"{"message":"sandbox 'constructor' ready"}"#;
    assert_eq!(bed.execute("constructor", "x").await, told(500, INTERNAL));
    assert_eq!(bed.provision("constructor").await, told(200, ready));
    assert_eq!(bed.execute("constructor", "x").await, told(500, INTERNAL));
    assert_eq!(bed.e2b.count("create"), 1);

    // A session without sandboxes has the name for provision, and for nobody else.
    let bed = Bed::new(Fixes::none()).await;
    let (status, body) = bed.execute("constructor", "x").await;
    assert!(status == 200 && body.contains("not provisioned"), "{body}");
    assert_eq!(bed.provision("constructor").await, told(200, ready));
    assert_eq!(bed.execute("constructor", "x").await, told(500, INTERNAL));
    assert_eq!(bed.e2b.count("create"), 0);

    let bed = Bed::new(fixes(&["Q17"])).await;
    bed.provision("main").await;
    for name in ["constructor", "__proto__"] {
        let (status, body) = bed.execute(name, "x").await;
        assert!(
            status == 200 && body.contains("not provisioned"),
            "{name} {body}"
        );
        assert_eq!(bed.provision(name).await.0, 200);
        assert_eq!(bed.execute(name, "x").await, told(200, r#"{"output":"x"}"#));
    }
    assert_eq!(bed.e2b.count("create"), 3);
}

/// Q20
#[tokio::test]
async fn a_provider_without_its_key_is_named() {
    for (fixed, wanted) in [
        (fixes(&[]), told(200, r#"{"output":"fetch failed"}"#)),
        (
            fixes(&["Q20"]),
            told(
                503,
                r#"{"error":"sandbox 'main' was made with e2b, whose key this platform does not have"}"#,
            ),
        ),
    ] {
        let mut bed = Bed::new(Fixes::none()).await;
        bed.provision("main").await;
        let database = bed.database.clone();
        bed.start(fixed, &[], &[], database).await;
        assert_eq!(bed.execute("main", "x").await, wanted);
    }
}

/// Q23
#[tokio::test]
async fn two_at_once_make_one_sandbox_for_a_name_and_lose_none() {
    for (fixed, same, different) in [(fixes(&[]), 2, 1), (fixes(&["Q23"]), 1, 2)] {
        let bed = Bed::new(fixed.clone()).await;
        let gate = bed.e2b.gate();
        let open = async {
            bed.e2b.until("create", same).await;
            gate.add_permits(same);
        };
        let (one, other, ()) = tokio::join!(bed.provision("main"), bed.provision("main"), open);
        assert_eq!((one, other), (told(200, READY), told(200, READY)));
        assert_eq!(bed.e2b.count("create"), same);

        let bed = Bed::new(fixed).await;
        let gate = bed.e2b.gate();
        let open = async {
            // Both have read the database by now.
            bed.e2b.until("create", 2).await;
            gate.add_permits(2);
        };
        tokio::join!(bed.provision("a"), bed.provision("b"), open);
        let stored = bed.stored().0;
        assert_eq!(stored.matches("e2b://").count(), different, "{stored}");
        for name in ["a", "b"] {
            assert_eq!(bed.execute(name, "x").await, told(200, r#"{"output":"x"}"#));
        }
    }
}

/// Q23
#[tokio::test]
async fn a_sandbox_that_cannot_be_stored_is_not_left_behind() {
    let refuse = || cutover_js::json::parse(br#"{"update":true}"#).unwrap();
    let bed = Bed::new(Fixes::none()).await;
    bed.database.set_faults(refuse());
    assert_eq!(bed.provision("main").await, told(500, INTERNAL));
    assert_eq!(bed.provision("main").await, told(200, READY), "from memory");
    assert_eq!(bed.e2b.asked(), ["create e2b-1"]);

    let bed = Bed::new(fixes(&["Q23"])).await;
    bed.database.set_faults(refuse());
    assert_eq!(bed.provision("main").await, told(500, INTERNAL));
    assert_eq!(bed.e2b.asked(), ["create e2b-1", "terminate e2b-1"]);
}

/// Q25
#[tokio::test]
async fn the_test_of_a_provider_leaves_nothing_behind() {
    let path = "/api/v1/sandbox/test";
    for (fixed, ended) in [(fixes(&[]), 0), (fixes(&["Q25"]), 1)] {
        let bed = Bed::new(fixed).await;
        bed.e2b.next(Err(Thrown::new("boom")));
        assert_eq!(
            bed.ask("GET", path, "").await,
            told(500, r#"{"error":"boom"}"#)
        );
        assert_eq!(bed.e2b.count("terminate"), ended);
    }
    let snapshot = ("DAYTONA_SNAPSHOT", "snap");
    let image = ("DAYTONA_IMAGE", "img:1");
    for (fixed, set, template) in [
        (fixes(&[]), &[snapshot][..], "krrishdholakia/litellm-4gb"),
        (fixes(&["Q25"]), &[snapshot], "snap"),
        (fixes(&["Q25"]), &[snapshot, image], "img:1"),
        (fixes(&["Q25"]), &[], "of its own"),
    ] {
        let usual = [("SANDBOX_CHOICE", "daytona"), ("DAYTONA_API_KEY", "key")];
        let daytona = [&usual, set].concat();
        let bed = Bed::with(fixed, &daytona, &[Fake::new("daytona")]).await;
        bed.e2b.next(Ok("2\nMem: 99"));
        let (status, body) = bed.ask("GET", path, "").await;
        let wanted = format!(
            r#""template":"{template}","sandboxId":"daytona-1","measured":{{"cpuCount":2,"memTotalMB":99}}"#
        );
        assert!(status == 200 && body.contains(&wanted), "{body}");
    }
}

/// Q26
#[tokio::test]
async fn a_session_that_has_ended_gets_no_sandbox() {
    let bed = Bed::new(Fixes::none()).await;
    bed.session("", "").await;
    assert_eq!(bed.provision("main").await, told(200, READY));

    let bed = Bed::new(fixes(&["Q26"])).await;
    bed.session("", "").await;
    let wanted = r#"{"error":"session s1 is dead; create a new session"}"#;
    assert_eq!(bed.provision("main").await, told(409, wanted));
    assert_eq!(bed.e2b.count("create"), 0);
}

/// Q23, Q26
#[tokio::test]
async fn a_session_that_ends_while_its_sandbox_is_made_keeps_none() {
    let bed = Bed::new(Fixes::all()).await;
    let gate = bed.e2b.gate();
    let end = async {
        bed.e2b.until("create", 1).await;
        assert_eq!(bed.session("", "").await.0, 200);
        gate.add_permits(1);
    };
    let (made, ()) = tokio::join!(bed.provision("main"), end);
    assert_eq!(made.0, 409, "{}", made.1);
    assert_eq!(bed.e2b.asked(), ["create e2b-1", "terminate e2b-1"]);
}
