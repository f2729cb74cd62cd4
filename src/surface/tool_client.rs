//! An MCP client over two streams: JSON-RPC in lines.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cutover_js::{Object, Text, Value, json, numbers};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::codec::{FramedRead, FramedWrite, LinesCodec};

/// A line that is longer breaks the connection: an answer is held in memory whole.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long a server that takes no more requests may go on speaking.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(2);

/// The protocol that is spoken; a server that speaks another says so in its answer.
const PROTOCOL: &str = "2025-06-18";

type Lines = FramedWrite<Pin<Box<dyn AsyncWrite + Send>>, LinesCodec>;

/// A client of one server, which has been introduced to it. Dropped, it closes both streams.
pub struct ToolClient {
    write: tokio::sync::Mutex<Lines>,
    waiting: Arc<Waiting>,
    last: AtomicU32,
    /// Ends with the client.
    _reading: JoinSet<()>,
    introduced: Value,
}

impl fmt::Debug for ToolClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolClient").finish_non_exhaustive()
    }
}

/// What a server answers to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum RpcAnswer {
    /// `result`
    Result(Value),
    /// `error`
    Error(Value),
}

/// Who waits for an answer, by the id of the request; and why nobody can any more.
#[derive(Debug, Default)]
struct Waiting(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    waiting: HashMap<u32, oneshot::Sender<RpcAnswer>>,
    over: Option<String>,
}

impl Waiting {
    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the answer to a request that is about to be sent.
    fn add(&self, id: u32) -> Result<oneshot::Receiver<RpcAnswer>, String> {
        let (sender, receiver) = oneshot::channel();
        let mut open = self.open();
        if let Some(why) = &open.over {
            return Err(why.clone());
        }
        open.waiting.insert(id, sender);
        Ok(receiver)
    }

    fn answered(&self, id: u32, answer: RpcAnswer) {
        let waits = self.open().waiting.remove(&id);
        if let Some(waits) = waits {
            // Who gave up waiting hears nothing.
            let _ = waits.send(answer);
        }
    }

    fn forget(&self, id: u32) {
        self.open().waiting.remove(&id);
    }

    /// Nothing more will come: all who wait hear that.
    fn over(&self, why: String) {
        let mut open = self.open();
        open.over.get_or_insert(why);
        open.waiting.clear();
    }

    fn why(&self) -> String {
        let why = self.open().over.clone();
        why.unwrap_or_else(|| "the MCP server gave no answer".to_owned())
    }
}

impl ToolClient {
    /// Introduces itself to a server.
    ///
    /// # Errors
    /// When the server does not answer, or refuses.
    pub async fn connect(
        read: impl AsyncRead + Send + 'static,
        write: impl AsyncWrite + Send + 'static,
    ) -> Result<Self, String> {
        let waiting = Arc::new(Waiting::default());
        let lines = FramedRead::new(
            Box::pin(read),
            LinesCodec::new_with_max_length(LINE_BYTES_MAX),
        );
        let mut reading = JoinSet::new();
        reading.spawn(read_answers(lines, Arc::clone(&waiting)));
        let mut client = Self {
            write: tokio::sync::Mutex::new(FramedWrite::new(Box::pin(write), LinesCodec::new())),
            _reading: reading,
            waiting,
            last: AtomicU32::new(0),
            introduced: Value::Null,
        };
        let hello = format!(
            r#"{{"protocolVersion":"{PROTOCOL}","capabilities":{{}},"clientInfo":{{"name":"cutover","version":"{}"}}}}"#,
            env!("CARGO_PKG_VERSION")
        );
        match client.request("initialize", Some(&hello)).await? {
            RpcAnswer::Result(answer) => client.introduced = answer,
            RpcAnswer::Error(error) => {
                let error = json::stringify(&error);
                return Err(format!("the MCP server refused to initialise: {error}"));
            }
        }
        client
            .send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned())
            .await?;
        Ok(client)
    }

    /// What the server said of itself.
    pub const fn introduced(&self) -> &Value {
        &self.introduced
    }

    /// Asks. `params` are JSON, sent as they are.
    ///
    /// # Errors
    /// When the server has gone, or what it sends is no JSON-RPC.
    pub async fn request(&self, method: &str, params: Option<&str>) -> Result<RpcAnswer, String> {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let answer = self.waiting.add(id)?;
        let method = json::stringify_text(&Text::from(method));
        let params = params.map(|it| format!(r#","params":{it}"#));
        let params = params.unwrap_or_default();
        let line = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":{method}{params}}}"#);
        if let Err(unsent) = self.send(line).await {
            // What it has said last tells more than that it listens no longer.
            let Ok(answer) = tokio::time::timeout(LAST_WORDS_TIMEOUT, answer).await else {
                self.waiting.forget(id);
                return Err(unsent);
            };
            return answer.map_err(|_| self.waiting.why());
        }
        answer.await.map_err(|_| self.waiting.why())
    }

    async fn send(&self, line: String) -> Result<(), String> {
        let sent = self.write.lock().await.send(line).await;
        sent.map_err(|error| format!("the MCP server takes no more requests: {error}"))
    }
}

async fn read_answers<R: AsyncRead + Unpin>(
    mut lines: FramedRead<R, LinesCodec>,
    waiting: Arc<Waiting>,
) {
    let why = loop {
        let line = match lines.next().await {
            Some(Ok(line)) => line,
            Some(Err(error)) => break format!("the MCP server sent what is no line: {error}"),
            None => break "the MCP server has closed its output".to_owned(),
        };
        let Ok(message) = json::parse(line.as_bytes()) else {
            break "the MCP server sent a line that is no JSON".to_owned();
        };
        if let Some((id, answer)) = as_answer(&message) {
            waiting.answered(id, answer);
        }
    };
    waiting.over(why);
}

/// The answer in a message; none in requests and notifications of the server, which this client
/// has offered nothing for.
fn as_answer(message: &Value) -> Option<(u32, RpcAnswer)> {
    let message = message.as_object()?;
    if message.contains_key("method") {
        return None;
    }
    let Some(Value::Number(id)) = message.get("id") else {
        return None;
    };
    let id = numbers::to_js_string(*id).parse().ok()?;
    let answer = match (message.get("result"), message.get("error")) {
        (Some(result), _) => RpcAnswer::Result(result.clone()),
        (None, Some(error)) => RpcAnswer::Error(error.clone()),
        (None, None) => RpcAnswer::Result(Object::new().into()),
    };
    Some((id, answer))
}
