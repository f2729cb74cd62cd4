//! A platform that says what it is told to say, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use cutover_js::{Object, Text, Value, base64};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

#[derive(Debug, Default)]
struct State {
    /// Answers to come; the last one stays.
    script: Vec<Value>,
    log: Vec<Value>,
}

pub(crate) struct Upstream {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
    /// How many requests have come.
    came: watch::Sender<usize>,
    /// Ends with this value.
    _server: JoinSet<()>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let came = watch::Sender::new(0);
        let (shared, counter) = (Arc::clone(&state), came.clone());
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(connection(stream, Arc::clone(&shared), counter.clone()));
            }
        });
        Self {
            port,
            state,
            came,
            _server: server,
        }
    }

    pub(crate) fn script(&self, answers: Vec<Value>) {
        self.state.lock().unwrap().script = answers;
    }

    /// Waits until so many requests have come.
    pub(crate) async fn asked(&self, count: usize) {
        let mut came = self.came.subscribe();
        let enough = came.wait_for(|came| *came >= count).await;
        enough.expect("the platform is there");
    }

    /// What was asked since the last time.
    pub(crate) fn take_log(&self) -> Vec<Value> {
        std::mem::take(&mut self.state.lock().unwrap().log)
    }
}

/// One request a connection: each answer ends it.
async fn connection(mut stream: TcpStream, state: Arc<Mutex<State>>, came: watch::Sender<usize>) {
    let Some(request) = request(&mut stream).await else {
        return;
    };
    let answer = {
        let mut state = state.lock().unwrap();
        state.log.push(request);
        came.send_modify(|came| *came += 1);
        if state.script.len() > 1 {
            state.script.remove(0)
        } else {
            state
                .script
                .first()
                .cloned()
                .expect("an answer is scripted")
        }
    };
    // The client may have gone: it says so itself.
    match text(&answer, "drop").as_deref() {
        None => stream.write_all(&whole(&answer)).await.ok(),
        // Closed without a word.
        Some("before") => None,
        Some("mid") => {
            let headers = "content-type: application/json\r\ncontent-length: 1000\r\n";
            let body = text(&answer, "body").unwrap_or_else(|| "{\"mess".to_owned());
            let cut = head(&answer, headers) + &body;
            stream.write_all(cut.as_bytes()).await.ok()
        }
        Some("never") => std::future::pending().await,
        Some("stall") => {
            let head = head(&answer, "content-length: 1000\r\n");
            stream.write_all(head.as_bytes()).await.ok();
            std::future::pending().await
        }
        Some(other) => panic!("unknown way to drop: {other}"),
    };
}

fn text(answer: &Value, key: &str) -> Option<String> {
    answer
        .get(key)
        .and_then(Value::as_text)
        .map(Text::to_string)
}

/// The bytes of an answer that is not cut.
fn whole(answer: &Value) -> Vec<u8> {
    let body = answer
        .get("body")
        .and_then(Value::as_text)
        .cloned()
        .unwrap_or_default();
    let body = match text(answer, "encoding").as_deref() {
        Some("base64") => base64::decode(&body),
        _ => body.to_string_lossy().into_owned().into_bytes(),
    };
    let given = answer
        .get("headers")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let line = |(name, value): (&Text, &Value)| format!("{name}: {}\r\n", value.to_js_string());
    let mut headers: Vec<String> = given.iter().map(line).collect();
    if !given.contains_key("content-type") {
        headers.push("content-type: application/json\r\n".to_owned());
    }
    let bodyless = [204.0, 304.0].map(Value::Number);
    if !answer
        .get("status")
        .is_some_and(|status| bodyless.contains(status))
    {
        headers.push(format!("content-length: {}\r\n", body.len()));
    }
    let mut bytes = head(answer, &headers.concat()).into_bytes();
    bytes.extend(body);
    bytes
}

fn head(answer: &Value, headers: &str) -> String {
    let status = answer
        .get("status")
        .map_or_else(|| Text::from("200"), Value::to_js_string);
    format!("HTTP/1.1 {status} Said\r\n{headers}connection: close\r\n\r\n")
}

/// The request as the recording tells it.
async fn request(stream: &mut TcpStream) -> Option<Value> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break bytes.drain(..end + 4).collect::<Vec<_>>();
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    // Header values are Latin-1.
    let head: String = head.iter().map(|byte| char::from(*byte)).collect();
    let header = |wanted: &str| {
        head.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted)
                .then(|| value.trim_matches([' ', '\t']))
        })
    };
    let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let mut line = head.split(' ');
    let mut request = Object::new();
    request.insert("method", Text::from(line.next()?));
    request.insert("path", Text::from(line.next()?));
    for (key, name) in [
        ("authorization", "authorization"),
        ("content_type", "content-type"),
    ] {
        if let Some(value) = header(name) {
            request.insert(key, Text::from(value));
        }
    }
    request.insert(
        "body",
        Text::from(String::from_utf8_lossy(&bytes).into_owned()),
    );
    Some(request.into())
}
