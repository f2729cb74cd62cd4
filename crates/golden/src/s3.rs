//! A bucket: it takes what is put, remembers it, and gives it back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cutover_js::{Object, Value};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

use crate::normal::hex;
use crate::server::{Answer, Server};
use crate::wire::Heard;

/// The server, and what reached it.
#[derive(Debug)]
pub struct S3 {
    /// The server.
    pub server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    refusal: Option<u16>,
    objects: HashMap<String, Vec<u8>>,
    heard: Vec<Value>,
}

impl S3 {
    /// Starts an empty one.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(move |heard| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            state.answer(&heard)
        });
        Self {
            server: server.await,
            state,
        }
    }

    /// Refuses everything with a status from here on, or nothing any more.
    pub fn refuse(&self, status: Option<u16>) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .refusal = status;
    }

    /// What was put since this was last asked.
    pub fn take_heard(&self) -> Vec<Value> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.heard)
    }
}

impl State {
    fn answer(&mut self, heard: &Heard) -> Answer {
        let whole = |status, body: Vec<u8>| Answer::Whole {
            status,
            headers: Vec::new(),
            body,
        };
        if let Some(status) = self.refusal {
            return whole(status, b"<Error><Code>AccessDenied</Code></Error>".to_vec());
        }
        let path = heard.word(1).split('?').next().unwrap_or_default();
        let key = percent_decode_str(path).decode_utf8_lossy().into_owned();
        if heard.word(0) != "PUT" {
            let object = self.objects.get(&key).cloned();
            return object.map_or_else(|| whole(404, Vec::new()), |object| whole(200, object));
        }
        let mut told = Object::new();
        told.insert("method", "PUT");
        told.insert("key", path);
        if let Some(kind) = heard.header("content-type") {
            told.insert("content_type", kind);
        }
        told.insert(
            "bytes",
            f64::from(u32::try_from(heard.body.len()).unwrap_or(u32::MAX)),
        );
        told.insert("sha256", hex(&Sha256::digest(&heard.body)));
        self.heard.push(told.into());
        self.objects.insert(key, heard.body.clone());
        whole(200, Vec::new())
    }
}
