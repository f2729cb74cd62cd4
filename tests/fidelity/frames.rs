//! Connect envelopes: a byte of flags, four of length, and the message.

use serde_json::{Value, json};

use crate::fill::{self, Captures};
use crate::format::Frame;

/// The bytes of envelopes.
pub(crate) fn encode(frames: &[Frame], captures: &Captures) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for frame in frames {
        let payload = match (&frame.json, &frame.text) {
            (Some(json), None) => fill::json(json, captures)?.to_string(),
            (None, Some(text)) => fill::text(text, captures)?,
            _ => return Err("a frame has either `json` or `text`".to_owned()),
        };
        let length = u32::try_from(payload.len()).map_err(|error| error.to_string())?;
        bytes.push(frame.flags);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(payload.as_bytes());
    }
    Ok(bytes)
}

/// Takes the first whole envelope off a buffer, as `{flags, json}`.
pub(crate) fn take(buffer: &mut Vec<u8>) -> Result<Option<Value>, String> {
    let Some(head) = buffer.first_chunk::<5>() else {
        return Ok(None);
    };
    let flags = head[0];
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    let end = 5 + usize::try_from(length).map_err(|error| error.to_string())?;
    if buffer.len() < end {
        return Ok(None);
    }
    let frame: Vec<u8> = buffer.drain(..end).collect();
    let message: Value = serde_json::from_slice(&frame[5..])
        .map_err(|error| format!("an envelope is no JSON ({error}): {}", escaped(&frame)))?;
    Ok(Some(json!({"flags": flags, "json": message})))
}

/// Bytes as a person can read them, whole.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
