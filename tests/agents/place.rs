//! Stand-ins in this process, and the variables that lead to them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cutover_standin::engine::Engine;
use cutover_standin::server::{Standin, StandinOptions};
use cutover_standin::{daytona, e2b};

/// How long anything may take; far more than it does.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// The providers, by the names that `SANDBOX_CHOICE` knows.
pub(crate) const BOTH: [&str; 2] = ["e2b", "daytona"];

/// What all cases share.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) engine: Arc<dyn Engine>,
}

impl Place {
    /// A stand-in of a provider.
    pub(crate) async fn standin(&self, provider: &str) -> Arc<dyn Standin> {
        let options = StandinOptions::new(Arc::clone(&self.engine));
        let started = match provider {
            "e2b" => e2b::start(options).await,
            _ => daytona::start(options).await,
        };
        started.unwrap()
    }
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
