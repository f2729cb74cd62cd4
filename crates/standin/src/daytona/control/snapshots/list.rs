//! `GET /snapshots`, by pages (contract 5.1).

use std::sync::Arc;

use serde_json::{Value, json};

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::control::ApiError;
use crate::daytona::control::list::{number, one_of};
use crate::daytona::snapshots::Snapshot;

const LIMIT_MAX: usize = 200;
const LIMIT_DEFAULT: usize = 100;

/// One page. The contract does not give the sort fields; these are the ones that the SDKs name.
pub(in crate::daytona::control) fn list(app: &App, asked: &Asked) -> Result<Value, ApiError> {
    let limit = number(asked, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT)?;
    let page = number(asked, "page", 1, usize::MAX, 1)?;
    let sort = one_of(asked, "sort", &["name", "state", "lastUsedAt", "createdAt"])?;
    let order = one_of(asked, "order", &["asc", "desc"])?;
    let now = app.now();
    let name = asked.param("name").unwrap_or_default().to_lowercase();
    let source = asked.param("sourceSandboxId").filter(|id| !id.is_empty());
    let mut found: Vec<Arc<Snapshot>> = app.snapshots.all();
    found.retain(|snapshot| {
        snapshot.name.to_lowercase().contains(&name)
            && (source.is_none() || snapshot.source == source)
    });
    match sort.as_deref() {
        Some("name") => found.sort_by_key(|snapshot| snapshot.name.clone()),
        Some("state") => found.sort_by_key(|snapshot| snapshot.state(now).word()),
        Some("createdAt") => found.sort_by_key(|snapshot| snapshot.created_at),
        _ => found.sort_by_key(|snapshot| snapshot.facts().last_used_at),
    }
    if order.as_deref() != Some("asc") {
        found.reverse();
    }
    let from = (page - 1).saturating_mul(limit);
    let items = found.iter().skip(from).take(limit);
    let items: Vec<Value> = items.map(|snapshot| snapshot.dto(now)).collect();
    let (total, pages) = (found.len(), found.len().div_ceil(limit));
    Ok(json!({"items": items, "total": total, "page": page, "totalPages": pages}))
}
