//! Requests at work: a sandbox is active as long as there are any (contract 2.1).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::daytona::app::App;
use crate::daytona::sandbox::Sandbox;

/// A request at work in a sandbox, from its start until this is dropped: whoever streams an answer
/// or holds a websocket holds this as well.
#[derive(Debug)]
pub(super) struct InUse {
    app: Arc<App>,
    sandbox: Arc<Sandbox>,
}

impl InUse {
    /// A request begins.
    pub(super) fn begin(app: &Arc<App>, sandbox: &Arc<Sandbox>) -> Self {
        sandbox.in_use.fetch_add(1, Ordering::SeqCst);
        sandbox.touch(app.now());
        Self {
            app: Arc::clone(app),
            sandbox: Arc::clone(sandbox),
        }
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.sandbox.touch(self.app.now());
        self.sandbox.in_use.fetch_sub(1, Ordering::SeqCst);
        self.app.registry.changed.notify_one();
    }
}
