//! How far a build is, and what it said (contract 7.1).

use serde_json::{Value, json};

use crate::e2b::app::App;
use crate::e2b::build::{LogEntry, Status};
use crate::e2b::control::build::asked;
use crate::e2b::control::page::{self, Pairs};
use crate::e2b::error::ControlError;
use crate::e2b::log::Level;

/// Entries of one answer.
const ENTRIES_MAX: usize = 100;

/// `GET .../status`.
pub(crate) fn status(
    app: &App,
    template: &str,
    id: &str,
    pairs: &Pairs,
) -> Result<Value, ControlError> {
    let offset = pairs.integer("logsOffset")?.unwrap_or(0);
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let limit = page::limit(pairs, ENTRIES_MAX)?;
    let level = level(pairs)?;
    let (template, build) = asked::build(app, template, id)?;
    // The status first: what is said later is fetched by the next call.
    let status = build.status();
    let entries: Vec<Value> = match (&status, level) {
        (Status::Waiting, _) => Vec::new(),
        (_, None) => build.log.from(offset, limit).iter().map(entry).collect(),
        (_, Some(level)) => {
            let all = build.log.all();
            let fits = all.iter().filter(|entry| entry.level >= level);
            fits.skip(offset).take(limit).map(entry).collect()
        }
    };
    let mut view = json!({
        "templateID": template.id,
        "buildID": build.id,
        "status": status.word(),
        "logs": [],
        "logEntries": entries,
    });
    if let Status::Failed(reason) = &status {
        let all = build.log.all();
        let of_step = all
            .iter()
            .filter(|entry| entry.step.as_ref() == Some(&reason.step));
        let mut last: Vec<Value> = of_step.rev().take(ENTRIES_MAX).map(entry).collect();
        last.reverse();
        view["reason"] = json!({
            "message": reason.message,
            "step": reason.step,
            "logEntries": last,
        });
    }
    Ok(view)
}

/// `GET .../logs`: a page by time, in either direction.
pub(crate) fn logs(
    app: &App,
    template: &str,
    id: &str,
    pairs: &Pairs,
) -> Result<Value, ControlError> {
    let limit = page::limit(pairs, ENTRIES_MAX)?;
    let cursor = pairs.integer("cursor")?;
    let level = level(pairs)?.unwrap_or(Level::Debug);
    let backward = match pairs.get("direction") {
        None | Some("forward") => false,
        Some("backward") => true,
        Some(_) => {
            let what = "value is not one of the allowed values [\"forward\",\"backward\"]";
            return Err(page::refuse("direction", what));
        }
    };
    if !matches!(pairs.get("source"), None | Some("temporary" | "persistent")) {
        let what = "value is not one of the allowed values [\"temporary\",\"persistent\"]";
        return Err(page::refuse("source", what));
    }
    let (_, build) = asked::build(app, template, id)?;
    let mut all = build.log.all();
    all.retain(|entry| {
        let at = entry.at.as_millisecond();
        let inside = cursor.is_none_or(|cursor| if backward { at <= cursor } else { at >= cursor });
        inside && entry.level >= level
    });
    if backward {
        all.reverse();
    }
    all.truncate(limit);
    let logs: Vec<Value> = all.iter().map(entry).collect();
    Ok(json!({"logs": logs}))
}

fn level(pairs: &Pairs) -> Result<Option<Level>, ControlError> {
    let Some(word) = pairs.get("level") else {
        return Ok(None);
    };
    let what = "value is not one of the allowed values [\"debug\",\"info\",\"warn\",\"error\"]";
    let level = Level::parse(word).ok_or_else(|| page::refuse("level", what))?;
    Ok(Some(level))
}

fn entry(entry: &LogEntry) -> Value {
    let mut view = json!({
        "timestamp": entry.at.to_string(),
        "level": entry.level.word(),
        "message": entry.message,
    });
    if let Some(step) = &entry.step {
        view["step"] = json!(step);
    }
    view
}
