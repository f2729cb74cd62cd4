//! The repaired quirks of `upload_artifact`.

use cutover_base::fixes::Fixes;

use crate::bench::{Bench, only};

const VARIABLES: [(&str, &str); 2] = [("MASTER_KEY", "mk"), ("SESSION_ID", "s")];
const UPLOAD: &str = r#"{"sandbox_name":"main","path":"/tmp/a$HOME.txt"}"#;
const SESSIONS: &str = "/api/v1/managed_agents/sessions/s";

/// What is said where the platform answers so, and what reached the platform.
async fn upload(fixes: Fixes, script: &str) -> (String, Vec<String>) {
    let mut bench = Bench::start(fixes, &VARIABLES).await;
    bench.script(script);
    let said = bench.call("upload_artifact", UPLOAD).await;
    (said, bench.asked())
}

#[tokio::test]
async fn words_in_place_of_a_file_are_not_uploaded() {
    let words = "base64: /tmp/a: No such file or directory\\\\n\\\\n[exit code 1]";
    let script =
        format!(r#"[{{"body":"{{\"output\":\"{words}\"}}"}},{{"body":"{{\"url\":\"u\"}}"}}]"#);
    let (said, asked) = upload(Fixes::none(), &script).await;
    assert_eq!((said.as_str(), asked.len()), ("u", 2));
    for fix in ["Q89", "Q90"] {
        let (said, asked) = upload(only(&[fix]), &script).await;
        assert_eq!(
            said,
            "!upload_artifact error reading /tmp/a$HOME.txt: base64: /tmp/a: No such file or \
             directory\n\n[exit code 1]"
        );
        assert_eq!(asked.len(), 1);
    }
}

#[tokio::test]
async fn no_shell_sees_the_path_and_the_platform_gives_the_bytes() {
    let script =
        r#"[{"body":"{\"content\":\"AAEC\",\"encoding\":\"base64\"}"},{"body":"{\"url\":\"u\"}"}]"#;
    for fix in ["Q91", "Q92", "Q97"] {
        let (said, asked) = upload(only(&[fix]), script).await;
        assert_eq!(said, "u");
        assert_eq!(
            asked,
            [
                format!(
                    "{SESSIONS}/sandbox/read-file {{\"sandbox_name\":\"main\",\
                     \"path\":\"/tmp/a$HOME.txt\",\"encoding\":\"base64\"}}"
                ),
                format!(
                    "{SESSIONS}/artifacts {{\"name\":\"a$HOME.txt\",\"mime_type\":\"text/plain\",\
                     \"content\":\"AAEC\",\"size\":3}}"
                ),
            ]
        );
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_an_error_in_the_platforms_words() {
    let missing = r#"[{"status":404,"body":"{\"error\":\"no such file: /tmp/x\"}"}]"#;
    let (said, asked) = upload(Fixes::all(), missing).await;
    assert_eq!(said, "!upload_artifact failed: no such file: /tmp/x");
    assert_eq!(asked.len(), 1);
    let text = "error: sandbox 'main' not provisioned \u{2014} call provision first";
    let told = format!(r#"[{{"body":"{{\"content\":\"{text}\"}}"}}]"#);
    let (said, asked) = upload(Fixes::all(), &told).await;
    assert_eq!(said, format!("!upload_artifact failed: {text}"));
    assert_eq!(asked.len(), 1);
}

#[tokio::test]
async fn a_platform_that_gives_text_is_not_taken_for_one_that_gives_bytes() {
    for body in [
        r#"{\"content\":\"AAEC\"}"#,
        r#"{\"content\":\"A\",\"encoding\":\"base64\"}"#,
        r#"{\"encoding\":\"base64\"}"#,
    ] {
        let (said, asked) = upload(Fixes::all(), &format!(r#"[{{"body":"{body}"}}]"#)).await;
        assert!(said.contains("does not give a file's bytes"), "{said}");
        assert_eq!(asked.len(), 1);
    }
}

#[tokio::test]
async fn an_empty_file_can_be_uploaded() {
    let script = r#"[{"body":"{\"output\":\"\"}"},{"body":"{\"url\":\"u\"}"}]"#;
    let (said, _) = upload(Fixes::none(), script).await;
    assert_eq!(
        said,
        "!upload_artifact failed: /tmp/a$HOME.txt is empty or unreadable"
    );
    let (said, asked) = upload(only(&["Q93"]), script).await;
    assert_eq!(said, "u");
    assert!(
        asked[1].ends_with("\"content\":\"\",\"size\":0}"),
        "{asked:?}"
    );
}

#[tokio::test]
async fn an_unlisted_ending_is_unlisted_whatever_javascript_knows_of_it() {
    let script = r#"[{"body":"{\"output\":\"bw==\",\"url\":\"u\"}"}]"#;
    let named = r#"{"sandbox_name":"main","path":"/p","name":"a.constructor"}"#;
    for (fixes, mime) in [
        (Fixes::none(), ""),
        (
            only(&["Q96"]),
            "\"mime_type\":\"application/octet-stream\",",
        ),
    ] {
        let mut bench = Bench::start(fixes, &VARIABLES).await;
        bench.script(script);
        assert_eq!(bench.call("upload_artifact", named).await, "u");
        let body = format!("{{\"name\":\"a.constructor\",{mime}\"content\":\"bw==\",\"size\":1}}");
        assert!(bench.asked()[1].ends_with(&body));
    }
}
