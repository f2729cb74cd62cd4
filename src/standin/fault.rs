//! Faults of a stand-in: a bad day, rehearsed (`design.md` section 7).

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// One fault and the share of requests that it hits.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// From 0 to 1; every n-th request, counted, so that a run is repeatable.
    pub share: f64,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The answer comes later.
    Latency(Duration),
    /// 429 with `Retry-After` in seconds, nothing is done.
    RateLimited {
        /// What the header says.
        retry_after_s: u64,
    },
    /// This 5xx, nothing is done.
    Status(u16),
    /// The connection is reset before an answer.
    Reset,
    /// The work is done, the answer breaks off in the middle.
    Truncate,
    /// The answer's body dribbles.
    Slow,
    /// The sandbox dies when it is next addressed.
    Death,
}

/// Changes messages on their way out, to plant differences on the wire.
pub trait Tamper: Send + Sync + fmt::Debug {
    /// May change a JSON message (a body, or one message of a stream) before it is written.
    /// `route` is `METHOD /path` without the query.
    fn json(&self, route: &str, message: &mut Value);

    /// May change a raw body, e.g. a file's content.
    fn bytes(&self, route: &str, body: &mut Vec<u8>);
}
