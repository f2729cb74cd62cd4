//! What is known of a terminal.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::daytona::reply::iso;

/// Largest width and height (contract 2.4).
pub(super) const CELLS_MAX: u16 = 1000;

/// A terminal as it was asked for, and as it is now.
#[derive(Debug, Clone)]
pub(super) struct Info {
    pub(super) id: String,
    pub(super) cwd: String,
    pub(super) envs: BTreeMap<String, String>,
    pub(super) cols: u16,
    pub(super) rows: u16,
    pub(super) created_at: Timestamp,
    /// Whether its shell runs.
    pub(super) active: bool,
    /// Whether its shell waits for the first client.
    pub(super) lazy: bool,
}

impl Info {
    /// `PtySessionInfo`.
    pub(super) fn dto(&self) -> Value {
        json!({
            "id": self.id,
            "cwd": self.cwd,
            "envs": self.envs,
            "cols": self.cols,
            "rows": self.rows,
            "createdAt": iso(self.created_at),
            "active": self.active,
            "lazyStart": self.lazy,
        })
    }
}
