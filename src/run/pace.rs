//! How many sandboxes of an account exist at once, and how fast new ones are asked for. One gate
//! for each account, shared by both sides if they use the same.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::run::settings::SideBounds;

/// The way to an account.
#[derive(Debug)]
pub(crate) struct AccountGate {
    at_once: Arc<Semaphore>,
    /// Time between two creates.
    gap: Duration,
    /// When the next create may be sent.
    next: Mutex<Instant>,
}

impl AccountGate {
    /// A gate with these bounds; as many at once as jobs if they do not say.
    pub(crate) fn new(bounds: &SideBounds, jobs: usize) -> Self {
        let gap = bounds
            .per_second
            .map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        let at_once = bounds.at_once.unwrap_or(jobs);
        Self {
            at_once: Arc::new(Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS))),
            gap,
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for room and for the turn of a case that makes so many sandboxes. The room is free
    /// again when the permit is dropped.
    pub(crate) async fn enter(&self, sandboxes: usize) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed, so a permit comes.
        let permit = Arc::clone(&self.at_once).acquire_owned().await.ok();
        if !self.gap.is_zero() {
            tokio::time::sleep_until(self.turn(sandboxes)).await;
        }
        permit
    }

    /// Takes the next turn, and moves the one after it by what this one uses up.
    fn turn(&self, sandboxes: usize) -> Instant {
        let used = self.gap * u32::try_from(sandboxes).unwrap_or(u32::MAX);
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = (*next).max(Instant::now());
        *next = mine + used;
        mine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creates_are_spread_over_time() {
        let bounds = SideBounds {
            per_second: Some(0.01),
            ..SideBounds::default()
        };
        let gate = AccountGate::new(&bounds, 8);
        let first = gate.turn(1);
        for (sandboxes, expected) in [(3, 100), (1, 400), (1, 500)] {
            let turn = gate.turn(sandboxes);
            assert_eq!(turn.duration_since(first).as_secs(), expected);
        }
        let free = AccountGate::new(&SideBounds::default(), 8);
        let turns = [free.turn(9), free.turn(9)];
        let endless = SideBounds {
            at_once: Some(usize::MAX),
            ..SideBounds::default()
        };
        let wide = AccountGate::new(&endless, 8);
        assert_eq!(wide.at_once.available_permits(), Semaphore::MAX_PERMITS);
        assert!(turns[1].duration_since(turns[0]) < Duration::from_secs(1));
    }

    #[tokio::test]
    async fn no_more_at_once_than_allowed() {
        let bounds = SideBounds {
            at_once: Some(1),
            ..SideBounds::default()
        };
        let gate = AccountGate::new(&bounds, 8);
        let first = gate.enter(1).await;
        assert_eq!(gate.at_once.available_permits(), 0);
        drop(first);
        assert!(gate.enter(1).await.is_some());
    }
}
