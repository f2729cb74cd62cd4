//! Which steps met a fault with their last attempt, read from the journal of a case.

use std::collections::BTreeMap;
use std::path::Path;

use cutover::transcript::Exchange;
use cutover::transcript::event::{Event, EventKind};
use cutover_base::side::Side;
use cutover_standin::fault::{Fault, FaultKind};

use crate::combination::Combination;

/// A step of one side in one replay.
pub(crate) type Place = (Side, u32, String);

/// The steps whose last exchange was hit.
pub(crate) fn hit_last(folder: &Path, day: &Combination) -> Vec<Place> {
    let text = std::fs::read_to_string(folder.join("events.ndjson")).unwrap();
    let mut last: BTreeMap<(String, u32, String), (Side, Exchange)> = BTreeMap::new();
    let mut events = 0;
    for line in text.lines().skip(1) {
        let event: Event = serde_json::from_str(line).unwrap();
        events += 1;
        let (Some(side), Some(replay), Some(step)) = (event.side, event.replay, event.step) else {
            continue;
        };
        if let EventKind::Exchange(exchange) = event.event {
            last.insert((side.to_string(), replay, step), (side, *exchange));
        }
    }
    assert!(events > 0, "a case leaves a journal");
    last.into_iter()
        .filter(|(_, (side, exchange))| {
            day.faults[*side]
                .as_ref()
                .is_some_and(|fault| is_hit(fault, exchange))
        })
        .map(|((_, replay, step), (side, _))| (side, replay, step))
        .collect()
}

/// Whether a fault made this of an exchange. A late or slow answer is none the worse for it, and a
/// death shows in what comes after it.
fn is_hit(fault: &Fault, exchange: &Exchange) -> bool {
    let body = exchange.error_body.as_deref().unwrap_or_default();
    match fault.kind {
        FaultKind::Latency(_) | FaultKind::Slow | FaultKind::Death => false,
        FaultKind::RateLimited { .. } => exchange.status == Some(429),
        // Dead machines answer 502 without a body on a good day as well.
        FaultKind::Status(502) => exchange.status == Some(502) && !body.is_empty(),
        FaultKind::Status(status) => {
            let reason = axum::http::StatusCode::from_u16(status).ok();
            let reason = reason.and_then(|status| status.canonical_reason());
            let words = [
                reason.unwrap_or("Error"),
                "An unexpected error occurred.",
                "Service is currently under maintenance. Please try again later.",
            ];
            // The whole message: a provider's own refusal has the status's words as well.
            let says = |words: &&str| body.contains(&format!("\"message\":\"{words}\""));
            let is_ours = body.is_empty() || words.iter().any(says);
            exchange.status == Some(status) && is_ours
        }
        // A stream that is still open when its sandbox goes is given up, which is no fault.
        FaultKind::Reset | FaultKind::Truncate => {
            let error = exchange.error.as_deref().unwrap_or("given up");
            !error.starts_with("given up")
        }
    }
}
