//! A stand-in, a client, and envelopes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutover_standin::engine::process::ProcessEngine;
use cutover_standin::engine::{Engine, EngineError};
use cutover_standin::server::{Standin, StandinOptions};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// How long anything may take; far more than it does.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running stand-in and a client of it.
pub(crate) struct World {
    pub(crate) standin: Arc<dyn Standin>,
    pub(crate) client: Client,
}

/// A sandbox of a world.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// The engine used in earnest; where the machine refuses it, the one that needs nothing.
async fn engine() -> Arc<dyn Engine> {
    let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
    match cutover_standin::engine::by_name("namespaces", helper).await {
        Ok(engine) => engine,
        Err(EngineError::Refused { .. }) => Arc::new(ProcessEngine::new()),
        Err(error) => panic!("{error}"),
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut StandinOptions)) -> Self {
        let mut options = StandinOptions::new(engine().await);
        change(&mut options);
        // Another test may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .tls_certs_only(std::iter::empty::<reqwest::Certificate>())
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let standin = cutover_standin::e2b::start(options).await.unwrap();
        Self { standin, client }
    }

    /// A request to the control plane with the right key.
    pub(crate) fn control(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.standin.addr());
        let request = self.client.request(method, url);
        request.header("X-API-KEY", self.standin.key())
    }

    /// A POST to the control plane; status and body.
    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.control(Method::POST, path).json(&body)).await
    }

    /// A GET from the control plane; status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.control(Method::GET, path)).await
    }

    /// Makes a sandbox.
    pub(crate) async fn make(&self, body: Value) -> Made {
        let (status, made) = self.post("/v2/sandboxes", body).await;
        assert_eq!(status, 201, "{made}");
        Made {
            id: made["sandboxID"].as_str().unwrap().to_owned(),
            token: made["envdAccessToken"].as_str().unwrap().to_owned(),
        }
    }

    /// Makes an ordinary sandbox.
    pub(crate) async fn sandbox(&self) -> Made {
        self.make(json!({"templateID": "base", "timeout": 60}))
            .await
    }

    /// A request to a sandbox's envd, without a token.
    pub(crate) fn envd(&self, method: Method, id: &str, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.standin.addr());
        self.client
            .request(method, url)
            .header("E2b-Sandbox-Id", id)
            .header("E2b-Sandbox-Port", "49983")
    }

    /// A request to a sandbox's envd, with its token.
    pub(crate) fn inside(&self, method: Method, made: &Made, path: &str) -> RequestBuilder {
        self.envd(method, &made.id, path)
            .header("X-Access-Token", &made.token)
    }

    /// A unary RPC; status and body.
    pub(crate) async fn rpc(&self, made: &Made, method: &str, message: Value) -> (u16, Value) {
        let path = format!("/{method}");
        answer(self.inside(Method::POST, made, &path).json(&message)).await
    }

    /// A streaming RPC with one message.
    pub(crate) fn stream(&self, made: &Made, method: &str, message: &Value) -> RequestBuilder {
        self.inside(Method::POST, made, &format!("/{method}"))
            .header("Content-Type", "application/connect+json")
            .body(envelope(message))
    }

    /// Starts a script with `stdin` off and reads it to its end.
    pub(crate) async fn run(&self, made: &Made, script: &str) -> Vec<Value> {
        let request = self.stream(made, "process.Process/Start", &shell(script));
        Frames::open(request).await.rest().await
    }
}

/// A `StartRequest` as the SDKs send it.
pub(crate) fn shell(script: &str) -> Value {
    json!({
        "process": {"cmd": "/bin/bash", "args": ["-l", "-c", script]},
        "stdin": false,
    })
}

pub(crate) fn envelope(message: &Value) -> Vec<u8> {
    let message = message.to_string().into_bytes();
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&message);
    frame
}

/// Status and JSON body (null when it is empty).
pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    if body.is_empty() {
        return (status, Value::Null);
    }
    let read = serde_json::from_slice(&body);
    let text = String::from_utf8_lossy(&body).into_owned();
    (status, read.unwrap_or(Value::String(text)))
}

/// The messages of a streaming answer; the last one is `{"end_of_stream": ...}`.
pub(crate) struct Frames {
    response: Response,
    buffer: Vec<u8>,
}

impl Frames {
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let kind = response.headers()["content-type"].to_str().unwrap();
        assert_eq!(kind, "application/connect+json");
        Self {
            response,
            buffer: Vec::new(),
        }
    }

    /// The next message; an error when the connection breaks, `None` at its ordinary end.
    pub(crate) async fn try_next(&mut self) -> Result<Option<Value>, reqwest::Error> {
        loop {
            if self.buffer.len() >= 5 {
                let length = u32::from_be_bytes(self.buffer[1..5].try_into().unwrap());
                let end = 5 + usize::try_from(length).unwrap();
                if self.buffer.len() >= end {
                    let frame: Vec<u8> = self.buffer.drain(..end).collect();
                    let message: Value = serde_json::from_slice(&frame[5..]).unwrap();
                    return Ok(Some(match frame[0] {
                        0 => message,
                        2 => json!({"end_of_stream": message}),
                        flags => panic!("flags {flags}"),
                    }));
                }
            }
            match self.response.chunk().await? {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Value {
        let next = self.try_next().await.unwrap();
        next.expect("one more message")
    }

    /// The pid of the start event, which must come next.
    pub(crate) async fn pid(&mut self) -> u64 {
        let start = self.next().await;
        start["event"]["start"]["pid"].as_u64().expect("a pid")
    }

    /// Everything to the end.
    pub(crate) async fn rest(mut self) -> Vec<Value> {
        let mut all = Vec::new();
        while let Some(message) = self.try_next().await.unwrap() {
            all.push(message);
        }
        all
    }
}

/// What one stream of a process said in these messages.
pub(crate) fn output(messages: &[Value], stream: &str) -> String {
    let mut bytes = Vec::new();
    for message in messages {
        if let Some(text) = message["event"]["data"][stream].as_str() {
            bytes.extend(STANDARD.decode(text).unwrap());
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The end event of these messages.
pub(crate) fn end(messages: &[Value]) -> &Value {
    let mut ends = messages.iter().map(|message| &message["event"]["end"]);
    ends.find(|end| !end.is_null()).expect("an end event")
}

/// Polls until a condition holds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
