//! What a registration tells while it runs, and what of it stands should it end now.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// What is being done.
    Step(&'a str),
    /// A line of the build's log.
    Log(&'a str),
    /// Something that is not as it should be, and ends nothing.
    Warning(&'a str),
}

/// Who is told, and what stands.
pub struct Progress<'a> {
    tell: Box<dyn Fn(Event<'_>) + Send + Sync + 'a>,
    stands: Mutex<String>,
}

impl<'a> Progress<'a> {
    /// Nothing has been made yet.
    pub fn new(tell: impl Fn(Event<'_>) + Send + Sync + 'a) -> Self {
        Self {
            tell: Box::new(tell),
            stands: Mutex::new("Nothing was made.".to_owned()),
        }
    }

    /// What stands half-made at the provider, and how it is removed.
    pub fn stands(&self) -> String {
        self.lock().clone()
    }

    pub(crate) fn now_stands(&self, what: impl Into<String>) {
        *self.lock() = what.into();
    }

    pub(crate) fn step(&self, text: &str) {
        (self.tell)(Event::Step(text));
    }

    pub(crate) fn log(&self, line: &str) {
        (self.tell)(Event::Log(line));
    }

    pub(crate) fn warn(&self, text: &str) {
        (self.tell)(Event::Warning(text));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, String> {
        self.stands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").finish_non_exhaustive()
    }
}
