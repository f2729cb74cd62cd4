//! Without fixes: what the original makes of Daytona.

use cutover_base::fixes::Fixes;
use cutover_js::json;
use golden::Answer;

use crate::bed::{Bed, INTERNAL, answer};
use crate::cloud::told;

const EXPIRED: &str = "error: sandbox expired — call provision to create a new one";

#[tokio::test]
async fn a_sandbox_is_made_of_the_image_before_the_snapshot() {
    let image = ("DAYTONA_IMAGE", "ubuntu:22.04");
    let snapshot = ("DAYTONA_SNAPSHOT", "snap");
    let built = r#""buildInfo":{"dockerfileContent":"FROM ubuntu:22.04\n"},"#;
    for (set, source) in [
        (&[][..], ""),
        (&[snapshot], r#""snapshot":"snap","#),
        (&[image], built),
        (&[snapshot, image], built),
    ] {
        let bed = Bed::new(Fixes::none(), set).await;
        assert_eq!(bed.provision().await.0, 200);
        let wanted = format!(
            r#"{{{source}"env":{{"LITELLM_API_KEY":"stub_platform_litellm_api_key"}},"labels":{{"run":"r1","code-toolbox-language":"python"}},"autoStopInterval":0}}"#
        );
        assert_eq!(bed.cloud.bodies("POST /api/sandbox"), [wanted]);
        assert_eq!(bed.cloud.take_asked(), ["POST /api/sandbox"]);
    }
}

#[tokio::test]
async fn a_command_is_sent_as_it_is_with_whole_seconds() {
    let bed = Bed::ready(Fixes::none()).await;
    let told = bed.output("echo 'a'\n").await;
    assert_eq!(json::stringify(&told), r#"{"output":"echo 'a'\n"}"#);
    let sent = r#"{"command":"echo 'a'\n","timeout":300}"#;
    let asked = "POST /toolbox/s1/process/execute";
    assert_eq!(bed.cloud.bodies(asked), [sent]);
    assert_eq!(bed.cloud.take_asked(), ["GET /api/sandbox/s1", asked]);
}

#[tokio::test]
async fn an_exit_code_is_part_of_the_output() {
    let bed = Bed::ready(Fixes::none()).await;
    for (code, output, wanted) in [
        ("0", r#"" a\n""#, r#"" a\n""#),
        ("3", r#""\ufeff \n a\n""#, r#""a\n\n[exit code 3]""#),
        ("3", r#""""#, r#""[exit code 3]""#),
        ("-1", r#""a""#, r#""a\n[exit code -1]""#),
        ("", r#""a""#, r#""a\n[exit code undefined]""#),
        (r#""0""#, r#""a""#, r#""a\n[exit code 0]""#),
        ("0", r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        ("1", r#"{"a":[1]}"#, r#""[object Object]\n[exit code 1]""#),
        ("0", "null", r#""""#),
    ] {
        bed.cloud.ends(code, output);
        let told = bed.output("c").await;
        let wanted = format!(r#"{{"output":{wanted}}}"#);
        assert_eq!(json::stringify(&told), wanted, "{code} {output}");
    }
}

#[tokio::test]
async fn words_tell_that_a_sandbox_is_gone() {
    for (status, message, is_told) in [
        (500, "x 404 x", true),
        (400, "not found: x", true),
        (500, "was deleted", true),
        (500, "is destroyed", true),
        (500, "Not Found", false),
        (408, "request timeout: command execution timeout", false),
        (502, "bad gateway", false),
    ] {
        let bed = Bed::ready(Fixes::none()).await;
        let said = format!(r#"{{"message":"{message}"}}"#);
        bed.cloud
            .rule("POST", "/process/execute", told(status, &said));
        let wanted = if is_told {
            answer(200, &format!(r#"{{"output":"{EXPIRED} ({message})"}}"#))
        } else {
            answer(500, INTERNAL)
        };
        assert_eq!(bed.execute("c").await, wanted, "{message}");
    }
}

#[tokio::test]
async fn a_missing_file_is_taken_for_a_missing_sandbox() {
    let bed = Bed::ready(Fixes::none()).await;
    bed.cloud.file("/a", b"\xef\xbb\xbfa\xe2\x82b\xff");
    let content = r#"{"content":"XaYbY"}"#.replace('X', "\u{feff}").replace('Y', "\u{fffd}");
    assert_eq!(bed.read("/a").await, answer(200, &content));
    let wanted = format!(r#"{{"content":"{EXPIRED} (file not found: /b)"}}"#);
    assert_eq!(bed.read("/b").await, answer(200, &wanted));
    // What is refused as a whole has no words.
    bed.cloud.rule(
        "POST",
        "/files/bulk-download",
        told(404, r#"{"message":"not found"}"#),
    );
    assert_eq!(bed.read("/a").await, answer(500, INTERNAL));
    bed.cloud.remove();
    assert_eq!(bed.read("/a").await, answer(500, INTERNAL));
    bed.cloud.rule("GET", "/api/sandbox/s1", told(404, ""));
    let said = "Request failed with status code 404";
    let wanted = format!(r#"{{"content":"{EXPIRED} ({said})"}}"#);
    assert_eq!(bed.read("/a").await, answer(200, &wanted));
}

#[tokio::test]
async fn an_end_that_fails_is_swallowed_where_words_say_that_nothing_is_there() {
    let bed = Bed::new(Fixes::none(), &[]).await;
    bed.cloud.ends("0", r#""8\nMem: 4096 1\n""#);
    let (status, body) = bed.test().await;
    assert!(
        status == 200 && body.contains(r#""cpuCount":8,"memTotalMB":4096"#),
        "{body}"
    );
    let wanted = [
        "POST /api/sandbox",
        "GET /api/sandbox/s1",
        "POST /toolbox/s1/process/execute",
        "GET /api/sandbox/s1",
        "DELETE /api/sandbox/s1",
        "GET /api/sandbox/s1",
    ];
    assert_eq!(bed.cloud.take_asked(), wanted);
}

#[tokio::test]
async fn a_sandbox_that_does_not_start_stays() {
    let bed = Bed::new(Fixes::none(), &[]).await;
    bed.cloud.put("error");
    let url = bed.cloud.api_url().replace("/api", "/toolbox");
    let creating = format!(r#"{{"id":"s1","state":"creating","toolboxProxyUrl":"{url}"}}"#);
    bed.cloud.rule("POST", "/api/sandbox", told(200, &creating));
    assert_eq!(bed.provision().await, answer(500, INTERNAL));
    assert_eq!(
        bed.cloud.take_asked(),
        ["POST /api/sandbox", "GET /api/sandbox/s1"]
    );
    bed.cloud.rule("POST", "/api/sandbox", Answer::Dropped);
    assert_eq!(bed.test().await, crate::bed::error(500, "socket hang up"));
}
