//! `GET /sandbox` with its filters, and the old `GET /sandbox/paginated` (contract 1.5).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::control::ApiError;
use crate::daytona::control::filter::Filter;
use crate::daytona::sandbox::Sandbox;

const LIMIT_MAX: usize = 200;
const LIMIT_DEFAULT: usize = 100;
const SORTS: [&str; 6] = [
    "name",
    "cpu",
    "memoryGib",
    "diskGib",
    "lastActivityAt",
    "createdAt",
];

/// One page by cursor.
pub(super) fn list(app: &App, asked: &Asked) -> Result<Value, ApiError> {
    let limit = number(asked, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT)?;
    let after = match asked.param("cursor").filter(|cursor| !cursor.is_empty()) {
        None => None,
        Some(cursor) => Some(read_cursor(&cursor).ok_or_else(|| ApiError::bad("Invalid cursor"))?),
    };
    let found = filtered(app, asked)?;
    // The cursor names the last one that was shown and its place, so that one that went away in
    // between hides no other.
    let from = after.map_or(0, |(place, id)| {
        let shown = found.iter().position(|sandbox| sandbox.fixed.id == id);
        shown.map_or(place, |at| at + 1)
    });
    let page: Vec<_> = found.iter().skip(from).take(limit).collect();
    let items: Vec<Value> = page.iter().map(|sandbox| sandbox.list_item(app)).collect();
    let next = from.saturating_add(items.len());
    let cursor = page.last().filter(|_| next < found.len()).map(|last| {
        let place = next - 1;
        URL_SAFE_NO_PAD.encode(format!("{place}:{}", last.fixed.id))
    });
    Ok(json!({"items": items, "nextCursor": cursor}))
}

/// One page by number, for SDKs before 0.180.
pub(super) fn paginated(app: &App, asked: &Asked) -> Result<Value, ApiError> {
    let limit = number(asked, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT)?;
    let page = number(asked, "page", 1, usize::MAX, 1)?;
    let found = filtered(app, asked)?;
    let items: Vec<Value> = found
        .iter()
        .skip((page - 1).saturating_mul(limit))
        .take(limit)
        .map(|sandbox| sandbox.dto(app))
        .collect();
    let (total, pages) = (found.len(), found.len().div_ceil(limit));
    Ok(json!({"items": items, "total": total, "page": page, "totalPages": pages}))
}

fn read_cursor(cursor: &str) -> Option<(usize, String)> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (place, id) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    Some((place.parse().ok()?, id.to_owned()))
}

/// A number of the query within its bounds.
pub(super) fn number(
    asked: &Asked,
    name: &str,
    min: usize,
    max: usize,
    default: usize,
) -> Result<usize, ApiError> {
    let Some(text) = asked.param(name) else {
        return Ok(default);
    };
    match text.parse::<i64>() {
        Err(_) => Err(ApiError::bad(format!(
            "{name} must be a number conforming to the specified constraints"
        ))),
        Ok(number) => match usize::try_from(number) {
            Ok(number) if number > max => Err(ApiError::bad(format!(
                "{name} must not be greater than {max}"
            ))),
            Ok(number) if number >= min => Ok(number),
            _ => Err(ApiError::bad(format!("{name} must not be less than {min}"))),
        },
    }
}

/// A word of the query that must be one of these.
pub(super) fn one_of(
    asked: &Asked,
    name: &str,
    words: &[&str],
) -> Result<Option<String>, ApiError> {
    let word = asked.param(name).filter(|word| !word.is_empty());
    if word.as_deref().is_some_and(|word| !words.contains(&word)) {
        let words = words.join(", ");
        let message = format!("{name} must be one of the following values: {words}");
        return Err(ApiError::bad(message));
    }
    Ok(word)
}

fn filtered(app: &App, asked: &Asked) -> Result<Vec<Arc<Sandbox>>, ApiError> {
    let filter = Filter::read(asked)?;
    let sort = one_of(asked, "sort", &SORTS)?;
    let order = one_of(asked, "order", &["asc", "desc"])?;
    let mut found = app.registry.all();
    found.retain(|sandbox| filter.takes(sandbox));
    match sort.as_deref() {
        Some("name") => found.sort_by_key(|sandbox| sandbox.facts().name.clone()),
        Some("cpu") => found.sort_by_key(|sandbox| sandbox.facts().resources.cpu),
        Some("memoryGib") => found.sort_by_key(|sandbox| sandbox.facts().resources.memory),
        Some("diskGib") => found.sort_by_key(|sandbox| sandbox.facts().resources.disk),
        Some("lastActivityAt") => found.sort_by_key(|sandbox| sandbox.facts().last_activity_at),
        _ => found.sort_by_key(|sandbox| sandbox.fixed.created_at),
    }
    if order.as_deref() != Some("asc") {
        found.reverse();
    }
    Ok(found)
}
