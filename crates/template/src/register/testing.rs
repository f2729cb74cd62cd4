//! For tests: a provider of canned answers on a port of its own, and what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Method, Request, Response};
use bytes::BytesMut;
use futures_util::StreamExt as _;
use reqwest::header::HeaderMap;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

use crate::register::connection::{Connection, Pace};
use crate::register::progress::{Event, Progress};

/// An answer: status and body.
pub(crate) type Canned = (u16, String);

/// What answers a request, of which it sees method and path with query.
type Answering = Arc<dyn Fn(&str, &[u8]) -> Canned + Send + Sync>;

/// The server.
pub(crate) struct Provider {
    pub(crate) connection: Connection,
    asked: Arc<Mutex<Vec<(String, Bytes)>>>,
    _serving: JoinSet<()>,
}

#[derive(Clone)]
struct Shared {
    answering: Answering,
    asked: Arc<Mutex<Vec<(String, Bytes)>>>,
}

impl Provider {
    /// Serves; `answering` gets the server's base URL first.
    pub(crate) async fn start<F>(answering: impl FnOnce(&str) -> F) -> Self
    where
        F: Fn(&str, &[u8]) -> Canned + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::default();
        let shared = Shared {
            answering: Arc::new(answering(&base)),
            asked: Arc::clone(&asked),
        };
        let router = Router::new().fallback(answer).with_state(shared);
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let brief = Duration::from_millis(5);
        let connection = Connection {
            api: Url::parse(&base).unwrap(),
            headers: HeaderMap::new(),
            clients: Arc::new(|_| Ok(client())),
            pace: Pace {
                poll: brief,
                retry: brief,
                silence: Duration::from_millis(200),
                ..Pace::default()
            },
        };
        Self {
            connection,
            asked,
            _serving: serving,
        }
    }

    /// Methods and paths of all requests, in their order, without queries.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let line =
            |(line, _): &(String, Bytes)| line.split('?').next().unwrap_or_default().to_owned();
        asked.iter().map(line).collect()
    }

    /// The body of the first request that begins so.
    pub(crate) fn body_of(&self, begin: &str) -> Bytes {
        let asked = self.asked.lock().unwrap();
        let found = asked.iter().find(|(line, _)| line.starts_with(begin));
        found
            .unwrap_or_else(|| panic!("no {begin}: {asked:?}"))
            .1
            .clone()
    }
}

fn client() -> reqwest::Client {
    static CRYPTO: std::sync::Once = std::sync::Once::new();
    CRYPTO.call_once(|| {
        let _second = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .tls_certs_only(std::iter::empty::<reqwest::Certificate>())
        .no_proxy()
        .build()
        .unwrap()
}

async fn answer(State(shared): State<Shared>, request: Request<Body>) -> Response<Body> {
    let line = format!("{} {}", request.method(), request.uri());
    let is_head = request.method() == Method::HEAD;
    let mut body = BytesMut::new();
    let mut stream = request.into_body().into_data_stream();
    while let Some(Ok(chunk)) = stream.next().await {
        body.extend_from_slice(&chunk);
    }
    let (status, text) = (shared.answering)(&line, &body);
    shared.asked.lock().unwrap().push((line, body.freeze()));
    let response = Response::builder().status(status);
    match text.strip_prefix("CUT ") {
        // Promises more than it sends.
        Some(begin) => {
            let begin = Ok::<_, std::io::Error>(Bytes::from(begin.to_owned()));
            let begin = futures_util::stream::iter([begin]);
            let cut = futures_util::stream::once(async {
                // Until then what was sent is on its way.
                tokio::task::yield_now().await;
                Err(std::io::Error::other("cut"))
            });
            response.body(Body::from_stream(begin.chain(cut))).unwrap()
        }
        None if is_head => response.body(Body::empty()).unwrap(),
        None => response.body(Body::from(text)).unwrap(),
    }
}

/// Gives the next of several answers; the last again and again.
pub(crate) struct Turns(Mutex<VecDeque<Canned>>);

impl Turns {
    pub(crate) fn of<const N: usize>(all: [(u16, &str); N]) -> Self {
        let all = all
            .into_iter()
            .map(|(status, text)| (status, text.to_owned()));
        Self(Mutex::new(all.collect()))
    }

    pub(crate) fn next(&self) -> Canned {
        let mut all = self.0.lock().unwrap();
        match all.len() {
            1 => all[0].clone(),
            _ => all.pop_front().unwrap(),
        }
    }
}

/// Keeps what is told.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    pub(crate) fn progress(&self) -> Progress<'static> {
        let told = Arc::clone(&self.0);
        Progress::new(move |event| {
            let line = match event {
                Event::Step(text) => format!("step {text}"),
                Event::Log(text) => format!("log {text}"),
                Event::Warning(text) => format!("warning {text}"),
            };
            told.lock().unwrap().push(line);
        })
    }

    pub(crate) fn all(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}
