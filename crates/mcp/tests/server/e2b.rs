//! As much of E2B as tells who asked it for what.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

#[derive(Clone)]
struct Shared {
    heard: watch::Sender<Vec<String>>,
    made: Arc<Mutex<usize>>,
    /// Whether sandboxes come into being.
    makes: watch::Sender<bool>,
}

pub(crate) struct FakeE2b {
    pub(crate) url: String,
    shared: Shared,
    /// Ends with this value.
    _server: JoinSet<()>,
}

impl FakeE2b {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Shared {
            heard: watch::Sender::default(),
            made: Arc::default(),
            makes: watch::Sender::new(true),
        };
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            shared,
            _server: server,
        }
    }

    /// Whether sandboxes come into being at once, or only when this is said again.
    pub(crate) fn set_makes(&self, makes: bool) {
        self.shared.makes.send_replace(makes);
    }

    /// What was asked so far: method, path and body.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.shared.heard.borrow().clone()
    }

    /// Waits until so many requests begin like this.
    pub(crate) async fn asked(&self, count: usize, start: &str) {
        let begin = |heard: &Vec<String>| heard.iter().filter(|it| it.starts_with(start)).count();
        let mut heard = self.shared.heard.subscribe();
        heard.wait_for(|heard| begin(heard) >= count).await.unwrap();
    }
}

async fn answer(State(shared): State<Shared>, method: Method, uri: Uri, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let line = format!("{method} {uri} {body}");
    shared.heard.send_modify(|heard| heard.push(line));
    match (method, uri.path()) {
        (Method::POST, "/sandboxes") => {
            let number = {
                let mut made = shared.made.lock().unwrap();
                *made += 1;
                *made
            };
            let mut makes = shared.makes.subscribe();
            makes.wait_for(|makes| *makes).await.unwrap();
            let made = format!(r#"{{"sandboxID":"s{number}","envdVersion":"0.2.0"}}"#);
            (StatusCode::CREATED, made).into_response()
        }
        (Method::GET, "/files") => "\u{0}\u{1}bytes".into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    }
}
