//! Planted differences: the judge is tested with answers edited on their way out.

use std::fmt;

use serde_json::Value;

/// Changes messages on their way out, to plant differences on the wire.
pub trait Tamper: Send + Sync + fmt::Debug {
    /// May change a JSON message (a body, or one message of a stream) before it is written.
    /// `route` is `METHOD /path` without the query.
    fn json(&self, route: &str, message: &mut Value);

    /// May change a raw body, e.g. a file's content.
    fn bytes(&self, route: &str, body: &mut Vec<u8>);
}
