//! The pauses between tries of what has to be asked again and again.

use std::time::Duration;

use tokio::time::Instant;

/// Pauses: 0.1 s for 5 s, then a tenth longer each time, up to 1 s; Daytona's SDKs' own.
#[derive(Debug)]
pub(crate) struct Polls {
    begun: Instant,
    pause: Duration,
}

impl Polls {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            pause: Duration::from_millis(100),
        }
    }

    /// Waits for the next try. False, at once, when it would be after the deadline.
    pub(crate) async fn pause(&mut self, deadline: Instant) -> bool {
        if Instant::now() + self.pause > deadline {
            return false;
        }
        self.wait().await;
        true
    }

    /// Waits for the next try.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.pause).await;
        if self.begun.elapsed() > Duration::from_secs(5) {
            self.pause = self.pause.mul_f64(1.1).min(Duration::from_secs(1));
        }
    }
}
