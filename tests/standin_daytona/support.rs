//! A stand-in and a client of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cutover_standin::engine::process::ProcessEngine;
use cutover_standin::engine::{Engine, EngineError};
use cutover_standin::server::{Standin, StandinOptions};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::HeaderName;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};

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
    match cutover_standin::engine::by_name("namespaces", helper).await {
        Ok(engine) => engine,
        Err(EngineError::Refused { .. }) => Arc::new(ProcessEngine::new()),
        Err(error) => panic!("{error}"),
    }
}

/// Whether sandboxes are walled off here, so that images can be built in them.
pub(crate) async fn isolated() -> bool {
    let capabilities = engine().await.capabilities();
    capabilities.iter().any(|word| word == "isolation")
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
        let standin = cutover_standin::daytona::start(options).await.unwrap();
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

    /// Opens a websocket below a sandbox's toolbox, or says how it was refused.
    pub(crate) async fn socket(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Socket, (u16, String)> {
        let url = format!("ws://{}{path}", self.standin.addr());
        let mut request = url.into_client_request().unwrap();
        let key = format!("Bearer {}", self.standin.key());
        let all = [("authorization", key.as_str())].into_iter();
        for (name, value) in all.chain(headers.iter().copied()) {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(self.standin.addr()).await.unwrap();
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((inner, _)) => Ok(Socket { inner }),
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                let text = String::from_utf8_lossy(&body).into_owned();
                Err((response.status().as_u16(), text))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until no sandbox has a name or id, neither as itself nor on its way out.
    pub(crate) async fn until_gone(&self, name: &str) {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let (_, list) = self.call("GET /api/sandbox", Value::Null).await;
                let items = list["items"].as_array().unwrap();
                let left = items.iter().any(|item| {
                    let shown = item["name"].as_str().unwrap();
                    shown == name || item["id"] == name || shown.starts_with("DESTROYED_")
                });
                if !left {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(waited.await.is_ok(), "{name} never went");
    }

    /// Sends each request and compares status and message.
    pub(crate) async fn refuses(&self, cases: &[(&str, Value, u16, &str)]) {
        for (route, body, status, message) in cases {
            let (got, answer) = self.call(route, body.clone()).await;
            let said = answer["message"].as_str();
            assert_eq!((got, said), (*status, Some(*message)), "{route} {body}");
        }
    }

    /// Waits until a `GET` answers with this in its field `state`; the whole answer.
    pub(crate) async fn until_state(&self, path: &str, state: &str) -> Value {
        let route = format!("GET {path}");
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let (_, body) = self.call(&route, Value::Null).await;
                if body["state"] == state {
                    return body;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        waited
            .await
            .unwrap_or_else(|_| panic!("{path} never became {state}"))
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

/// A client's end of a websocket.
pub(crate) struct Socket {
    pub(crate) inner: tokio_tungstenite::WebSocketStream<TcpStream>,
}

/// What a websocket said until it ended.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) frames: Vec<Vec<u8>>,
    pub(crate) texts: Vec<Value>,
    /// Code and reason of the close frame; `None` when the connection just broke.
    pub(crate) close: Option<(u16, String)>,
}

impl Heard {
    /// All binary frames in one.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.frames.concat()
    }
}

impl Socket {
    /// Sends a binary message.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let message = Message::Binary(bytes.to_vec().into());
        self.inner.send(message).await.unwrap();
    }

    /// Listens until the websocket ends.
    pub(crate) async fn hear_out(&mut self) -> Heard {
        self.listen(|_| false).await
    }

    /// Listens until something has been heard.
    pub(crate) async fn until(&mut self, is_enough: impl Fn(&Heard) -> bool) -> Heard {
        self.listen(is_enough).await
    }

    async fn listen(&mut self, is_enough: impl Fn(&Heard) -> bool) -> Heard {
        let mut heard = Heard::default();
        let listened = tokio::time::timeout(PATIENCE, async {
            while !is_enough(&heard) {
                match self.inner.next().await {
                    Some(Ok(Message::Binary(bytes))) => heard.frames.push(bytes.to_vec()),
                    Some(Ok(Message::Text(text))) => {
                        heard.texts.push(serde_json::from_str(&text).unwrap());
                    }
                    Some(Ok(Message::Close(frame))) => {
                        heard.close = frame.map(|f| (f.code.into(), f.reason.to_string()));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => break,
                }
            }
        });
        assert!(listened.await.is_ok(), "a websocket went on for ever");
        heard
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
