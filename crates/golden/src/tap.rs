//! A proxy before a provider: it notes what passes, and answers itself where it is told to.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutover_js::{Object, Value, json};
use regex::Regex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::data::{items, member, number, status_of, text};
use crate::fill::pattern;
use crate::server::written;
use crate::wire::{Heard, hear, hear_body, hear_head};

/// Ids of sandboxes, in the order in which providers made them, as `(provider, id)`.
pub type CreatedIds = Arc<Mutex<Vec<(String, String)>>>;

/// The proxy, until it is dropped.
#[derive(Debug)]
pub struct Tap {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<State>,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct State {
    provider: String,
    target: SocketAddr,
    address: SocketAddr,
    created: CreatedIds,
    rules: Mutex<Vec<Rule>>,
    heard: Mutex<Vec<Arc<Mutex<Object>>>>,
    more: tokio::sync::Notify,
}

/// What is done with a request whose method and path fit, so many times.
#[derive(Debug, Clone)]
struct Rule {
    method: Option<String>,
    path: Regex,
    times: Option<u32>,
    does: Value,
}

impl Tap {
    /// Starts one before a server. `provider` names it in what it notes.
    pub async fn start(provider: &str, target: SocketAddr, created: CreatedIds) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("there is a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let state = Arc::new(State {
            provider: provider.to_owned(),
            target,
            address,
            created,
            rules: Mutex::default(),
            heard: Mutex::default(),
            more: tokio::sync::Notify::new(),
        });
        let shared = Arc::clone(&state);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                connections.spawn(async move {
                    // Whoever hangs up early wants to hear no more.
                    let _ = state.pass(stream).await;
                });
            }
        });
        Self {
            address,
            state,
            _tasks: tasks,
        }
    }

    /// Sets what it answers itself from here on.
    pub fn set_rules(&self, rules: &Value) {
        let rules = items(rules).iter().map(|rule| Rule {
            method: rule.get("method").map(text),
            path: pattern(&text(&member(rule, "path"))),
            times: number(rule.get("times")),
            does: rule.clone(),
        });
        *self
            .state
            .rules
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = rules.collect();
    }

    /// Waits until a request has come whose call has this in it.
    pub async fn heard(&self, part: &str) {
        let came = || {
            let heard = self.state.heard.lock();
            let heard = heard.unwrap_or_else(PoisonError::into_inner);
            heard.iter().any(|it| {
                let it = it.lock().unwrap_or_else(PoisonError::into_inner);
                it.get("call").is_some_and(|call| text(call).contains(part))
            })
        };
        loop {
            let more = self.state.more.notified();
            if came() {
                return;
            }
            more.await;
        }
    }

    /// What passed since this was last asked.
    pub fn take_heard(&self) -> Vec<Value> {
        let mut heard = self
            .state
            .heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let told = std::mem::take(&mut *heard);
        let told = told
            .iter()
            .map(|it| it.lock().unwrap_or_else(PoisonError::into_inner).clone());
        told.map(Value::Object).collect()
    }
}

impl State {
    async fn pass(&self, mut client: TcpStream) -> io::Result<()> {
        let request = hear(&mut client, &mut Vec::new()).await?;
        let noted = self.note(&request);
        let status = |status: Value| {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            noted.insert("status", status);
        };
        let rule = self.rule(&request).unwrap_or(Value::Null);
        let drop = text(&member(&rule, "drop"));
        match drop.as_str() {
            "before" => {
                status("dropped".into());
                return Ok(());
            }
            "mid" => {
                status("cut".into());
                let (code, headers, body) = scripted(&rule);
                client
                    .write_all(&written(code, &headers, 1000, &body))
                    .await?;
                return client.shutdown().await;
            }
            _ => {}
        }
        if let Some(respond) = rule.get("respond") {
            let (code, headers, body) = scripted(respond);
            status(f64::from(code).into());
            return client
                .write_all(&written(code, &headers, body.len(), &body))
                .await;
        }
        let forwarded = self.forward(&mut client, &request, &rule, &status);
        if drop != "cut" {
            return forwarded.await;
        }
        let after = number(rule.get("after_ms")).unwrap_or(500);
        // A sleep is what is asked for here: the provider goes on, its answer does not.
        tokio::time::timeout(Duration::from_millis(after.into()), forwarded)
            .await
            .unwrap_or(Ok(()))
    }

    fn rule(&self, request: &Heard) -> Option<Value> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |rule: &&mut Rule| {
            rule.times != Some(0)
                && rule
                    .method
                    .as_deref()
                    .is_none_or(|it| it == request.word(0))
                && rule.path.is_match(request.word(1))
        };
        let rule = rules.iter_mut().find(fits)?;
        rule.times = rule.times.map(|times| times - 1);
        Some(rule.does.clone())
    }

    fn note(&self, request: &Heard) -> Arc<Mutex<Object>> {
        let mut noted = Object::new();
        noted.insert("call", format!("{} {}", request.word(0), request.word(1)));
        let host = request.header("host").unwrap_or_default();
        if self.provider == "e2b"
            && host.starts_with(|it: char| it.is_ascii_digit())
            && host.contains('-')
        {
            noted.insert("host", host.split(':').next().unwrap_or_default());
        }
        let is_connect = request
            .header("content-type")
            .is_some_and(|it| it.contains("connect"));
        if request.word(0) == "POST"
            && !is_connect
            && let Ok(body @ Value::Object(_)) = json::parse(&request.body)
        {
            noted.insert("body", body);
        }
        let noted = Arc::new(Mutex::new(noted));
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::clone(&noted));
        self.more.notify_waiters();
        noted
    }

    async fn forward(
        &self,
        client: &mut TcpStream,
        request: &Heard,
        rule: &Value,
        status: &(impl Fn(Value) + Sync),
    ) -> io::Result<()> {
        let mut server = TcpStream::connect(self.target).await?;
        let mut head = format!("{}\r\nconnection: close\r\n", request.line);
        for (name, value) in &request.headers {
            if !["connection", "content-length", "transfer-encoding"].contains(&name.as_str()) {
                head.extend([name, ": ", value, "\r\n"]);
            }
        }
        let length = request.body.len();
        server
            .write_all(format!("{head}content-length: {length}\r\n\r\n").as_bytes())
            .await?;
        server.write_all(&request.body).await?;
        let mut held = Vec::new();
        let (mut answer, raw) = hear_head(&mut server, &mut held).await?;
        let code: u16 = answer.word(1).parse().map_err(io::Error::other)?;
        status(f64::from(code).into());
        let kind = answer.header("content-type").unwrap_or_default();
        let is_json = kind.contains("application/json") && !kind.contains("connect");
        if !is_json || answer.header("content-encoding").is_some() {
            client.write_all(&raw).await?;
            client.write_all(&held).await?;
            let (mut from_client, mut to_client) = client.split();
            let mut nothing = [0; 1];
            return tokio::select! {
                copied = tokio::io::copy(&mut server, &mut to_client) => copied.map(|_| ()),
                // The client said all it had to say, so this is its end.
                _ = from_client.read(&mut nothing) => Ok(()),
            };
        }
        hear_body(&mut server, &mut held, &mut answer).await?;
        let body = self.edited(request, &answer.body, rule);
        answer.headers.retain(|(name, _)| {
            !["connection", "content-length", "transfer-encoding"].contains(&name.as_str())
        });
        client
            .write_all(&written(code, &answer.headers, body.len(), &body))
            .await
    }

    /// A JSON answer as it is handed on: with this proxy's address for the server's, and what a
    /// rule patches. Notes the sandbox that it tells of.
    fn edited(&self, request: &Heard, body: &[u8], rule: &Value) -> Vec<u8> {
        if let Ok(told) = json::parse(body)
            && request.word(0) == "POST"
        {
            let id = told.get("sandboxID").or_else(|| {
                told.get("toolboxProxyUrl")?;
                told.get("id")
            });
            let made = id.map(|id| (self.provider.clone(), text(id)));
            let mut created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(made) = made.filter(|made| !created.contains(made)) {
                created.push(made);
            }
        }
        let (target, own) = (
            format!("http://{}/", self.target),
            format!("http://{}/", self.address),
        );
        let body = String::from_utf8_lossy(body).replace(&target, &own);
        let Some(Value::Object(patch)) = rule.get("patch") else {
            return body.into_bytes();
        };
        let parsed = json::parse(body.as_bytes()).expect("what is patched is JSON");
        let mut patched = parsed.as_object().cloned().unwrap_or_default();
        for (name, value) in patch.iter() {
            patched.insert(name.clone(), value.clone());
        }
        json::stringify(&patched.into()).into_bytes()
    }
}

/// Status, headers and body of an answer in a script.
fn scripted(answer: &Value) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let status = status_of(answer);
    let headers = member(answer, "headers");
    let headers = headers.as_object().into_iter().flat_map(Object::iter);
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_js_string().to_string()));
    let body = text(&member(answer, "body"));
    let body = match answer.get("encoding") {
        Some(_) => STANDARD.decode(body).expect("a scripted body is base64"),
        None => body.into_bytes(),
    };
    (status, headers.collect(), body)
}
