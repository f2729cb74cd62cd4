//! `GET /v2/sandboxes/{id}/logs` and `GET /sandboxes/{id}/logs` (contract 1.4).
//!
//! The entries are what the stand-in knows: the life of the sandbox and of the processes that
//! envd started. The provider's envd writes more.

use serde_json::{Map, Value, json};

use crate::e2b::app::App;
use crate::e2b::control::lifecycle::find;
use crate::e2b::control::page::{Pairs, refuse};
use crate::e2b::error::ControlError;
use crate::e2b::log::{Entry, Level};

/// Entries of an answer, by default and at most.
const LIMIT_MAX: i64 = 1000;

/// The current shape.
pub(crate) fn current(app: &App, id: &str, pairs: &Pairs) -> Result<Value, ControlError> {
    let cursor = pairs.integer("cursor")?;
    let limit = limit(pairs)?;
    let backward = match pairs.get("direction") {
        None | Some("forward") => false,
        Some("backward") => true,
        Some(_) => {
            return Err(refuse(
                "direction",
                "value is not one of the allowed values",
            ));
        }
    };
    let level = match pairs.get("level").filter(|level| !level.is_empty()) {
        None => Level::Debug,
        Some(word) => Level::parse(word)
            .ok_or_else(|| refuse("level", "value is not one of the allowed values"))?,
    };
    let search = pairs.get("search").unwrap_or_default().to_lowercase();
    let mut entries = find(app, id)?.log.all();
    entries.retain(|entry| {
        let at = entry.at.as_millisecond();
        let in_time =
            cursor.is_none_or(|cursor| if backward { at <= cursor } else { at >= cursor });
        in_time && entry.level >= level && entry.message.to_lowercase().contains(&search)
    });
    if backward {
        entries.reverse();
    }
    entries.truncate(limit);
    let logs: Vec<Value> = entries.iter().map(view).collect();
    Ok(json!({"logs": logs}))
}

/// The deprecated shape, with both forms of each entry.
pub(crate) fn deprecated(app: &App, id: &str, pairs: &Pairs) -> Result<Value, ControlError> {
    let start = pairs.integer("start")?.unwrap_or(0);
    let limit = limit(pairs)?;
    let mut entries = find(app, id)?.log.all();
    entries.retain(|entry| entry.at.as_millisecond() >= start);
    entries.truncate(limit);
    let lines: Vec<Value> = entries.iter().map(line).collect();
    let views: Vec<Value> = entries.iter().map(view).collect();
    Ok(json!({"logs": lines, "logEntries": views}))
}

fn limit(pairs: &Pairs) -> Result<usize, ControlError> {
    let limit = pairs.integer("limit")?.unwrap_or(LIMIT_MAX);
    if limit > LIMIT_MAX {
        return Err(refuse("limit", "number must be at most 1000"));
    }
    Ok(usize::try_from(limit).unwrap_or(0))
}

fn view(entry: &Entry) -> Value {
    json!({
        "timestamp": entry.at.to_string(),
        "level": entry.level.word(),
        "message": entry.message,
        "fields": entry.fields,
    })
}

/// A line is what the provider's log store holds: JSON in a string.
fn line(entry: &Entry) -> Value {
    let mut line = Map::new();
    line.insert("level".to_owned(), json!(entry.level.word()));
    line.insert("message".to_owned(), json!(entry.message));
    for (name, value) in &entry.fields {
        line.insert(name.clone(), json!(value));
    }
    json!({"timestamp": entry.at.to_string(), "line": Value::Object(line).to_string()})
}
