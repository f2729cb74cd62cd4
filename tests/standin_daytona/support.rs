//! A stand-in and a client of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cutover::standin::engine::process::ProcessEngine;
use cutover::standin::engine::{Engine, EngineError};
use cutover::standin::server::{Standin, StandinOptions};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// How long anything may take; far more than it does.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running stand-in and a client of it.
pub(crate) struct World {
    pub(crate) standin: Arc<dyn Standin>,
    pub(crate) client: Client,
}

/// The engine used in earnest; where the machine refuses it, the one that needs nothing.
async fn engine() -> Arc<dyn Engine> {
    let helper = Path::new(env!("CARGO_BIN_EXE_cutover"));
    match cutover::standin::engine::by_name("namespaces", helper).await {
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
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_only(std::iter::empty::<reqwest::Certificate>())
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let standin = cutover::standin::daytona::start(options).await.unwrap();
        Self { standin, client }
    }

    /// A request with the right key and a modern version.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.standin.addr());
        let request = self.client.request(method, url);
        let request = request.header("X-Daytona-SDK-Version", "0.226.1");
        request.bearer_auth(self.standin.key())
    }

    /// Sends `METHOD /path`, with a body unless it is null; status and body.
    pub(crate) async fn call(&self, route: &str, body: Value) -> (u16, Value) {
        let (method, path) = route.split_once(' ').unwrap();
        let request = self.request(method.parse().unwrap(), path);
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        answer(request).await
    }

    /// Makes a sandbox; its id.
    pub(crate) async fn make(&self, body: Value) -> String {
        let (status, made) = self.call("POST /api/sandbox", body).await;
        assert_eq!(status, 200, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    /// Runs a command; status and body.
    pub(crate) async fn execute(&self, id: &str, body: Value) -> (u16, Value) {
        self.call(&format!("POST /toolbox/{id}/process/execute"), body)
            .await
    }

    /// The state of a sandbox; `gone` when there is none.
    pub(crate) async fn state(&self, id: &str) -> String {
        let (status, body) = self
            .call(&format!("GET /api/sandbox/{id}"), Value::Null)
            .await;
        match status {
            200 => body["state"].as_str().unwrap().to_owned(),
            _ => "gone".to_owned(),
        }
    }

    /// Waits until a sandbox is in a state.
    pub(crate) async fn until(&self, id: &str, state: &str) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while self.state(id).await != state {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(waited.await.is_ok(), "{id} never became {state}");
    }
}

/// Status and JSON body; null when there is none, a string when it is no JSON.
pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    if text.is_empty() {
        return (status, Value::Null);
    }
    (status, serde_json::from_str(&text).unwrap_or(json!(text)))
}
