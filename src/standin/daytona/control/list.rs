//! `GET /sandbox` with its filters, and the old `GET /sandbox/paginated` (contract 1.5).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::standin::daytona::asked::Asked;
use crate::standin::daytona::control::ApiError;
use crate::standin::daytona::sandbox::Sandbox;
use crate::standin::daytona::world::World;

const LIMIT_MAX: usize = 200;
const LIMIT_DEFAULT: usize = 100;

/// Filters that Daytona has and the stand-in has not: ignoring one would show too much.
const REFUSED: [&str; 15] = [
    "sandboxClasses",
    "minCpu",
    "maxCpu",
    "minMemoryGiB",
    "maxMemoryGiB",
    "minDiskGiB",
    "maxDiskGiB",
    "isPublic",
    "isRecoverable",
    "createdAtAfter",
    "createdAtBefore",
    "lastEventAfter",
    "lastEventBefore",
    "lastActivityAfter",
    "lastActivityBefore",
];

/// One page by cursor.
pub(super) fn list(world: &World, asked: &Asked) -> Result<Value, ApiError> {
    let limit = number(asked, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT)?;
    let from = match asked.param("cursor").filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => read_cursor(&cursor).ok_or_else(|| ApiError::bad("Invalid cursor"))?,
    };
    let found = filtered(world, asked)?;
    let page = found.iter().skip(from).take(limit);
    let items: Vec<Value> = page.map(|sandbox| sandbox.list_item(world)).collect();
    let next = from + items.len();
    let cursor = (next < found.len()).then(|| URL_SAFE_NO_PAD.encode(next.to_string()));
    Ok(json!({"items": items, "nextCursor": cursor}))
}

/// One page by number, for SDKs before 0.180.
pub(super) fn paginated(world: &World, asked: &Asked) -> Result<Value, ApiError> {
    let limit = number(asked, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT)?;
    let page = number(asked, "page", 1, usize::MAX, 1)?;
    let found = filtered(world, asked)?;
    let items: Vec<Value> = found
        .iter()
        .skip((page - 1).saturating_mul(limit))
        .take(limit)
        .map(|sandbox| sandbox.dto(world))
        .collect();
    let (total, pages) = (found.len(), found.len().div_ceil(limit));
    Ok(json!({"items": items, "total": total, "page": page, "totalPages": pages}))
}

fn read_cursor(cursor: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    std::str::from_utf8(&bytes).ok()?.parse().ok()
}

fn number(
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

fn filtered(world: &World, asked: &Asked) -> Result<Vec<Arc<Sandbox>>, ApiError> {
    for name in REFUSED {
        if asked.param(name).is_some() {
            return Err(ApiError::not_implemented(&format!(
                "the list filter `{name}`"
            )));
        }
    }
    let labels = wanted_labels(asked)?;
    let id = asked.param("id").unwrap_or_default().to_lowercase();
    let name = asked.param("name").unwrap_or_default().to_lowercase();
    let states = several(asked, "states");
    let snapshots = several(asked, "snapshots");
    let regions = several(asked, "regionIds");
    let mut found = world.registry.all();
    found.retain(|sandbox| {
        let facts = sandbox.facts();
        let fixed = &sandbox.fixed;
        let has = |wanted: &[String], word: &str| {
            wanted.is_empty() || wanted.iter().any(|other| other == word)
        };
        fixed.id.to_lowercase().starts_with(&id)
            && facts.name.to_lowercase().starts_with(&name)
            && labels
                .iter()
                .all(|(key, value)| facts.labels.get(key) == Some(value))
            && has(&states, facts.state.word())
            && has(&snapshots, &fixed.snapshot)
            && has(&regions, &fixed.target)
    });
    sort(asked, &mut found)?;
    Ok(found)
}

fn sort(asked: &Asked, found: &mut [Arc<Sandbox>]) -> Result<(), ApiError> {
    let by = asked
        .param("sort")
        .unwrap_or_else(|| "createdAt".to_owned());
    match by.as_str() {
        "name" => found.sort_by_key(|sandbox| sandbox.facts().name.clone()),
        "lastActivityAt" => found.sort_by_key(|sandbox| sandbox.facts().last_activity_at),
        // All sandboxes of the stand-in are of one size.
        "createdAt" | "cpu" | "memoryGib" | "diskGib" => {
            found.sort_by_key(|sandbox| sandbox.fixed.created_at);
        }
        _ => {
            return Err(ApiError::bad(
                "sort must be one of the following values: name, cpu, memoryGib, diskGib, \
                 lastActivityAt, createdAt",
            ));
        }
    }
    match asked.param("order").as_deref() {
        Some("asc") => {}
        None | Some("desc") => found.reverse(),
        Some(_) => {
            let message = "order must be one of the following values: asc, desc";
            return Err(ApiError::bad(message));
        }
    }
    Ok(())
}

fn wanted_labels(asked: &Asked) -> Result<Map<String, Value>, ApiError> {
    let Some(text) = asked.param("labels").filter(|text| !text.is_empty()) else {
        return Ok(Map::new());
    };
    serde_json::from_str(&text).map_err(|_| ApiError::bad("labels must be a json string"))
}

fn several(asked: &Asked, name: &str) -> Vec<String> {
    let given = asked.params(name);
    let words = given.iter().flat_map(|text| text.split(','));
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
