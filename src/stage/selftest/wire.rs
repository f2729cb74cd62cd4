//! Ways to change a message on its way out, for both wires.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutover_standin::fault::Tamper;
use serde_json::Value;

/// Changes bytes.
pub(super) type Change = fn(Vec<u8>) -> Vec<u8>;

/// Changes the output of commands: E2B's `data` events, Daytona's `result`.
pub(super) struct Output(pub(super) Change);

/// Ends a process with its own id as exit code (E2B).
#[derive(Debug, Default)]
pub(super) struct ExitCodeIsPid(AtomicU64);

/// Changes messages whose route contains a word.
pub(super) struct Message {
    pub(super) route: &'static str,
    pub(super) change: fn(&mut Value),
}

/// Sets one value in messages whose route contains a word. `pointer` is RFC 6901; a message that
/// has no such place is left alone.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) route: &'static str,
    pub(super) pointer: &'static str,
    pub(super) value: Value,
}

impl Tamper for Set {
    fn json(&self, route: &str, message: &mut Value) {
        let Some((parent, key)) = self.pointer.rsplit_once('/') else {
            return;
        };
        if !route.contains(self.route) {
            return;
        }
        // A zero value is left out on the wire, so an object takes the key whether it has it.
        if let Some(Value::Object(object)) = message.pointer_mut(parent) {
            object.insert(key.to_owned(), self.value.clone());
        }
    }

    fn bytes(&self, _route: &str, _body: &mut Vec<u8>) {}
}

/// Changes raw file bodies.
pub(super) struct Content(pub(super) fn(&mut Vec<u8>));

/// Changes the output of every second message that carries some, the first included: a replay is
/// bought only where the first one differs.
#[derive(Default)]
pub(super) struct Flicker(AtomicU64);

impl Tamper for ExitCodeIsPid {
    fn json(&self, _route: &str, message: &mut Value) {
        if let Some(pid) = message.pointer("/event/start/pid").and_then(Value::as_u64) {
            self.0.store(pid, Ordering::SeqCst);
        }
        if let Some(Value::Object(end)) = message.pointer_mut("/event/end") {
            end.insert("exitCode".to_owned(), self.0.load(Ordering::SeqCst).into());
        }
    }

    fn bytes(&self, _route: &str, _body: &mut Vec<u8>) {}
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Output")
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({})", self.route)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content")
    }
}

impl fmt::Debug for Flicker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flicker")
    }
}

impl Tamper for Output {
    fn json(&self, _route: &str, message: &mut Value) {
        change_output(message, self.0);
    }

    fn bytes(&self, _route: &str, _body: &mut Vec<u8>) {}
}

impl Tamper for Message {
    fn json(&self, route: &str, message: &mut Value) {
        if route.contains(self.route) {
            (self.change)(message);
        }
    }

    fn bytes(&self, _route: &str, _body: &mut Vec<u8>) {}
}

impl Tamper for Content {
    fn json(&self, _route: &str, _message: &mut Value) {}

    fn bytes(&self, _route: &str, body: &mut Vec<u8>) {
        (self.0)(body);
    }
}

impl Tamper for Flicker {
    fn json(&self, _route: &str, message: &mut Value) {
        let is_output = message.pointer("/event/data").is_some() || message.get("result").is_some();
        if is_output && self.0.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            change_output(message, |mut bytes| {
                bytes.extend_from_slice(b"flicker\n");
                bytes
            });
        }
    }

    fn bytes(&self, _route: &str, _body: &mut Vec<u8>) {}
}

fn change_output(message: &mut Value, change: Change) {
    for stream in ["stdout", "stderr"] {
        let path = format!("/event/data/{stream}");
        let Some(Value::String(text)) = message.pointer_mut(&path) else {
            continue;
        };
        if let Ok(bytes) = STANDARD.decode(text.as_bytes()) {
            *text = STANDARD.encode(change(bytes));
        }
    }
    if let Some(Value::String(text)) = message.get_mut("result") {
        *text = String::from_utf8_lossy(&change(text.as_bytes().to_vec())).into_owned();
    }
}
