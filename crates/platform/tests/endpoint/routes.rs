//! Paths, methods and sessions, as a client meets them.

use crate::support::Fake;
use crate::support::bed::{Bed, fixes, variables};
use cutover_base::clock::Clock;
use cutover_base::fixes::Fixes;
use cutover_js::fetch;
use cutover_platform::store::EmbeddedStore;
use cutover_platform::{
    EXECUTE_TIMEOUT, Parts, Platform, Registry, Rollout, Settings, StartError, Variables,
};
use golden::{Heard, ask};
use std::sync::Arc;

const SESSIONS: &str = "/api/v1/managed_agents/sessions";

async fn heard(bed: &Bed, method: &str, path: &str) -> Heard {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         authorization: Bearer sk-master-0123456789\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    ask(bed.address, request.as_bytes()).await.unwrap()
}

#[tokio::test]
async fn a_path_is_written_once_and_without_a_slash_at_its_end() {
    let bed = Bed::new(Fixes::none()).await;
    for path in [
        "//api/v1/managed_agents/sessions/s1/sandbox/execute?a=1",
        "/api/v1/managed_agents//sessions/s1/sandbox/execute?a=1",
        "/api/v1/managed_agents/sessions/s1/sandbox/execute/?a=1",
    ] {
        let heard = heard(&bed, "POST", path).await;
        assert_eq!(heard.word(1), "308", "{path}");
        let wanted = format!("{SESSIONS}/s1/sandbox/execute?a=1");
        assert_eq!(heard.header("location"), Some(wanted.as_str()));
    }
}

#[tokio::test]
async fn a_place_knows_its_methods() {
    let bed = Bed::new(Fixes::none()).await;
    for (path, methods, allow) in [
        (
            format!("{SESSIONS}/s1/sandbox/execute"),
            "GET PUT DELETE HEAD",
            "OPTIONS, POST",
        ),
        (
            format!("{SESSIONS}/s1/artifacts"),
            "GET PATCH",
            "OPTIONS, POST",
        ),
        (
            "/api/v1/sandbox/test".to_owned(),
            "POST DELETE",
            "GET, HEAD, OPTIONS",
        ),
        (
            format!("{SESSIONS}/s1"),
            "POST PUT",
            "DELETE, GET, HEAD, OPTIONS",
        ),
        (
            SESSIONS.to_owned(),
            "DELETE PUT",
            "GET, HEAD, OPTIONS, POST",
        ),
    ] {
        for method in methods.split(' ') {
            let heard = heard(&bed, method, &path).await;
            assert_eq!(
                (heard.word(1), heard.body.len()),
                ("405", 0),
                "{method} {path}"
            );
        }
        let heard = heard(&bed, "OPTIONS", &path).await;
        assert_eq!((heard.word(1), heard.body.len()), ("204", 0), "{path}");
        assert_eq!(heard.header("allow"), Some(allow), "{path}");
    }
    assert_eq!(
        heard(&bed, "HEAD", "/api/v1/sandbox/test").await.word(1),
        "200"
    );
    assert_eq!(bed.e2b.count("create"), 1, "HEAD runs what GET runs");
}

#[tokio::test]
async fn ids_are_decoded_and_what_cannot_be_is_refused() {
    let bed = Bed::new(Fixes::none()).await;
    for (id, told) in [
        ("a%2Fb", "a/b"),
        ("%20", " "),
        ("%C3%A9", "é"),
        ("%73%31x", "s1x"),
    ] {
        let path = format!("{SESSIONS}/{id}/sandbox/provision");
        let (status, body) = bed.ask("POST", &path, r#"{"name":"a"}"#).await;
        let wanted = format!(r#"{{"error":"session {told} not found"}}"#);
        assert_eq!((status, body), (404, wanted), "{id}");
    }
    for id in ["%", "%2", "%zz", "%ff"] {
        let heard = heard(&bed, "POST", &format!("{SESSIONS}/{id}/sandbox/provision")).await;
        assert_eq!(heard.word(1), "500", "{id}");
        assert_eq!(heard.header("content-type"), Some("text/plain"));
        assert_eq!(heard.body, b"Internal Server Error");
    }
}

#[tokio::test]
async fn what_no_route_knows_is_forwarded_nowhere() {
    let bed = Bed::new(Fixes::none()).await;
    let path = format!("{SESSIONS}/a/b/sandbox/provision");
    let wanted = r#"{"error":"upstream unreachable: Failed to parse URL from /v1/managed_agents/sessions/a/b/sandbox/provision"}"#;
    assert_eq!(bed.ask("POST", &path, "{}").await, (502, wanted.to_owned()));
    assert_eq!(bed.ask("GET", "/nothing", "").await.0, 404);
}

#[tokio::test]
async fn a_call_goes_on_when_whoever_asked_has_hung_up() {
    let bed = Bed::new(Fixes::none()).await;
    let gate = bed.e2b.gate();
    tokio::select! {
        answer = bed.provision("main") => unreachable!("the creation waits: {answer:?}"),
        () = bed.e2b.until("create", 1) => {}
    }
    // By the answer to this the server has seen that the other connection is closed.
    assert_eq!(bed.ask("GET", "/nothing", "").await.0, 404);
    gate.add_permits(1);
    while !bed.stored().0.contains("e2b-1") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_session_is_made_shown_listed_and_ended() {
    let mut bed = Bed::new(Fixes::all()).await;
    let store = EmbeddedStore::open(&bed.folder.path().join("sessions.redb")).unwrap();
    let set = [("SANDBOX_CHOICE", "e2b"), ("E2B_API_KEY", "key")];
    let e2b = bed.e2b.clone();
    bed.start(Fixes::all(), &set, &[e2b], Arc::new(store)).await;
    let body = r#"{"agent_id":"a1","env_vars":{"TOKEN":"secret"},
        "projects":[{"id":"p1","repo_url":"u"}],"sandbox_files":[]}"#;
    let (status, made) = bed.ask("POST", SESSIONS, body).await;
    assert_eq!(status, 201, "{made}");
    let parsed = cutover_js::json::parse(made.as_bytes()).unwrap();
    let id = parsed.get("id").unwrap().to_js_string().to_string();
    let wanted = format!(
        r#"{{"id":"{id}","agent_id":"a1","status":"ready","sandboxes":null,"env_vars":["TOKEN"]}}"#
    );
    assert_eq!(made, wanted);
    let path = format!("{SESSIONS}/{id}");
    assert_eq!(bed.ask("GET", &path, "").await, (200, made.clone()));
    let provision = format!("{path}/sandbox/provision");
    let (status, body) = bed
        .ask("POST", &provision, r#"{"name":"m","project_id":"p1"}"#)
        .await;
    assert_eq!(status, 200, "{body}");
    let (_, listed) = bed.ask("GET", SESSIONS, "").await;
    assert!(
        listed.contains(r#""sandboxes":{"m":"e2b://e2b-1"}"#),
        "{listed}"
    );
    assert!(!listed.contains("secret"), "{listed}");
    assert_eq!(bed.ask("DELETE", &path, "").await.0, 200);
    assert_eq!(bed.e2b.count("terminate e2b-1"), 1);
    assert_eq!(bed.ask("GET", &format!("{SESSIONS}/none"), "").await.0, 404);
    assert_eq!(bed.ask("POST", SESSIONS, r#"{"agent_id":""}"#).await.0, 400);
}

/// Q21, Q22
#[tokio::test]
async fn what_is_wrong_with_the_settings_is_told_at_the_start() {
    let start = |set: Variables, fixes, fake: Option<Fake>| {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&folder.path().join("file.redb")).unwrap();
        Platform::new(Parts {
            settings: Settings::read(&set),
            fixes,
            registry: Registry::new(fake.iter().map(Fake::provider)),
            store: Arc::new(store),
            artifacts: None,
            fetch: fetch::Client::new(),
            clock: Clock::new(),
            execute_timeout: EXECUTE_TIMEOUT,
            rollout: Rollout::default(),
        })
        .map(|_| ())
    };
    let typo = variables(&[("SANDBOX_CHOICE", "modal"), ("VAULT_URL", "x")]);
    assert!(start(typo.clone(), Fixes::none(), None).is_ok());
    let Err(StartError::Settings(error)) = start(typo, fixes(&["Q22"]), None) else {
        unreachable!("a word that is no choice is refused");
    };
    let names: Vec<_> = error.mistakes.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["SANDBOX_CHOICE", "VAULT_URL"]);

    let keyless = variables(&[("SANDBOX_CHOICE", "daytona")]);
    assert!(start(keyless.clone(), Fixes::none(), None).is_ok());
    let error = start(keyless.clone(), fixes(&["Q21"]), Some(Fake::new("e2b"))).unwrap_err();
    assert!(
        error.to_string().contains("DAYTONA_API_KEY is not set"),
        "{error}"
    );
    assert!(start(keyless, fixes(&["Q21"]), Some(Fake::new("daytona"))).is_ok());
}
