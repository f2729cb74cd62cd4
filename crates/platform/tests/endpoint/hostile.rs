//! What nobody should send, at the stack with every fix: each gets an answer in the stack's form, the
//! provider gets what was sent and nothing else, and the endpoint goes on.

use cutover_base::fixes::Fixes;
use cutover_js::{Value, json};

use crate::support::bed::{Bed, told};

const ODD: [&str; 10] = [
    "/tmp/it's \"here\"",
    "/tmp/a\nb\r\n\0c",
    "/tmp/$(id)`id`${HOME}",
    "-d",
    "--help",
    "~/../../etc/passwd",
    "../../../../proc/self/environ",
    "\u{202e}\u{feff}é\u{1f980}",
    " ",
    "%00%2e%2e%2f",
];

fn quoted(text: &str) -> String {
    json::stringify(&text.into())
}

/// The text of an error, which is all that an answer that is none of success has.
fn reason(body: &str) -> String {
    let body = json::parse(body.as_bytes()).unwrap();
    let members = body.as_object().unwrap();
    assert_eq!(members.len(), 1, "{body:?}");
    let reason = members.get("error").and_then(Value::as_text).unwrap();
    reason.to_string()
}

#[tokio::test]
async fn odd_names_paths_and_commands_are_only_texts() {
    let bed = Bed::new(Fixes::all()).await;
    for odd in ODD {
        let text = quoted(odd);
        let provision = format!(r#"{{"name":{text}}}"#);
        let (status, body) = bed.session("/sandbox/provision", &provision).await;
        assert_eq!(status, 200, "{body}");
        let execute = format!(r#"{{"sandbox_name":{text},"cmd":{text}}}"#);
        let wanted = told(200, &format!(r#"{{"output":{text}}}"#));
        assert_eq!(bed.session("/sandbox/execute", &execute).await, wanted);
        let read = format!(r#"{{"sandbox_name":{text},"path":{text}}}"#);
        let (status, body) = bed.session("/sandbox/read-file", &read).await;
        assert_eq!(
            (status, reason(&body)),
            (404, format!("no such file: {odd}"))
        );
        let artifact =
            format!(r#"{{"name":{text},"mime_type":"text/plain","content":"aGk=","size":2}}"#);
        let (status, body) = bed.session("/artifacts", &artifact).await;
        assert_eq!(status, 200, "{body}");
    }
    for (asked, odd) in bed.e2b.asked().chunks(3).zip(ODD) {
        assert!(asked[0].starts_with("create e2b-"), "{asked:?}");
        assert!(asked[1].ends_with(&format!(" {odd} 300")), "{asked:?}");
        assert!(asked[2].ends_with(&format!(" {odd}")), "{asked:?}");
    }
}

#[tokio::test]
async fn odd_sessions_in_paths_are_not_found_or_lead_nowhere() {
    let bed = Bed::new(Fixes::all()).await;
    for (id, status) in [
        ("%2e%2e", 404),
        ("a%2Fb", 404),
        ("..%2F..%2Fx", 404),
        ("%24%28id%29", 404),
        ("%00", 404),
        ("%0d%0ax", 404),
        ("a%3Fb", 404),
        ("__proto__", 404),
        ("%ff", 500),
        ("%", 500),
    ] {
        let path = format!("/api/v1/managed_agents/sessions/{id}/sandbox/execute");
        let asked = bed.ask("POST", &path, r#"{"sandbox_name":"m","cmd":"c"}"#);
        let (got, body) = asked.await;
        assert_eq!(got, status, "{id} {body}");
        if status == 404 {
            assert!(reason(&body).ends_with(" not found"), "{body}");
        }
    }
    assert_eq!(bed.e2b.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn bodies_of_any_size_and_shape_get_an_answer() {
    let bed = Bed::new(Fixes::all()).await;
    let large = "x".repeat(1_000_000);
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    for route in [
        "/sandbox/provision",
        "/sandbox/execute",
        "/sandbox/read-file",
    ] {
        for body in [
            large.clone(),
            deep.clone(),
            "[".repeat(50_000),
            format!(r#"{{"name":{deep},"sandbox_name":{deep},"cmd":1,"path":1}}"#),
            format!(r#"{{"{large}":1}}"#),
            "null".to_owned(),
            "1e999".to_owned(),
            r#"{"__proto__":{"name":"m"},"constructor":1}"#.to_owned(),
        ] {
            let (status, body) = bed.session(route, &body).await;
            assert_eq!(status, 400, "{route}");
            let reason = reason(&body);
            assert!(reason.len() < 200, "{route}: {reason}");
        }
    }
    let provision = format!(r#"{{"name":"{large}"}}"#);
    assert_eq!(bed.session("/sandbox/provision", &provision).await.0, 200);
    let cmd = "x".repeat(10_000_000);
    let execute = format!(r#"{{"sandbox_name":"{large}","cmd":"{cmd}"}}"#);
    let (status, body) = bed.session("/sandbox/execute", &execute).await;
    assert_eq!(
        (status, body.len()),
        (200, cmd.len() + r#"{"output":""}"#.len())
    );
}
