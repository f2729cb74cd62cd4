//! What the process remembers of sandboxes beside the database: the original asks its memory
//! first, so that both may disagree.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cutover_js::{Text, Value};

/// Where a sandbox is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Address {
    /// What was stored under its name. A text in all that this endpoint stored itself.
    Stored(Value),
    /// What every JavaScript object has under that name (`constructor`): no text, and yet
    /// something (Q17).
    Inherited,
}

/// Addresses by session and name.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<Text, Address>>);

/// The key that the original uses. A session whose id is the beginning of another's with a colon
/// behind it would share entries with it; ids have no colons.
fn key(session_id: &Text, name: &Text) -> Text {
    Text::concat([session_id, &Text::from(":"), name])
}

impl Memory {
    pub(crate) fn get(&self, session_id: &Text, name: &Text) -> Option<Address> {
        self.lock().get(&key(session_id, name)).cloned()
    }

    pub(crate) fn put(&self, session_id: &Text, name: &Text, address: Address) {
        self.lock().insert(key(session_id, name), address);
    }

    /// Forgets the sandboxes of a session.
    pub(crate) fn forget(&self, session_id: &Text) {
        let prefix = key(session_id, &Text::new());
        self.lock()
            .retain(|key, _| key.slice(0..prefix.len()) != prefix);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Text, Address>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
