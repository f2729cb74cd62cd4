//! `GET /v2/sandboxes` and `GET /sandboxes` (contract 1.8).

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::e2b::app::App;
use crate::e2b::control::page::{self, Cursor, LIMIT_MAX, Order, Page, Pairs, refuse};
use crate::e2b::control::{metadata, view};
use crate::e2b::error::ControlError;
use crate::e2b::sandbox::Sandbox;
use crate::e2b::template::Reference;

#[derive(Debug)]
struct Query {
    running: bool,
    paused: bool,
    order: Order,
    limit: usize,
    metadata: Vec<(String, String)>,
    started_after: Option<Timestamp>,
    template: Option<Reference>,
    after: Option<Cursor>,
}

/// The page that a query asks for.
pub(crate) fn page(app: &App, pairs: &Pairs) -> Result<Page, ControlError> {
    let query = read(pairs)?;
    let mut found = app.registry.all(app.clock.now());
    found.retain(|sandbox| fits(sandbox, &query));
    let runs = |sandbox: &&Arc<Sandbox>| sandbox.life().state.runs();
    let running = found.iter().filter(runs).count();
    let key = |sandbox: &Arc<Sandbox>| Cursor {
        at: sandbox.started_at,
        id: sandbox.id.clone(),
    };
    let after = query.after.as_ref();
    let mut page = page::cut(found, key, after, query.limit, query.order, |sandbox| {
        view::listed(sandbox)
    });
    page.total_running = query.running.then_some(running);
    Ok(page)
}

/// The deprecated list: running sandboxes, all at once.
pub(crate) fn all_running(app: &App, pairs: &Pairs) -> Result<Value, ControlError> {
    let filter = match pairs.get("metadata").filter(|filter| !filter.is_empty()) {
        Some(filter) => metadata::parse(filter)?,
        None => Vec::new(),
    };
    let mut found = app.registry.all(app.clock.now());
    found.retain(|sandbox| {
        sandbox.life().state.runs() && metadata::fits(&sandbox.metadata, &filter)
    });
    // Newest first, as the provider's store gives them.
    found.sort_by_key(|sandbox| std::cmp::Reverse((sandbox.started_at, sandbox.id.clone())));
    Ok(found.iter().map(|sandbox| view::listed(sandbox)).collect())
}

fn fits(sandbox: &Sandbox, query: &Query) -> bool {
    let wanted = if sandbox.life().state.runs() {
        query.running
    } else {
        query.paused
    };
    let made_of = |reference: &Reference| {
        let template = &sandbox.template;
        reference.name == template.id || template.alias.as_ref() == Some(&reference.name)
    };
    wanted
        && metadata::fits(&sandbox.metadata, &query.metadata)
        && query.started_after.is_none_or(|at| sandbox.started_at > at)
        && query.template.as_ref().is_none_or(made_of)
}

fn read(pairs: &Pairs) -> Result<Query, ControlError> {
    let (mut running, mut paused) = (true, true);
    if let Some(states) = pairs.get("state").filter(|states| !states.is_empty()) {
        (running, paused) = (false, false);
        for state in states.split(',') {
            match state {
                "running" => running = true,
                "paused" => paused = true,
                _ => return Err(refuse("state", "value is not one of the allowed values")),
            }
        }
    }
    let order = match pairs.get("order") {
        None | Some("desc") => Order::Descending,
        Some("asc") => Order::Ascending,
        Some(_) => return Err(refuse("order", "value is not one of the allowed values")),
    };
    let started_after = match pairs.get("startedAfter") {
        None => None,
        Some(text) => {
            let at = text
                .parse()
                .map_err(|_| refuse("startedAfter", "bad date-time"))?;
            Some(at)
        }
    };
    let metadata = match pairs.get("metadata").filter(|filter| !filter.is_empty()) {
        Some(filter) => metadata::parse(filter)?,
        None => Vec::new(),
    };
    let template = match pairs.get("template").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(Reference::parse(text).ok_or_else(|| {
            ControlError::bad_request(format!("Invalid template reference: '{text}'"))
        })?),
    };
    Ok(Query {
        running,
        paused,
        order,
        limit: page::limit(pairs, LIMIT_MAX)?,
        metadata,
        started_after,
        template,
        after: page::cursor(pairs, order)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_outside_the_schema_is_refused() {
        for query in [
            "limit=0",
            "state=killed",
            "state=running,x",
            "order=up",
            "startedAfter=yesterday",
        ] {
            let error = read(&Pairs::read(query)).unwrap_err();
            assert!(error.message.starts_with("validation error: "), "{query}");
        }
        let read = read(&Pairs::read("state=paused&template=a:b&order=asc")).unwrap();
        assert!(read.paused && !read.running);
        assert_eq!(read.order, Order::Ascending);
    }
}
