//! The process behind a context.

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;

use crate::daytona::boot::interpreter::line::Lines;
use crate::engine::ExitStatus;

/// A running interpreter.
pub(in crate::daytona) struct Worker {
    pub(in crate::daytona) pid: u32,
    pub(in crate::daytona) lines: Lines,
    pub(in crate::daytona) exit: watch::Receiver<Option<ExitStatus>>,
    pub(in crate::daytona) stdin: Box<dyn AsyncWrite + Send + Unpin>,
}

impl Worker {
    /// Whether it still runs.
    pub(in crate::daytona) fn is_alive(&self) -> bool {
        self.exit.borrow().is_none() && self.exit.has_changed().is_ok()
    }

    /// Gives it an order.
    pub(in crate::daytona) async fn order(
        &mut self,
        order: &serde_json::Value,
    ) -> std::io::Result<()> {
        let line = format!("{order}\n");
        self.stdin.write_all(line.as_bytes()).await?;
        self.stdin.flush().await
    }
}
