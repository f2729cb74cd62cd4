//! Headers, connections that fail, and what an observer hears.

use std::time::Duration;

use cutover_sdk::Answer as Noted;
use cutover_sdk::daytona::Create;
use golden::Answer;
use tokio::net::TcpListener;

use crate::bed::{Bed, part, sandbox, told, wanted};

#[tokio::test]
async fn requests_say_who_asks() {
    let bed = Bed::start(vec![sandbox("started"), told(200, "{}")]).await;
    let sandbox = bed.sdk().get(&"s1".into()).await.unwrap();
    sandbox.execute(&"c".into(), 1).await.unwrap();
    let _ = sandbox.download(&"/a".into()).await;
    sandbox.upload(b"content", "/tmp/b").await.unwrap();
    let heard = bed.take_heard();
    for asked in &heard {
        let header = |name: &str| asked.header(name);
        assert_eq!(header("authorization"), Some("Bearer dtn_key"));
        assert_eq!(header("user-agent"), Some("sdk-typescript/0.0.0"));
        assert_eq!(header("x-daytona-source"), Some("sdk-typescript"));
        assert_eq!(header("x-daytona-sdk-version"), Some("0.0.0"));
    }
    let all = |name: &str| heard.iter().map(|it| it.header(name)).collect::<Vec<_>>();
    let json = Some("application/json");
    assert_eq!(all("content-type")[..3], [None, json, json]);
    let accepted = [json, json, Some("multipart/form-data")];
    assert_eq!(all("accept")[..3], accepted);
    let form = String::from_utf8_lossy(&heard[3].body).into_owned();
    assert!(
        form.contains("name=\"files[0].path\"\r\n\r\n/tmp/b\r\n"),
        "{form}"
    );
    assert!(
        form.contains("name=\"files[0].file\"; filename=\"b\"\r\n"),
        "{form}"
    );
    assert!(form.contains("\r\n\r\ncontent\r\n--"), "{form}");
}

#[tokio::test]
async fn a_redirect_is_asked_as_the_first_address_was() {
    let there = Answer::Whole {
        status: 307,
        headers: vec![("location".to_owned(), "/there".to_owned())],
        body: Vec::new(),
    };
    let bed = Bed::start(vec![there, sandbox("started")]).await;
    bed.sdk().get(&"s1".into()).await.unwrap();
    let heard = bed.take_heard();
    assert_eq!(heard[1].line, "GET /there HTTP/1.1");
    assert_eq!(heard[1].header("authorization"), Some("Bearer dtn_key"));
    assert_eq!(heard[1].header("referer"), None);
}

#[tokio::test]
async fn who_stands_in_the_url_wins_over_the_key_and_is_told_to_nobody() {
    let bed = Bed::start(vec![sandbox("started")]).await;
    let url = bed.address().replace("http://", "http://us:pa%20ss@");
    bed.sdk_at(&url).get(&"s1".into()).await.unwrap();
    let heard = bed.take_heard();
    assert_eq!(heard[0].header("authorization"), Some("Basic dXM6cGEgc3M="));
    let noted = bed.ledger.take();
    assert_eq!(noted[0].url, format!("{}/sandbox/s1", bed.address()));
}

#[tokio::test]
async fn a_refused_connection_is_told_as_node_tells_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let bed = Bed::start(vec![sandbox("started")]).await;
    let asked = bed
        .sdk_at(&format!("http://127.0.0.1:{port}"))
        .get(&"s1".into())
        .await;
    let error = asked.unwrap_err();
    assert_eq!(
        error.message,
        *format!("connect ECONNREFUSED 127.0.0.1:{port}")
    );
    let noted = bed.ledger.take();
    let wanted = Noted::Broken {
        status: None,
        reason: error.to_string(),
    };
    assert_eq!(noted[0].answer, wanted);
}

#[tokio::test]
async fn a_create_that_nobody_answers_ends_with_its_time() {
    // A listener that accepts nobody.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let bed = Bed::start(vec![sandbox("started")]).await;
    let wanted = Create {
        timeout: Duration::from_millis(50),
        ..wanted()
    };
    let failed = bed.sdk_at(&url).create(&wanted).await.unwrap_err();
    assert_eq!(
        failed.error.message,
        "Failed to create and start sandbox within 0.05 seconds. Operation timed out."
    );
    assert_eq!(failed.sandbox_id, None);
}

#[tokio::test]
async fn an_observer_hears_every_exchange() {
    let file = part("file", "/a", "text/plain", "x");
    let cut = Answer::Cut {
        status: 200,
        headers: Vec::new(),
        body: Vec::new(),
    };
    let long = format!("\"{}\"", "x".repeat(100 << 10));
    let bed = Bed::start(vec![sandbox("started"), told(500, &long), file, cut]).await;
    let mut sandbox = bed.sdk().get(&"s1".into()).await.unwrap();
    let _ = sandbox.execute(&"c".into(), 1).await;
    sandbox.download(&"/a".into()).await.unwrap();
    let _ = sandbox.delete().await;
    let noted = bed.ledger.take();
    let told: Vec<_> = noted.iter().map(|it| (it.operation, it.method)).collect();
    let wanted = [
        ("info", "GET"),
        ("execute", "POST"),
        ("read", "POST"),
        ("destroy", "DELETE"),
    ];
    assert_eq!(told, wanted);
    assert!(
        noted
            .iter()
            .all(|it| it.sandbox_id.as_deref() == Some("s1"))
    );
    assert!(noted.iter().all(|it| it.provider == "daytona"));
    assert!(matches!(&noted[0].answer, Noted::Whole { status: 200, body } if body.is_empty()));
    let Noted::Whole { status: 500, body } = &noted[1].answer else {
        panic!("{:?}", noted[1]);
    };
    assert_eq!(body.len(), 64 << 10);
    assert!(matches!(
        noted[3].answer,
        Noted::Broken {
            status: Some(200),
            ..
        }
    ));
    let shown = format!("{:?} {:?}", bed.sdk(), sandbox);
    assert!(!shown.contains("dtn_key"), "{shown}");
}
