//! What is known of a terminal, on the wire.

use serde_json::{Value, json};

use crate::daytona::boot::Info;
use crate::daytona::reply::iso;

/// Largest width and height (contract 2.4).
pub(super) const CELLS_MAX: u16 = 1000;

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
