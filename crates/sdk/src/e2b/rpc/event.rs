//! `process.StartResponse`: what a process tells.

use cutover_js::{Text, Value, json, utf8};

use super::proto_json::{
    Field, Unreadable, bad_field, chosen, fields, integer, members, unexpected,
};
use super::{Code, RpcError};
use crate::e2b::bytes64;

/// What is told.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::e2b) enum Event {
    /// The process is there.
    Start,
    /// It wrote something.
    Data(Stream, Vec<u8>),
    /// It ended.
    End(End),
    /// Nothing that is of use: a sign of life, or an event of a newer daemon.
    Other,
}

/// Where a process wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::e2b) enum Stream {
    Stdout,
    Stderr,
    Terminal,
}

/// How a process ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::e2b) struct End {
    pub(in crate::e2b) exit_code: i32,
    /// The daemon's words, empty if it has none.
    pub(in crate::e2b) error: Text,
}

macro_rules! same {
    ($($name:literal),*) => { &[$(Field { name: $name, json_name: $name }),*] };
}

const EVENT: &[Field] = same!["event"];
const EVENTS: &[Field] = same!["start", "data", "end", "keepalive"];
const OUTPUTS: &[Field] = same!["stdout", "stderr", "pty"];
const START: &[Field] = same!["pid"];
const END: &[Field] = &[
    Field {
        name: "exit_code",
        json_name: "exitCode",
    },
    Field {
        name: "exited",
        json_name: "exited",
    },
    Field {
        name: "status",
        json_name: "status",
    },
    Field {
        name: "error",
        json_name: "error",
    },
];

/// Reads a message of the stream.
pub(in crate::e2b) fn decoded(content: &[u8]) -> Result<Event, RpcError> {
    let refused = |words: Text| RpcError::new(Code::InvalidArgument, words);
    let told = json::parse_text(&utf8::decode(content)).map_err(|error| {
        let mut words = Text::from("cannot decode message process.StartResponse from JSON: ");
        words.push_text(error.message());
        refused(words)
    })?;
    response(&told).map_err(refused)
}

fn response(json: &Value) -> Result<Event, Unreadable> {
    let name = "process.StartResponse";
    let set = fields(name, members(name, json)?, EVENT)?;
    match set.first() {
        None | Some((_, Value::Null)) => Ok(Event::Other),
        Some((_, json)) => event(json),
    }
}

fn event(json: &Value) -> Result<Event, Unreadable> {
    let name = "process.ProcessEvent";
    let set = fields(name, members(name, json)?, EVENTS)?;
    let Some((field, json)) = chosen("process.ProcessEvent.event", set)? else {
        return Ok(Event::Other);
    };
    if matches!(json, Value::Null) {
        return Ok(Event::Other);
    }
    match field.name {
        "start" => start(json),
        "data" => data(json),
        "end" => end(json),
        _ => members("process.ProcessEvent.KeepAlive", json).map(|_| Event::Other),
    }
}

fn start(json: &Value) -> Result<Event, Unreadable> {
    let name = "process.ProcessEvent.StartEvent";
    for (field, value) in fields(name, members(name, json)?, START)? {
        if !matches!(value, Value::Null) {
            let range = (0.0, f64::from(u32::MAX));
            integer((name, field.name), "uint32", range, value)?;
        }
    }
    Ok(Event::Start)
}

fn data(json: &Value) -> Result<Event, Unreadable> {
    let name = "process.ProcessEvent.DataEvent";
    let mut set = fields(name, members(name, json)?, OUTPUTS)?;
    set.retain(|(_, value)| !matches!(value, Value::Null));
    let Some((field, value)) = chosen("process.ProcessEvent.DataEvent.output", set)? else {
        return Ok(Event::Other);
    };
    let Value::String(text) = value else {
        return Err(unexpected(name, field.name, "Uint8Array", value));
    };
    let bytes = bytes64::decoded(&text.to_string_lossy())
        .ok_or_else(|| bad_field(name, field.name, "invalid base64 string"))?;
    let stream = match field.name {
        "stdout" => Stream::Stdout,
        "stderr" => Stream::Stderr,
        _ => Stream::Terminal,
    };
    Ok(Event::Data(stream, bytes))
}

fn end(json: &Value) -> Result<Event, Unreadable> {
    let name = "process.ProcessEvent.EndEvent";
    let mut end = End::default();
    for (field, value) in fields(name, members(name, json)?, END)? {
        match (field.name, value) {
            (_, Value::Null) => {}
            ("exit_code", value) => {
                let range = (f64::from(i32::MIN), f64::from(i32::MAX));
                let code = integer((name, field.name), "int32", range, value)?;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "whole and within the range"
                )]
                let code = code as i32;
                end.exit_code = code;
            }
            ("exited", Value::Bool(_)) | ("status", Value::String(_)) => {}
            ("exited", value) => return Err(unexpected(name, field.name, "boolean", value)),
            ("error", Value::String(error)) => end.error = error.clone(),
            (_, value) => return Err(unexpected(name, field.name, "string", value)),
        }
    }
    Ok(Event::End(end))
}
