//! Every exchange is told, however it ends, and without secrets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cutover_sdk::{Answer, Exchange, Observer};

use super::server::Server;
use super::{KEY, account, answer, command, envelope};

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<Exchange>>);

impl Observer for Heard {
    fn note(&self, exchange: Exchange) {
        self.0.lock().unwrap().push(exchange);
    }
}

impl Heard {
    fn told(&self) -> Vec<(&'static str, Answer)> {
        let heard = self.0.lock().unwrap();
        heard
            .iter()
            .map(|it| (it.operation, it.answer.clone()))
            .collect()
    }
}

fn whole(status: u16, body: &'static str) -> Answer {
    Answer::Whole {
        status,
        body: body.into(),
    }
}

#[tokio::test]
async fn exchanges_are_told_by_what_they_ask_for() {
    let info = r#"{"sandboxID":"abc","envdAccessToken":"SECRET-token"}"#;
    let json = |status, body: &str| answer(status, "application/json", body.as_bytes());
    let stream = |frames: &[u8]| answer(200, "application/connect+json", frames);
    let start = envelope(0, r#"{"event":{"start":{}}}"#);
    let failed = envelope(2, r#"{"error":{"code":"unavailable","message":"m"}}"#);
    let done = [start.clone(), envelope(2, "{}")].concat();
    let answers = vec![
        json(200, info),
        stream(&done),
        stream(&[start, failed].concat()),
        json(502, "bad"),
        Vec::new(),
        json(404, r#"{"message":"m"}"#),
        json(200, "[1]"),
        json(200, r#"{"entry":{}}"#),
        json(204, ""),
    ];
    let server = Server::start(answers).await;
    let heard = Arc::new(Heard::default());
    let account = account(&server, heard.clone());
    let (id, path) = ("abc".into(), "/x".into());
    let sandbox = account.connect(&id).await.unwrap();
    for _ in 0..4 {
        let _ = sandbox.run(command(&"x".into())).await;
    }
    let _ = sandbox.read_text(&path).await;
    sandbox.write(&path, "x").await.unwrap();
    sandbox.stat(&path).await.unwrap();
    account.kill(&id).await.unwrap();
    let told = heard.told();
    let unavailable = Answer::StreamError {
        code: "unavailable".to_owned(),
        message: "m".to_owned(),
    };
    let wanted = [
        ("info", whole(200, "")),
        ("execute", whole(200, "")),
        ("execute", unavailable),
        ("execute", whole(502, "bad")),
        ("read", whole(404, r#"{"message":"m"}"#)),
        ("write", whole(200, "")),
        ("stat", whole(200, "")),
        ("destroy", whole(204, "")),
    ];
    let (dropped, others): (Vec<_>, Vec<_>) = told
        .into_iter()
        .partition(|(_, answer)| matches!(answer, Answer::Broken { .. }));
    assert_eq!(others, wanted);
    assert!(
        matches!(
            &dropped[..],
            [("execute", Answer::Broken { status: None, .. })]
        ),
        "{dropped:?}"
    );
    let all = format!("{:?} {account:?} {sandbox:?}", heard.0.lock().unwrap());
    assert!(!all.contains(KEY) && !all.contains("SECRET"), "{all}");
}

#[tokio::test]
async fn what_was_given_up_is_told() {
    let server = Server::start(vec![]).await;
    let heard = Arc::new(Heard::default());
    let slow = account(&server, heard.clone()).within(Duration::from_millis(300));
    let _ = slow.info(&"abc".into()).await;
    let patient = account(&server, heard.clone());
    let id = "abc".into();
    let mut asked = Box::pin(patient.info(&id));
    tokio::select! {
        came = &mut asked => panic!("{came:?}"),
        () = async {
            while server.requests().len() < 2 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    drop(asked);
    let broken = |reason: &str| Answer::Broken {
        status: None,
        reason: reason.to_owned(),
    };
    let wanted = [("info", broken("timed out")), ("info", broken("given up"))];
    assert_eq!(heard.told(), wanted);
}
