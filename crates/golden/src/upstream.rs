//! A server with scripted answers: it plays the HTTP executor for an endpoint.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutover_js::{Array, Object, Value};

use crate::data::{items, member, status_of, text};
use crate::server::{Answer, Server};
use crate::wire::Heard;

/// The server, and what reached it.
#[derive(Debug)]
pub struct Upstream {
    /// The server.
    pub server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Value>,
    heard: Vec<Value>,
}

impl Upstream {
    /// Starts one without a script, which answers 599.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(move |heard| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            state.heard.push(told(&heard));
            let next = if state.script.len() > 1 {
                state.script.pop_front()
            } else {
                state.script.front().cloned()
            };
            next.map_or_else(unscripted, |step| scripted(&step))
        });
        Self {
            server: server.await,
            state,
        }
    }

    /// Sets the answers from here on; the last one repeats.
    pub fn script(&self, answers: &Value) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.script = items(answers).iter().cloned().collect();
    }

    /// What reached it since this was last asked.
    pub fn take_heard(&self) -> Vec<Value> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.heard)
    }
}

fn told(heard: &Heard) -> Value {
    let mut told = Object::new();
    told.insert("method", heard.word(0));
    told.insert("path", heard.word(1));
    for (name, header) in [
        ("authorization", "authorization"),
        ("secret", "x-executor-secret"),
        ("content_type", "content-type"),
    ] {
        if let Some(value) = heard.header(header) {
            told.insert(name, value);
        }
    }
    told.insert("body", String::from_utf8_lossy(&heard.body).into_owned());
    told.into()
}

fn unscripted() -> Answer {
    Answer::Whole {
        status: 599,
        headers: vec![json_type()],
        body: b"no answer scripted".to_vec(),
    }
}

fn json_type() -> (String, String) {
    ("content-type".to_owned(), "application/json".to_owned())
}

/// A scripted answer. A `delay_ms` is not kept: nothing recorded here depends on one.
fn scripted(step: &Value) -> Answer {
    let mut headers = vec![json_type()];
    for (name, value) in member(step, "headers")
        .as_object()
        .into_iter()
        .flat_map(Object::iter)
    {
        headers.retain(|(known, _)| *name != known.as_str());
        headers.push((name.to_string(), text(value)));
    }
    let body = text(&member(step, "body"));
    let body = if text(&member(step, "encoding")) == "base64" {
        STANDARD.decode(body).expect("a scripted body is base64")
    } else {
        body.into_bytes()
    };
    let status = status_of(step);
    match text(&member(step, "drop")).as_str() {
        "before" => Answer::Dropped,
        "mid" => Answer::Cut {
            status,
            headers,
            body: if body.is_empty() {
                b"{\"mess".to_vec()
            } else {
                body
            },
        },
        _ => Answer::Whole {
            status,
            headers,
            body,
        },
    }
}

/// A list.
pub(crate) fn list(values: Vec<Value>) -> Value {
    Value::Array(Array::from(values))
}
