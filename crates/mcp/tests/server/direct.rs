//! The server of before: who is asked, and that no sandbox outlives it.

use cutover_js::Value;
use cutover_mcp::Settings;

use crate::bench::{Bench, value};
use crate::client::Client;
use crate::e2b::FakeE2b;
use crate::upstream::Upstream;

const CREATE: &str = "POST /sandboxes ";

/// A server of these variables, with an E2B and a platform.
async fn start(variables: &[(&str, &str)]) -> (FakeE2b, Bench) {
    let (e2b, upstream) = (FakeE2b::start().await, Upstream::start().await);
    let base = format!("http://127.0.0.1:{}", upstream.port);
    let find = |name: &str| match name {
        "E2B_API_URL" | "E2B_SANDBOX_URL" => Some(e2b.url.clone()),
        name => {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.replace("${upstream}", &base))
        }
    };
    let settings = Settings::direct(find).unwrap();
    let (client, _) = Client::start(settings).await;
    (e2b, Bench { upstream, client })
}

const KEY: (&str, &str) = ("E2B_API_KEY", "e2b_key");

#[tokio::test]
async fn a_call_goes_to_the_platform_where_it_has_a_session_and_to_e2b_else() {
    let platform = [KEY, ("LAP_BASE_URL", "${upstream}")];
    let (e2b, mut bench) = start(&platform).await;
    bench.script(r#"[{"body":"{\"message\":\"made\",\"output\":\"ran\"}"}]"#);
    let of_session = r#"{"name":"far","session_id":"s"}"#;
    assert_eq!(bench.call("provision", of_session).await, "made");
    let made = bench.call("provision", r#"{"name":"near"}"#).await;
    assert_eq!(made, r#"sandbox "near" ready (s1, template base)"#);
    let far = r#"{"sandbox_name":"far","cmd":"true"}"#;
    assert_eq!(bench.call("execute", far).await, "ran");
    let read = r#"{"sandbox_name":"near","path":"/f"}"#;
    assert_eq!(bench.call("read_file", read).await, "\u{0}\u{1}bytes");
    let unknown = r#"{"sandbox_name":"x","path":"/f"}"#;
    assert_eq!(
        bench.call("read_file", unknown).await,
        "!read_file failed: no sandbox \"x\" \u{2014} call provision first"
    );
    let asked = bench.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    let heard = e2b.heard();
    assert_eq!(heard.len(), 3, "{heard:?}");
    assert_eq!(heard[1], r#"POST /sandboxes/s1/timeout {"timeout":1800}"#);
}

#[tokio::test]
async fn with_a_session_of_its_own_it_never_asks_e2b() {
    let (e2b, mut bench) = start(&[KEY, ("SESSION_ID", "own")]).await;
    let path = "undefined/api/v1/managed_agents/sessions/own/sandbox";
    for (tool, end) in [
        ("provision", "provision"),
        ("execute", "execute"),
        ("read_file", "read-file"),
    ] {
        assert_eq!(
            bench.call(tool, r#"{"name":"n","sandbox_name":"n"}"#).await,
            format!("!{tool} error: Failed to parse URL from {path}/{end}")
        );
    }
    assert_eq!(
        bench.call("upload_artifact", r#"{"path":"/f"}"#).await,
        "!upload_artifact failed: LAP_BASE_URL not set"
    );
    assert!(e2b.heard().is_empty());
}

#[tokio::test]
async fn without_a_key_nothing_is_provisioned() {
    let (e2b, mut bench) = start(&[("E2B_API_KEY", "")]).await;
    assert_eq!(
        bench.call("provision", r#"{"name":"n"}"#).await,
        "!provision failed: E2B_API_KEY not set"
    );
    assert!(e2b.heard().is_empty());
}

#[tokio::test]
async fn a_file_of_a_held_sandbox_is_uploaded_without_a_shell() {
    let platform = [KEY, ("LAP_BASE_URL", "${upstream}")];
    let (e2b, mut bench) = start(&platform).await;
    bench.script(r#"[{"body":"{\"url\":\"http://there\"}"}]"#);
    bench.call("provision", r#"{"name":"near"}"#).await;
    let upload = r#"{"sandbox_name":"near","path":"/a.png","session_id":"s"}"#;
    assert_eq!(bench.call("upload_artifact", upload).await, "http://there");
    let asked = bench.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(
        asked[0].contains(r#""content":"AAFieXRlcw==","size":7"#),
        "{asked:?}"
    );
    assert!(e2b.heard()[2].starts_with("GET /files?path=%2Fa.png"));
}

#[tokio::test]
async fn every_sandbox_ends_when_the_input_does() {
    let (e2b, mut bench) = start(&[KEY]).await;
    for name in [r#""a""#, r#""b""#, r#"["b"]"#, "5"] {
        let made = bench
            .call("provision", &format!(r#"{{"name":{name}}}"#))
            .await;
        assert!(made.starts_with("sandbox "), "{made}");
    }
    bench.client.hang_up().await;
    let mut ended = e2b.heard().split_off(4);
    ended.sort();
    assert_eq!(
        ended,
        [1, 2, 3, 4].map(|it| format!("DELETE /sandboxes/s{it} "))
    );
}

#[tokio::test]
async fn of_two_sandboxes_made_at_once_under_one_name_both_end() {
    let (e2b, mut bench) = start(&[KEY]).await;
    e2b.set_makes(false);
    let call = value(r#"{"name":"provision","arguments":{"name":"a"}}"#);
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(bench.client.send("tools/call", Some(call.clone())).await);
    }
    e2b.asked(2, CREATE).await;
    e2b.set_makes(true);
    for id in ids {
        bench.client.answer(id).await;
    }
    bench.client.hang_up().await;
    e2b.asked(1, "DELETE /sandboxes/s1 ").await;
    e2b.asked(1, "DELETE /sandboxes/s2 ").await;
}

#[tokio::test]
async fn a_server_that_is_dropped_leaves_no_sandbox_nor_one_that_is_being_made() {
    let (e2b, mut bench) = start(&[KEY]).await;
    bench.call("provision", r#"{"name":"a"}"#).await;
    e2b.set_makes(false);
    let call: Value = value(r#"{"name":"provision","arguments":{"name":"b"}}"#);
    bench.client.send("tools/call", Some(call)).await;
    e2b.asked(2, CREATE).await;
    drop(bench);
    e2b.asked(1, "DELETE /sandboxes/s1 ").await;
    e2b.set_makes(true);
    e2b.asked(1, "DELETE /sandboxes/s2 ").await;
}
