//! Forms: written with the boundary that the request's header names, read back from an answer.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::fill::{self, Captures};
use crate::format::Part;

/// The boundary of a form whose request names none.
pub(crate) const BOUNDARY: &str = "fidelity-boundary";

/// The boundary in a `Content-Type`.
pub(crate) fn boundary(content_type: &str) -> Option<&str> {
    let (_, rest) = content_type.split_once("boundary=")?;
    let boundary = rest.split(';').next().unwrap_or(rest).trim();
    Some(boundary.trim_matches('"'))
}

/// The bytes of a form.
pub(crate) fn encode(
    parts: &[Part],
    boundary: &str,
    captures: &Captures,
) -> Result<Vec<u8>, String> {
    let mut body = String::new();
    for part in parts {
        let fill = |text: &str| fill::text(text, captures);
        let name = fill(&part.name)?;
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"");
        let wrote = match &part.filename {
            Some(filename) => write!(head, "; filename=\"{}\"", fill(filename)?),
            None => Ok(()),
        };
        let wrote = wrote.and(match &part.media {
            Some(media) => write!(head, "\r\nContent-Type: {media}"),
            None => Ok(()),
        });
        wrote.map_err(|error| error.to_string())?;
        body = body + &head + "\r\n\r\n" + &fill(&part.text)? + "\r\n";
    }
    Ok(format!("{body}--{boundary}--\r\n").into_bytes())
}

/// The parts of a form as `[{headers: {..}, text}]`, header names in lower case.
pub(crate) fn decode(body: &[u8], boundary: &str) -> Result<Value, String> {
    let text = String::from_utf8_lossy(body);
    let framed = format!("\r\n{text}");
    let delimiter = format!("\r\n--{boundary}");
    let mut pieces = framed.split(&delimiter);
    if pieces.next() != Some("") {
        return Err("the form does not begin with its boundary".to_owned());
    }
    let mut parts = Vec::new();
    let mut ended = false;
    for piece in pieces {
        if ended {
            return Err("the form goes on after its end".to_owned());
        }
        if piece.starts_with("--") {
            ended = true;
            continue;
        }
        let piece = piece.strip_prefix("\r\n").unwrap_or(piece);
        let (head, text) = piece
            .split_once("\r\n\r\n")
            .ok_or_else(|| format!("a part without an empty line: {piece:?}"))?;
        let mut headers = Map::new();
        for line in head.split("\r\n") {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| format!("no header: {line:?}"))?;
            headers.insert(name.to_lowercase(), json!(value.trim()));
        }
        parts.push(json!({"headers": headers, "text": text}));
    }
    if ended {
        return Ok(Value::Array(parts));
    }
    Err("the form has no closing boundary".to_owned())
}
