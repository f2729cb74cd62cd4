//! `GET /v2/sandboxes` and `GET /sandboxes` (contract 1.8).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::Timestamp;
use serde_json::Value;

use crate::standin::e2b::app::App;
use crate::standin::e2b::control::{metadata, view};
use crate::standin::e2b::error::ControlError;
use crate::standin::e2b::sandbox::Sandbox;

/// Entries of a page, by default and at most.
const PAGE_MAX: usize = 100;

/// A page, and the headers that come with it.
#[derive(Debug)]
pub(crate) struct Page {
    /// The entries.
    pub(crate) items: Value,
    /// `X-Next-Token`; `None` on the last page.
    pub(crate) next: Option<String>,
    /// `X-Total-Running`, when running sandboxes were asked for.
    pub(crate) total_running: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Ascending,
    Descending,
}

#[derive(Debug)]
struct Query {
    running: bool,
    paused: bool,
    order: Order,
    limit: usize,
    metadata: Vec<(String, String)>,
    started_after: Option<Timestamp>,
    template: Option<String>,
    after: Option<(Timestamp, String)>,
}

/// The page that a query asks for.
pub(crate) fn page(app: &App, pairs: &[(String, String)]) -> Result<Page, ControlError> {
    let query = read(pairs)?;
    let mut found = app.registry.all(app.clock.now());
    found.retain(|sandbox| fits(sandbox, &query));
    let key = |sandbox: &Arc<Sandbox>| (sandbox.started_at, sandbox.id.clone());
    found.sort_by_key(key);
    if query.order == Order::Descending {
        found.reverse();
    }
    let running = found
        .iter()
        .filter(|sandbox| !sandbox.life().paused)
        .count();
    if let Some(after) = &query.after {
        found.retain(|sandbox| match query.order {
            Order::Ascending => key(sandbox) > *after,
            Order::Descending => key(sandbox) < *after,
        });
    }
    let more = found.len() > query.limit;
    found.truncate(query.limit);
    let last = found.last().filter(|_| more);
    Ok(Page {
        next: last.map(|sandbox| token(sandbox.started_at, &sandbox.id, query.order)),
        total_running: query.running.then_some(running),
        items: found.iter().map(|sandbox| view::listed(sandbox)).collect(),
    })
}

/// The deprecated list: running sandboxes, all at once.
pub(crate) fn all_running(app: &App, pairs: &[(String, String)]) -> Result<Value, ControlError> {
    let filter = match value(pairs, "metadata") {
        Some(filter) => metadata::parse(filter)?,
        None => Vec::new(),
    };
    let mut found = app.registry.all(app.clock.now());
    found.retain(|sandbox| !sandbox.life().paused && metadata::fits(&sandbox.metadata, &filter));
    Ok(found.iter().map(|sandbox| view::listed(sandbox)).collect())
}

fn fits(sandbox: &Sandbox, query: &Query) -> bool {
    let wanted = if sandbox.life().paused {
        query.paused
    } else {
        query.running
    };
    let template = query.template.as_deref();
    wanted
        && metadata::fits(&sandbox.metadata, &query.metadata)
        && query.started_after.is_none_or(|at| sandbox.started_at > at)
        && template.is_none_or(|it| it == sandbox.template.id || it == sandbox.template.alias)
}

fn value<'pairs>(pairs: &'pairs [(String, String)], name: &str) -> Option<&'pairs str> {
    let mut named = pairs.iter().filter(|(key, _)| key == name);
    named.next().map(|(_, value)| value.as_str())
}

fn refuse(name: &str, what: &str) -> ControlError {
    ControlError::validation(&format!(
        "parameter \"{name}\" in query has an error: {what}"
    ))
}

fn read(pairs: &[(String, String)]) -> Result<Query, ControlError> {
    let (mut running, mut paused) = (true, true);
    if let Some(states) = value(pairs, "state").filter(|states| !states.is_empty()) {
        (running, paused) = (false, false);
        for state in states.split(',') {
            match state {
                "running" => running = true,
                "paused" => paused = true,
                _ => return Err(refuse("state", "value is not one of the allowed values")),
            }
        }
    }
    let order = match value(pairs, "order") {
        None | Some("desc") => Order::Descending,
        Some("asc") => Order::Ascending,
        Some(_) => return Err(refuse("order", "value is not one of the allowed values")),
    };
    let limit = match value(pairs, "limit") {
        None => PAGE_MAX,
        Some(text) => match text.parse() {
            Ok(limit @ 1..=PAGE_MAX) => limit,
            Ok(0) => return Err(refuse("limit", "number must be at least 1")),
            Ok(_) => return Err(refuse("limit", "number must be at most 100")),
            Err(_) => return Err(refuse("limit", "value must be an integer")),
        },
    };
    let started_after = match value(pairs, "startedAfter") {
        None => None,
        Some(text) => {
            let at = text
                .parse()
                .map_err(|_| refuse("startedAfter", "bad date-time"))?;
            Some(at)
        }
    };
    let metadata = match value(pairs, "metadata") {
        Some(filter) => metadata::parse(filter)?,
        None => Vec::new(),
    };
    let after = match value(pairs, "nextToken").filter(|token| !token.is_empty()) {
        Some(text) => Some(read_token(text, order)?),
        None => None,
    };
    Ok(Query {
        running,
        paused,
        order,
        limit,
        metadata,
        started_after,
        template: value(pairs, "template").map(str::to_owned),
        after,
    })
}

fn token(at: Timestamp, id: &str, order: Order) -> String {
    let suffix = match order {
        Order::Ascending => "__asc",
        Order::Descending => "",
    };
    URL_SAFE.encode(format!("{at}__{id}{suffix}"))
}

fn read_token(text: &str, order: Order) -> Result<(Timestamp, String), ControlError> {
    let parts = || {
        let decoded = String::from_utf8(URL_SAFE.decode(text).ok()?).ok()?;
        let mut parts = decoded.split("__");
        let at = parts.next()?.parse().ok()?;
        let id = parts.next()?.to_owned();
        let issued = match (parts.next(), parts.next()) {
            (None, None) => Order::Descending,
            (Some("asc"), None) => Order::Ascending,
            _ => return None,
        };
        (issued == order).then_some((at, id))
    };
    parts().ok_or_else(|| ControlError::bad_request("Invalid next token"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_order_only() {
        let at: Timestamp = "2026-01-02T03:04:05.123456789Z".parse().unwrap();
        for order in [Order::Ascending, Order::Descending] {
            let text = token(at, "iabc", order);
            let back = read_token(&text, order).unwrap();
            assert_eq!(back, (at, "iabc".to_owned()));
        }
        let text = token(at, "iabc", Order::Ascending);
        for bad in [text.as_str(), "%%%", "AAAA"] {
            let error = read_token(bad, Order::Descending).unwrap_err();
            assert_eq!(error.message, "Invalid next token");
        }
    }

    #[test]
    fn a_query_outside_the_schema_is_refused() {
        for (name, value) in [
            ("limit", "0"),
            ("limit", "101"),
            ("limit", "x"),
            ("state", "killed"),
            ("order", "up"),
        ] {
            let error = read(&[(name.to_owned(), value.to_owned())]).unwrap_err();
            assert!(error.message.starts_with("validation error: "), "{name}");
        }
    }
}
