//! The sandboxes that this server made, until they are ended.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use cutover_js::{Text, Value};
use cutover_sdk::Error;
use cutover_sdk::e2b::{E2b, New, Sandbox};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use super::account::DirectSettings;
use crate::key::Key;

/// How long a sandbox lives when nobody asks anything of it.
pub(super) const LIFETIME: std::time::Duration = std::time::Duration::from_secs(1800);

/// All sandboxes of a server.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) account: E2b,
    settings: DirectSettings,
    open: Mutex<Open>,
    /// Sandboxes that are being made or ended. A call that is given up gives up neither.
    underway: TaskTracker,
    /// Where the last sandboxes are ended, also when nobody is there to wait for it.
    runtime: OnceLock<Handle>,
}

#[derive(Debug, Default)]
struct Open {
    /// By name, in the order in which the names came up. A name that is an array or an object is
    /// none that a later call can say.
    named: Vec<(Option<Key>, Sandbox)>,
    /// Those whose name another one took without ending them: both were made at the same time.
    /// The original forgets them.
    nameless: Vec<Sandbox>,
    /// No sandbox stays any more.
    is_over: bool,
}

impl Held {
    pub(super) fn new(account: E2b, settings: DirectSettings) -> Self {
        Self {
            account,
            settings,
            open: Mutex::default(),
            underway: TaskTracker::new(),
            runtime: OnceLock::new(),
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sandbox of this name.
    pub(super) fn find(&self, name: Option<&Value>) -> Option<Sandbox> {
        let key = Key::of(name)?;
        let open = self.open();
        let mut named = open.named.iter();
        let (_, found) = named.find(|(of, _)| of.as_ref() == Some(&key))?;
        Some(found.clone())
    }

    /// Makes a sandbox of this name; its id. One that had the name before is ended first.
    ///
    /// # Errors
    /// What the SDK throws.
    pub(super) async fn make(self: &Arc<Self>, name: Option<&Value>) -> Result<Text, Error> {
        self.runtime.get_or_init(Handle::current);
        let before = self.find(name).map(|it| it.id().clone());
        if let Some(id) = &before {
            // Whatever comes of it: the original looks at no answer.
            let _ = self.account.kill(id).await;
        }
        let (held, key) = (Arc::clone(self), Key::of(name));
        let making = async move {
            let wanted = New {
                template: &held.settings.template,
                timeout: LIFETIME,
                variables: &held.settings.variables(),
                metadata: &held.settings.labels,
            };
            let sandbox = held.account.create(wanted).await?;
            let id = sandbox.id().clone();
            if !held.keep(key, sandbox, before.as_ref()) {
                // The server ended meanwhile.
                held.account.kill(&id).await?;
            }
            Ok(id)
        };
        let over = || Error::new("the server has ended");
        let making = {
            // Whoever ends the server waits for what is underway by then, and nothing comes after.
            let open = self.open();
            if open.is_over {
                return Err(over());
            }
            self.underway.spawn(making)
        };
        // It does not panic; a runtime that ends takes the server with it.
        making.await.unwrap_or_else(|_| Err(over()))
    }

    /// Keeps a sandbox, and says whether any are kept still. `ended` is the one that had its name
    /// and was ended.
    fn keep(&self, key: Option<Key>, sandbox: Sandbox, ended: Option<&Text>) -> bool {
        let mut open = self.open();
        if open.is_over {
            return false;
        }
        let place = key
            .is_some()
            .then(|| open.named.iter_mut().find(|(of, _)| *of == key));
        match place.flatten() {
            Some((_, place)) => {
                let before = std::mem::replace(place, sandbox);
                if Some(before.id()) != ended {
                    open.nameless.push(before);
                }
            }
            None => open.named.push((key, sandbox)),
        }
        true
    }

    /// Begins to end every sandbox. Those that are being made end as soon as they are there.
    pub(super) fn begin_end(self: &Arc<Self>) {
        let (named, nameless) = {
            let mut open = self.open();
            open.is_over = true;
            (
                std::mem::take(&mut open.named),
                std::mem::take(&mut open.nameless),
            )
        };
        let Some(runtime) = self.runtime.get() else {
            return;
        };
        for sandbox in named.into_iter().map(|(_, it)| it).chain(nameless) {
            let held = Arc::clone(self);
            let ending = async move {
                // As with the original, one that does not end is told to nobody: its lifetime ends
                // it.
                let _ = held.account.kill(sandbox.id()).await;
            };
            self.underway.spawn_on(ending, runtime);
        }
        self.underway.close();
    }

    /// Ends every sandbox.
    pub(super) async fn end(self: &Arc<Self>) {
        self.begin_end();
        self.underway.close();
        self.underway.wait().await;
    }
}
