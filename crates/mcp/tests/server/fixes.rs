//! Each repaired quirk: what the original says, and what is said instead.

use std::time::Duration;

use cutover_base::fixes::Fixes;

use crate::bench::{Bench, only};

const READY: &str = r#"[{"body":"{\"message\":\"ready\",\"output\":\"o\",\"content\":\"c\"}"}]"#;
const EXECUTE: &str = r#"{"sandbox_name":"main","cmd":"c"}"#;
const TOKEN: (&str, &str) = ("MASTER_KEY", "mk");
const SESSION: (&str, &str) = ("SESSION_ID", "s");

/// What `execute` says where the platform answers so, unrepaired and with these fixes.
async fn execute(fixes: &[&str], script: &str, unrepaired: &str, repaired: &str) {
    for (fixes, told) in [(Fixes::none(), unrepaired), (only(fixes), repaired)] {
        let mut bench = Bench::start(fixes, &[TOKEN, SESSION]).await;
        bench.script(script);
        assert_eq!(bench.call("execute", EXECUTE).await, told);
    }
}

#[tokio::test]
async fn q01_a_missing_base_and_a_missing_session_are_told_apart() {
    let mut bench = Bench::start(only(&["Q01"]), &[("LAP_BASE_URL", ""), SESSION]).await;
    for tool in ["provision", "execute", "read_file", "upload_artifact"] {
        assert_eq!(
            bench.call(tool, "{}").await,
            format!(
                "!{tool} failed: LAP_BASE_URL is not set. Set it in the environment of the MCP \
                 server to the address of the platform."
            )
        );
    }
    let mut bench = Bench::start(only(&["Q01"]), &[]).await;
    for (tool, told) in [
        ("provision", "Pass session_id from the <lap_session_id> tag"),
        ("execute", "Call provision with session_id first"),
        ("read_file", "Call provision with session_id first"),
        (
            "upload_artifact",
            "Pass session_id from the <lap_session_id> tag",
        ),
    ] {
        let answer = bench.call(tool, "{}").await;
        let start = format!("!{tool} failed: no session_id. {told}");
        assert!(answer.starts_with(&start), "{answer}");
    }
    let mut bench = Bench::start(Fixes::all(), &[]).await;
    let answer = bench.call("execute", "{}").await;
    assert!(
        answer.contains("no session_id. Pass session_id"),
        "{answer}"
    );
}

#[tokio::test]
async fn q02_q08_every_tool_takes_the_session_so_that_a_restart_changes_nothing() {
    for fix in ["Q02", "Q08"] {
        let mut bench = Bench::start(only(&[fix]), &[TOKEN]).await;
        bench.script(READY);
        let execute = r#"{"sandbox_name":"main","cmd":"c","session_id":"A"}"#;
        assert_eq!(bench.call("execute", execute).await, "o");
        let read = r#"{"sandbox_name":"main","path":"/p","session_id":"A"}"#;
        assert_eq!(bench.call("read_file", read).await, "c");
        let asked = bench.asked();
        assert!(asked[0].starts_with("/api/v1/managed_agents/sessions/A/sandbox/execute"));
        assert!(asked[1].starts_with("/api/v1/managed_agents/sessions/A/sandbox/read-file"));
    }
}

#[tokio::test]
async fn q02_q08_a_sandbox_that_nobody_provisioned_here_is_told_by_its_name() {
    let named = r#"{"sandbox_name":"other","cmd":"c","path":"/p"}"#;
    for (fixes, tools) in [
        (only(&["Q02"]), &["execute", "read_file"][..]),
        (only(&["Q08", "Q09"]), &["execute", "upload_artifact"]),
        (Fixes::all(), &["execute", "read_file", "upload_artifact"]),
    ] {
        let mut bench = Bench::start(fixes, &[TOKEN]).await;
        bench.script(READY);
        let provision = r#"{"name":"main","session_id":"A"}"#;
        assert_eq!(bench.call("provision", provision).await, "ready");
        bench.asked();
        for tool in tools {
            assert_eq!(
                bench.call(tool, named).await,
                format!(
                    "!{tool} failed: no sandbox named 'other' is known to this server. Call \
                     provision first; if it was provisioned elsewhere, pass its session_id from \
                     the <lap_session_id> tag in your context."
                )
            );
        }
        assert_eq!(bench.asked(), Vec::<String>::new());
        assert_eq!(bench.call("execute", EXECUTE).await, "o");
    }
    // With a session of its own the server asks the platform, which knows.
    let mut bench = Bench::start(Fixes::all(), &[TOKEN, SESSION]).await;
    bench.script(READY);
    assert_eq!(bench.call("execute", named).await, "o");
    assert!(bench.asked()[0].starts_with("/api/v1/managed_agents/sessions/s/"));
}

#[tokio::test]
async fn q07_a_name_of_two_sessions_is_nobodys_until_one_is_named() {
    let mut bench = Bench::start(only(&["Q07", "Q02"]), &[TOKEN]).await;
    bench.script(READY);
    for session in ["A", "A", "B"] {
        let arguments = format!("{{\"name\":\"main\",\"session_id\":\"{session}\"}}");
        assert_eq!(bench.call("provision", &arguments).await, "ready");
        if session == "A" {
            assert_eq!(bench.call("execute", EXECUTE).await, "o");
        }
    }
    bench.asked();
    assert_eq!(
        bench.call("execute", EXECUTE).await,
        "!execute failed: more than one session has a sandbox of this name. Pass session_id from \
         the <lap_session_id> tag in your context."
    );
    assert_eq!(bench.asked(), Vec::<String>::new());
    let named = r#"{"sandbox_name":"main","cmd":"c","session_id":"A"}"#;
    assert_eq!(bench.call("execute", named).await, "o");
}

#[tokio::test]
async fn q09_upload_finds_its_session_as_the_others_do() {
    let upload = r#"{"sandbox_name":"main","path":"/p"}"#;
    let named = r#"{"sandbox_name":"main","path":"/p","session_id":"A"}"#;
    let answers = r#"[{"body":"{\"message\":\"m\",\"output\":\"bw==\",\"url\":\"u\"}"}]"#;
    let mut bench = Bench::start(only(&["Q09"]), &[TOKEN, ("SESSION_ID", "")]).await;
    bench.script(answers);
    assert_eq!(bench.call("upload_artifact", named).await, "u");
    let provision = r#"{"name":"main","session_id":"B"}"#;
    assert_eq!(bench.call("provision", provision).await, "m");
    bench.asked();
    assert_eq!(bench.call("upload_artifact", upload).await, "u");
    assert!(bench.asked()[0].starts_with("/api/v1/managed_agents/sessions/B/"));
}

#[tokio::test]
async fn q10_issues_are_told_in_words() {
    let script = r#"[{"status":400,"body":"{\"error\":[{\"code\":\"too_small\",\"message\":\"cmd is required\",\"path\":[\"cmd\"]}]}"}]"#;
    execute(
        &["Q10"],
        script,
        "!execute failed: [object Object]",
        "!execute failed: cmd: cmd is required",
    )
    .await;
}

#[tokio::test]
async fn q11_an_answer_that_is_not_json_is_told_by_its_status() {
    for (script, unrepaired, status) in [
        (
            r#"[{"status":502,"body":"<html>bad gateway</html>"}]"#,
            "!execute error: Unexpected token '<', \"<html>bad \"... is not valid JSON",
            502,
        ),
        (
            r#"[{"status":200,"body":""}]"#,
            "!execute error: Unexpected end of JSON input",
            200,
        ),
        (
            r#"[{"status":500,"body":"null"}]"#,
            "!execute error: Cannot read properties of null (reading 'error')",
            500,
        ),
    ] {
        let repaired =
            format!("!execute failed: HTTP {status} (the platform's answer is no JSON object)");
        execute(&["Q11"], script, unrepaired, &repaired).await;
    }
}

#[tokio::test]
async fn q12_a_platform_that_does_not_answer_is_told_with_the_time() {
    let limit = Duration::from_millis(250);
    let mut bench = Bench::start_within(limit, only(&["Q12"]), &[TOKEN, SESSION]).await;
    bench.script(r#"[{"drop":"never"}]"#);
    assert_eq!(
        bench.call("execute", EXECUTE).await,
        "!execute error: no answer from the platform within 0.25 s"
    );
    // Headers alone are no answer either.
    bench.script(r#"[{"drop":"stall"},{"body":"{\"output\":\"o\"}"}]"#);
    assert_eq!(
        bench.call("execute", EXECUTE).await,
        "!execute error: no answer from the platform within 0.25 s"
    );
}

#[tokio::test]
async fn q13_a_last_slash_of_the_base_is_dropped() {
    let base = ("LAP_BASE_URL", "${upstream}/");
    for (fixes, path) in [(Fixes::none(), "//api/v1/"), (only(&["Q13"]), "/api/v1/")] {
        let mut bench = Bench::start(fixes, &[TOKEN, SESSION, base]).await;
        bench.script(READY);
        assert_eq!(bench.call("execute", EXECUTE).await, "o");
        assert!(bench.asked()[0].starts_with(path));
    }
}

#[tokio::test]
async fn q14_a_missing_token_is_told_and_nothing_is_asked() {
    let empty = ("LAP_AUTH_TOKEN", "");
    for variables in [&[SESSION][..], &[SESSION, empty]] {
        let mut bench = Bench::start(only(&["Q14"]), variables).await;
        bench.script(READY);
        assert_eq!(
            bench.call("execute", EXECUTE).await,
            "!execute failed: no token. Set LAP_AUTH_TOKEN or MASTER_KEY in the environment of the \
             MCP server."
        );
        assert_eq!(bench.asked(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn q15_the_platforms_error_texts_are_errors() {
    let text = "error: sandbox 'main' not provisioned \u{2014} call provision first";
    let script = format!(r#"[{{"body":"{{\"output\":\"{text}\"}}"}}]"#);
    execute(&["Q15"], &script, text, &format!("!{text}")).await;
    let script = r#"[{"body":"{\"output\":\"x\\n[exit code 1]\",\"is_error\":true}"}]"#;
    execute(&["Q15"], script, "x\n[exit code 1]", "!x\n[exit code 1]").await;
    // What a command prints is its own.
    let script = r#"[{"body":"{\"output\":\"error: sandbox is odd\"}"}]"#;
    execute(
        &["Q15"],
        script,
        "error: sandbox is odd",
        "error: sandbox is odd",
    )
    .await;
}
