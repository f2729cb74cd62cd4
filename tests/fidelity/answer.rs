//! Compares an answer with what was wanted, and reads captures out of it.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::fill::{self, Captures};
use crate::format::Answer;
use crate::wire::Open;
use crate::{matching, multipart};

/// The body of an answer: its bytes (envelopes: as a JSON list), and what JSON it is, if any.
pub(crate) struct Came {
    pub(crate) bytes: Vec<u8>,
    pub(crate) json: Result<Value, String>,
}

impl Came {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Reads the body in the way that is wanted.
pub(crate) async fn read(open: &mut Open, wanted: &Answer, hold: bool) -> Result<Came, String> {
    if let (200, Some(frames)) = (open.status, &wanted.frames) {
        let json = open.frames(count(frames).filter(|_| hold)).await?;
        let bytes = json.to_string().into_bytes();
        return Ok(Came {
            bytes,
            json: Ok(json),
        });
    }
    let bytes = open.rest().await?;
    let json = match &wanted.multipart {
        Some(_) => {
            let kind = header(&open.headers, "content-type").unwrap_or_default();
            let boundary = multipart::boundary(&kind).ok_or(format!("no boundary in {kind:?}"));
            boundary.and_then(|boundary| multipart::decode(&bytes, boundary))
        }
        None => serde_json::from_slice(&bytes).map_err(|error| format!("no JSON: {error}")),
    };
    Ok(Came { bytes, json })
}

/// How many envelopes are wanted.
fn count(frames: &Value) -> Option<usize> {
    let list = frames.get("<unordered>").unwrap_or(frames);
    list.as_array().map(Vec::len)
}

/// Why an answer is not the wanted one.
pub(crate) fn check(
    open: &Open,
    came: &Came,
    wanted: &Answer,
    captures: &Captures,
) -> Result<(), String> {
    if let Some(status) = wanted.status
        && status != open.status
    {
        return Err(format!("wanted status {status}, came {}", open.status));
    }
    headers(&open.headers, &wanted.headers, captures)?;
    body(came, wanted, captures)
}

fn body(came: &Came, wanted: &Answer, captures: &Captures) -> Result<(), String> {
    let filled = |text: &String| fill::text(text, captures);
    let trees = [&wanted.json, &wanted.multipart, &wanted.frames];
    for tree in trees.into_iter().flatten() {
        let came = came.json.as_ref().map_err(Clone::clone)?;
        matching::json("$", &fill::json(tree, captures)?, came)?;
    }
    if let Some(text) = &wanted.text {
        matching::text(&filled(text)?, &came.text())?;
    }
    if let Some(base64) = &wanted.base64 {
        let wanted = STANDARD.decode(filled(base64)?);
        if wanted.map_err(|error| error.to_string())? != came.bytes {
            let came = STANDARD.encode(&came.bytes);
            return Err(format!("wanted base64 {base64}, came {came}"));
        }
    }
    if let Some(start) = &wanted.starts_with
        && !came.text().starts_with(&filled(start)?)
    {
        return Err(format!("wanted a body that starts with {start:?}"));
    }
    if let Some(repeat) = &wanted.repeat
        && came.text() != filled(&repeat.text)?.repeat(repeat.times)
    {
        return Err(format!("wanted {:?} {} times", repeat.text, repeat.times));
    }
    if wanted.empty == Some(true) && !came.bytes.is_empty() {
        return Err("wanted no body".to_owned());
    }
    Ok(())
}

/// Each wanted header, in every value it has; null is absence.
pub(crate) fn headers(
    came: &HeaderMap,
    wanted: &IndexMap<String, Value>,
    captures: &Captures,
) -> Result<(), String> {
    for (name, wanted) in wanted {
        match (wanted, header(came, name)) {
            (Value::Null, None) => {}
            (Value::Null, Some(value)) => {
                return Err(format!("wanted no header {name}, came {value:?}"));
            }
            (wanted, None) if matching::may_be_absent(wanted) => {}
            (wanted, None) => return Err(format!("no header {name}, wanted {wanted}")),
            (wanted, Some(value)) => {
                let wanted = fill::text(&fill::plain(wanted), captures)?;
                matching::text(&wanted, &value).map_err(|why| format!("header {name}: {why}"))?;
            }
        }
    }
    Ok(())
}

/// The values of a header, joined as a proxy would.
fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values
        .map(|it| String::from_utf8_lossy(it.as_bytes()))
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Reads what an exchange keeps: a JSON path, `header:NAME`, or `text` for the trimmed body.
pub(crate) fn capture(open: &Open, came: &Came, from: &str) -> Result<Value, String> {
    if let Some(name) = from.strip_prefix("header:") {
        let value = header(&open.headers, name.trim());
        return value
            .map(Value::String)
            .ok_or_else(|| format!("no header {name} to capture"));
    }
    if from == "text" {
        return Ok(Value::String(came.text().trim().to_owned()));
    }
    let path = JsonPath::parse(from).map_err(|error| format!("{from}: {error}"))?;
    let found = path.query(came.json.as_ref().map_err(Clone::clone)?);
    let found = found.exactly_one().cloned();
    found.map_err(|error| format!("{from}: {error}"))
}
