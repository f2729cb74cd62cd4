//! What an agent makes up, at the stack with every fix: it leads nowhere else, tells no secret, and the
//! server goes on.

use cutover_base::fixes::Fixes;
use cutover_js::json;

use crate::bench::Bench;

const TOKEN: (&str, &str) = ("MASTER_KEY", "mk");
const READY: &str = r#"[{"body":"{\"message\":\"m\",\"output\":\"o\",\"content\":\"c\"}"}]"#;

/// A text of JSON.
fn quoted(text: &str) -> String {
    json::stringify(&text.into())
}

#[tokio::test]
async fn a_session_id_reaches_no_other_route() {
    let original = [
        ("a/b", "a/b"),
        ("../../x", ""),
        ("a?b", "a?b"),
        ("a#b", "a"),
        ("a b", "a%20b"),
    ];
    let repaired = [
        ("a/b", "a%2Fb"),
        ("../../x", "..%2F..%2Fx"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("a b", "a%20b"),
        ("a\\b", "a%5Cb"),
        ("%2e%2e", "%252e%252e"),
        ("x\r\nhost: y", "x%0D%0Ahost%3A%20y"),
        ("${LAP_SESSION_ID}", "%24%7BLAP_SESSION_ID%7D"),
    ];
    for (fixes, ids) in [(Fixes::none(), &original[..]), (Fixes::all(), &repaired)] {
        let mut bench = Bench::start(fixes, &[TOKEN]).await;
        bench.script(READY);
        for (id, segment) in ids {
            let arguments = format!(r#"{{"name":"main","session_id":{}}}"#, quoted(id));
            assert_eq!(bench.call("provision", &arguments).await, "m", "{id:?}");
            let asked = bench.asked().remove(0);
            let path = match *segment {
                "" => "/api/v1/x/sandbox/provision {".to_owned(),
                "a" | "a?b" => format!("/api/v1/managed_agents/sessions/{segment}"),
                segment => {
                    format!("/api/v1/managed_agents/sessions/{segment}/sandbox/provision {{")
                }
            };
            assert!(asked.starts_with(&path), "{id:?}: {asked}");
        }
    }
}

#[tokio::test]
async fn a_session_id_that_no_address_can_hold_is_not_found() {
    let mut bench = Bench::start(Fixes::all(), &[TOKEN]).await;
    bench.script(READY);
    for id in [".", ".."] {
        for (tool, rest) in [
            ("provision", r#""name":"main""#),
            ("execute", r#""sandbox_name":"main","cmd":"c""#),
            ("read_file", r#""sandbox_name":"main","path":"/p""#),
            ("upload_artifact", r#""sandbox_name":"main","path":"/p""#),
        ] {
            let arguments = format!(r#"{{{rest},"session_id":"{id}"}}"#);
            let told = bench.call(tool, &arguments).await;
            assert_eq!(told, format!("!{tool} failed: session {id} not found"));
        }
    }
    assert_eq!(bench.asked(), Vec::<String>::new());
    assert_eq!(
        bench
            .call("provision", r#"{"name":"main","session_id":["a","/b"]}"#)
            .await,
        "m"
    );
    assert!(bench.asked()[0].contains("/sessions/a%2C%2Fb/sandbox/provision"));
}

#[tokio::test]
async fn paths_and_commands_arrive_as_they_are() {
    let mut bench = Bench::start(Fixes::all(), &[TOKEN, ("SESSION_ID", "s")]).await;
    for odd in [
        "/tmp/it's \"here\"",
        "/tmp/a\nb\r\n\0c",
        "/tmp/$(id)`id`${HOME}",
        "-d",
        "--help",
        "~/../../etc/passwd",
        "\u{202e}é\u{1f980}",
        "",
    ] {
        let path = quoted(odd);
        bench.script(READY);
        let read = format!(r#"{{"sandbox_name":"main","path":{path}}}"#);
        assert_eq!(bench.call("read_file", &read).await, "c");
        let execute = format!(r#"{{"sandbox_name":"main","cmd":{path}}}"#);
        assert_eq!(bench.call("execute", &execute).await, "o");
        bench.script(
            r#"[{"body":"{\"content\":\"bw==\",\"encoding\":\"base64\"}"},{"body":"{\"url\":\"u\"}"}]"#,
        );
        assert_eq!(bench.call("upload_artifact", &read).await, "u");
        let asked = bench.asked();
        assert!(asked[0].ends_with(&format!(r#""path":{path}}}"#)));
        assert!(asked[1].ends_with(&format!(r#""cmd":{path}}}"#)));
        assert!(asked[2].ends_with(&format!(r#""path":{path},"encoding":"base64"}}"#)));
    }
}

#[tokio::test]
async fn ten_megabytes_in_any_argument_get_an_answer() {
    let mut bench = Bench::start(Fixes::all(), &[TOKEN]).await;
    let large = "x/".repeat(5_000_000);
    let execute = |name: &str, session: &str| {
        format!(r#"{{"sandbox_name":"{name}","cmd":"c","session_id":"{session}"}}"#)
    };
    bench.script(r#"[{"status":404,"body":"{\"error\":\"e\"}"}]"#);
    assert_eq!(
        bench.call("execute", &execute(&large, "s")).await,
        "!execute failed: e"
    );
    // No address is that long.
    let told = bench.call("execute", &execute("main", &large)).await;
    assert!(told.starts_with("!execute "), "{}", &told[..80]);
    let unknown = format!(r#"{{"sandbox_name":"{large}","cmd":"c"}}"#);
    let told = bench.call("execute", &unknown).await;
    assert!(told.contains("Call provision first"));
    bench.script(READY);
    assert_eq!(bench.call("execute", &execute("main", "s")).await, "o");
}

#[tokio::test]
async fn no_secret_is_told_to_an_agent() {
    let execute = r#"{"sandbox_name":"main","cmd":"c"}"#;
    let session = ("SESSION_ID", "s");
    for (base, token) in [
        ("http://me:hush@127.0.0.1:1", "mk"),
        ("hush://[", "mk"),
        ("${upstream}", "hush\nhush"),
        ("${upstream}", "hush\u{20ac}"),
    ] {
        let set = [session, ("LAP_BASE_URL", base), ("LAP_AUTH_TOKEN", token)];
        for (fixes, leaks) in [
            (Fixes::none(), token != "hush\u{20ac}"),
            (Fixes::all(), false),
        ] {
            let mut bench = Bench::start(fixes, &set).await;
            bench.script(READY);
            let told = bench.call("execute", execute).await;
            assert!(told.starts_with("!execute "), "{told}");
            assert_eq!(told.contains("hush"), leaks, "{told}");
        }
    }
}

#[tokio::test]
async fn a_platform_that_answers_anything_else_is_told_as_that() {
    let large = format!("<html>{}", "x".repeat(10_000_000));
    let mut bench = Bench::start(Fixes::all(), &[TOKEN, ("SESSION_ID", "s")]).await;
    for (answer, told) in [
        (
            format!(r#"{{"status":502,"body":{}}}"#, quoted(&large)),
            "!TOOL failed: HTTP 502 (the platform's answer is no JSON object)",
        ),
        (
            r#"{"status":200,"body":"[]"}"#.to_owned(),
            "!TOOL failed: HTTP 200 (the platform's answer is no JSON object)",
        ),
        (r#"{"drop":"mid"}"#.to_owned(), "!TOOL error: terminated"),
        (
            r#"{"status":308,"headers":{"location":"/again"}}"#.to_owned(),
            "!TOOL error: fetch failed",
        ),
        (
            r#"{"status":500,"body":"{\"error\":{\"a\":[1]}}"}"#.to_owned(),
            "!TOOL failed: {\"a\":[1]}",
        ),
    ] {
        for (tool, arguments) in [
            ("provision", r#"{"name":"main"}"#),
            ("execute", r#"{"sandbox_name":"main","cmd":"c"}"#),
            ("read_file", r#"{"sandbox_name":"main","path":"/p"}"#),
            ("upload_artifact", r#"{"sandbox_name":"main","path":"/p"}"#),
        ] {
            bench.script(&format!("[{answer}]"));
            let wanted = told.replace("TOOL", tool);
            assert_eq!(bench.call(tool, arguments).await, wanted);
        }
    }
    bench.script(READY);
    let execute = r#"{"sandbox_name":"main","cmd":"c"}"#;
    assert_eq!(bench.call("execute", execute).await, "o");
}
