//! What a data file says. Every struct refuses a key it does not know, so that a misspelt
//! expectation is a mistake and not a check left out.

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A data file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recording {
    /// What it is about.
    pub(crate) why: String,
    /// Where the contract says so.
    pub(crate) source: String,
    /// Capabilities that the engine must have.
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    /// In this order, on one stand-in.
    pub(crate) exchanges: Vec<Exchange>,
}

/// One request and its answer, or one thing done to the stand-in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Exchange {
    pub(crate) name: String,
    /// The row of the contract's table that it shows.
    pub(crate) row: Option<String>,
    pub(crate) send: Option<Send>,
    pub(crate) websocket: Option<Socket>,
    /// More of the answer that an earlier exchange held under this name.
    pub(crate) rest_of: Option<String>,
    pub(crate) answer: Option<Answer>,
    /// After the answer's frames, keep the connection under this name.
    pub(crate) hold: Option<String>,
    /// Name -> where in the answer.
    pub(crate) capture: IndexMap<String, String>,
    /// Repeat until the answer fits.
    pub(crate) until: Option<Until>,
    /// Moves the clock by seconds.
    pub(crate) advance: Option<u64>,
    /// The machine of this sandbox dies.
    pub(crate) kill: Option<String>,
    /// The connection held under this name is closed by the client.
    pub(crate) drop: Option<String>,
    /// Faults in force from now on, as in `--fault`; `none` ends them.
    pub(crate) faults: Option<String>,
    /// Computes a digest for a signature.
    pub(crate) digest: Option<Digest>,
}

/// A request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Send {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: IndexMap<String, Value>,
    #[serde(deserialize_with = "present")]
    pub(crate) json: Option<Value>,
    pub(crate) text: Option<String>,
    pub(crate) base64: Option<String>,
    pub(crate) frames: Option<Vec<Frame>>,
    pub(crate) multipart: Option<Vec<Part>>,
    pub(crate) repeat: Option<Repeat>,
}

/// A Connect envelope. `text` is a payload that is no JSON.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Frame {
    pub(crate) flags: u8,
    #[serde(deserialize_with = "present")]
    pub(crate) json: Option<Value>,
    pub(crate) text: Option<String>,
}

/// A part of a form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    #[serde(rename = "type")]
    pub(crate) media: Option<String>,
    pub(crate) text: String,
}

/// A long text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repeat {
    pub(crate) text: String,
    pub(crate) times: usize,
}

/// What must come; exactly one of the ways to say what the body is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Answer {
    pub(crate) status: Option<u16>,
    /// Null: must be absent.
    pub(crate) headers: IndexMap<String, Value>,
    #[serde(deserialize_with = "present")]
    pub(crate) json: Option<Value>,
    pub(crate) text: Option<String>,
    pub(crate) base64: Option<String>,
    pub(crate) empty: Option<bool>,
    pub(crate) starts_with: Option<String>,
    pub(crate) repeat: Option<Repeat>,
    /// `[{flags, json}]`, matched like JSON.
    pub(crate) frames: Option<Value>,
    /// `[{headers: {..}, text}]`, matched like JSON.
    pub(crate) multipart: Option<Value>,
}

/// A websocket conversation.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Socket {
    pub(crate) path: String,
    pub(crate) headers: IndexMap<String, Value>,
    pub(crate) send: Vec<Message>,
    pub(crate) answer: Vec<Message>,
    pub(crate) close: Option<Close>,
}

/// A websocket message: exactly one of these.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Message {
    pub(crate) text: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(crate) json: Option<Value>,
    pub(crate) base64: Option<String>,
    pub(crate) binary_text: Option<String>,
}

/// How the other side ends a websocket.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Close {
    pub(crate) code: u16,
    #[serde(default)]
    pub(crate) reason: String,
}

/// How long to repeat.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Until {
    pub(crate) seconds: u64,
}

/// `base64(sha256(of))` without padding, percent-encoded for a query, under the name `as`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Digest {
    pub(crate) of: String,
    #[serde(rename = "as")]
    pub(crate) name: String,
}

/// `rows.yaml`: the contract's endpoint tables.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// Where the rows stand.
    pub(crate) source: String,
    pub(crate) rows: Vec<Row>,
}

/// One endpoint.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Row {
    /// `METHOD path`, path parameters as `{id}`.
    #[serde(rename = "row")]
    pub(crate) name: String,
    /// Why the stand-in answers 501.
    pub(crate) unsupported: Option<String>,
    /// The documented statuses; each must be shown.
    pub(crate) answers: Vec<u16>,
    /// Documented statuses that nothing local can provoke, and why.
    pub(crate) unreachable: IndexMap<u16, String>,
}

impl Exchange {
    /// What it is, if it is well formed.
    pub(crate) fn check(&self) -> Result<(), String> {
        let kinds = [
            ("send", self.send.is_some()),
            ("websocket", self.websocket.is_some()),
            ("rest_of", self.rest_of.is_some()),
            ("advance", self.advance.is_some()),
            ("kill", self.kill.is_some()),
            ("drop", self.drop.is_some()),
            ("faults", self.faults.is_some()),
            ("digest", self.digest.is_some()),
        ];
        let said: Vec<&str> = kinds.iter().filter(|it| it.1).map(|it| it.0).collect();
        if said.len() != 1 {
            return Err(format!("must be exactly one of {kinds:?}, is {said:?}"));
        }
        if self.name.is_empty() {
            return Err("has no name".to_owned());
        }
        if self.until.is_some() && said[0] != "send" && said[0] != "websocket" {
            return Err("only what is sent can be repeated `until`".to_owned());
        }
        let asks = ["send", "rest_of"].contains(&said[0]);
        match &self.answer {
            Some(answer) if asks => answer.check(self.send.is_some()),
            None if !asks => Ok(()),
            _ => Err(format!("`{}` and `answer` do not go together so", said[0])),
        }
    }
}

impl Answer {
    fn check(&self, with_status: bool) -> Result<(), String> {
        if self.status.is_some() != with_status {
            return Err("`answer.status` goes with `send`, and only with it".to_owned());
        }
        let bodies = [
            self.json.is_some(),
            self.text.is_some(),
            self.base64.is_some(),
            self.empty == Some(true),
            self.starts_with.is_some(),
            self.repeat.is_some(),
            self.frames.is_some(),
            self.multipart.is_some(),
        ];
        match bodies.iter().filter(|it| **it).count() {
            1 => Ok(()),
            n => Err(format!("`answer` must say the body once, not {n} times")),
        }
    }
}

/// A key that is there is `Some`, even with null.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}
