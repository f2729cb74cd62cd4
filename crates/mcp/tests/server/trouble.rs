//! Bad input and a bad platform: each gets an answer, and the server goes on.

use cutover_base::fixes::Fixes;

use crate::bench::{Bench, value};

const EXECUTE: &str = r#"{"sandbox_name":"main","cmd":"c"}"#;
const VARIABLES: [(&str, &str); 2] = [("MASTER_KEY", "mk"), ("SESSION_ID", "s")];

/// The server of both stacks, with a platform that works.
async fn benches() -> [Bench; 2] {
    let bench = async |fixes| {
        let bench = Bench::start(fixes, &VARIABLES).await;
        bench.script(r#"[{"body":"{\"output\":\"o\"}"}]"#);
        bench
    };
    [bench(Fixes::none()).await, bench(Fixes::all()).await]
}

#[tokio::test]
async fn what_is_no_message_is_passed_over() {
    for mut bench in benches().await {
        for line in [
            "",
            "not json",
            "{",
            "null",
            "[]",
            r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":null}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
            "\u{feff}{}",
            "\u{0}",
        ] {
            bench.client.line(line).await;
        }
        assert_eq!(bench.call("execute", EXECUTE).await, "o");
    }
}

#[tokio::test]
async fn ten_megabytes_of_arguments_reach_the_platform() {
    for mut bench in benches().await {
        let cmd = "x".repeat(10_000_000);
        let arguments = format!("{{\"sandbox_name\":\"main\",\"cmd\":\"{cmd}\"}}");
        assert_eq!(bench.call("execute", &arguments).await, "o");
        let asked = bench.asked().remove(0);
        assert!(asked.len() > cmd.len() && asked.ends_with(&format!("{cmd}\"}}")));
    }
}

#[tokio::test]
async fn deep_arguments_reach_the_platform() {
    for mut bench in benches().await {
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let arguments = format!("{{\"sandbox_name\":\"main\",\"cmd\":{deep}}}");
        assert_eq!(bench.call("execute", &arguments).await, "o");
        assert!(bench.asked()[0].contains(&deep));
    }
}

#[tokio::test]
async fn every_failure_of_the_platform_is_an_answer() {
    for (script, original, repaired) in [
        (
            r#"[{"drop":"before"}]"#,
            "!execute error: fetch failed",
            "!execute error: fetch failed",
        ),
        (
            r#"[{"drop":"mid"}]"#,
            "!execute error: terminated",
            "!execute error: terminated",
        ),
        (
            r#"[{"status":401,"body":"{\"error\":\"unauthorized\"}"}]"#,
            "!execute failed: unauthorized",
            "!execute failed: unauthorized",
        ),
        (
            r#"[{"status":503,"body":"<html>"}]"#,
            "!execute error: Unexpected token '<', \"<html>\" is not valid JSON",
            "!execute failed: HTTP 503 (the platform's answer is no JSON object)",
        ),
        (
            r#"[{"status":307,"headers":{"location":"/again"}}]"#,
            "!execute error: fetch failed",
            "!execute error: fetch failed",
        ),
        (
            r#"[{"status":302,"headers":{"location":"http://127.0.0.1:1/"}}]"#,
            "!execute error: fetch failed",
            "!execute error: fetch failed",
        ),
    ] {
        for (mut bench, told) in benches().await.into_iter().zip([original, repaired]) {
            bench.script(script);
            assert_eq!(bench.call("execute", EXECUTE).await, told, "{script}");
            bench.script(r#"[{"body":"{\"output\":\"still up\"}"}]"#);
            assert_eq!(bench.call("execute", EXECUTE).await, "still up", "{script}");
        }
    }
}

#[tokio::test]
async fn a_cancelled_call_gets_no_answer_and_others_do() {
    for mut bench in benches().await {
        bench.script(r#"[{"drop":"never"},{"body":"{\"output\":\"o\"}"}]"#);
        let call = value(&format!("{{\"name\":\"execute\",\"arguments\":{EXECUTE}}}"));
        let cancelled = bench.client.send("tools/call", Some(call)).await;
        bench.upstream.asked(1).await;
        let word = format!(
            "{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\
             \"params\":{{\"requestId\":{cancelled}}}}}"
        );
        bench.client.line(&word).await;
        assert_eq!(bench.call("execute", EXECUTE).await, "o");
    }
}
