//! Who hears of a run while it goes on.

use std::sync::Arc;

use crate::run::ProgressEvent;

/// Hears of progress; the answer is made from the journal, not from this.
pub(crate) trait Observer: Send + Sync {
    /// This many cases are about to be played.
    fn begins(&self, cases: usize);

    /// What has just happened.
    fn hears(&self, event: ProgressEvent);

    /// No more cases are played.
    fn ends(&self);

    /// Something that the user should know, which stops nothing.
    fn warns(&self, text: &str);
}

/// Hears nothing.
#[derive(Debug)]
pub(crate) struct Silent;

impl Silent {
    /// Where nothing is shown.
    pub(crate) fn shared() -> Arc<dyn Observer> {
        Arc::new(Self)
    }
}

impl Observer for Silent {
    fn begins(&self, _cases: usize) {}

    fn hears(&self, _event: ProgressEvent) {}

    fn ends(&self) {}

    fn warns(&self, _text: &str) {}
}
