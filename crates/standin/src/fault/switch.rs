//! Which request is hit: counted, not drawn, so that the same run has the same bad day.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fault::{Fault, FaultKind};

/// The faults in force. Clones share faults and counters; forks share the counters only.
#[derive(Debug, Clone, Default)]
pub struct FaultSwitch {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    faults: Vec<Counted>,
    /// A death that fell on a request which addresses no sandbox, kept for the next one.
    owed_death: bool,
}

#[derive(Debug, Clone)]
struct Counted {
    kind: FaultKind,
    /// Hundredths of a percent; whole numbers, so that the n-th hit is the n-th hit for ever.
    share: u64,
    requests: Arc<AtomicU64>,
}

impl FaultSwitch {
    /// A switch with these faults.
    pub fn new(faults: Vec<Fault>) -> Self {
        let switch = Self::default();
        switch.set(faults);
        switch
    }

    /// A switch of its own with these faults, which counts along with this one: a share then holds
    /// over many small servers, and replacing the fork's faults changes nobody else's.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = State {
            faults: self.lock().faults.clone(),
            owed_death: false,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Replaces the faults; counting begins anew.
    pub fn set(&self, faults: Vec<Fault>) {
        let mut state = self.lock();
        state.owed_death = false;
        state.faults = faults
            .into_iter()
            .map(|fault| Counted {
                share: share_of(fault.share),
                kind: fault.kind,
                requests: Arc::default(),
            })
            .collect();
    }

    /// The faults in force.
    pub fn faults(&self) -> Vec<Fault> {
        let state = self.lock();
        let fault = |counted: &Counted| Fault {
            kind: counted.kind.clone(),
            share: share_from(counted.share),
        };
        state.faults.iter().map(fault).collect()
    }

    /// Counts a request, and says what happens to it. Of several faults that hit the same
    /// request the first in the list wins; all of them count it.
    pub fn decide(&self) -> Option<FaultKind> {
        let mut state = self.lock();
        let mut hit = None;
        for fault in &mut state.faults {
            let requests = fault.requests.fetch_add(1, Ordering::SeqCst);
            let before = requests * fault.share / 10_000;
            let after = (requests + 1) * fault.share / 10_000;
            if after > before && hit.is_none() {
                hit = Some(fault.kind.clone());
            }
        }
        if std::mem::take(&mut state.owed_death) {
            return Some(FaultKind::Death);
        }
        hit
    }

    /// Lets the next request be the deadly one, as this one addressed no sandbox.
    pub(super) fn owe_death(&self) {
        let mut state = self.lock();
        // The faults may have been replaced meanwhile; then nothing is owed any more.
        state.owed_death = state
            .faults
            .iter()
            .any(|fault| fault.kind == FaultKind::Death);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=10000 in the same line; NaN becomes 0"
)]
fn share_of(share: f64) -> u64 {
    (share * 10_000.0).round().clamp(0.0, 10_000.0) as u64
}

#[expect(clippy::cast_precision_loss, reason = "at most 10000, by `share_of`")]
fn share_from(hundredths: u64) -> f64 {
    hundredths as f64 / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(fault: &str, requests: usize) -> Vec<usize> {
        let switch = FaultSwitch::new(vec![fault.parse().unwrap()]);
        (1..=requests)
            .filter(|_| switch.decide().is_some())
            .collect()
    }

    #[test]
    fn forks_count_together_and_are_replaced_apart() {
        let shared = FaultSwitch::new(vec!["503:50%".parse().unwrap()]);
        let (first, second) = (shared.fork(), shared.fork());
        assert_eq!(first.decide(), None);
        assert_eq!(second.decide(), Some(FaultKind::Status(503)));
        first.set(Vec::new());
        assert_eq!(first.decide(), None);
        assert_eq!(second.decide(), None);
        assert_eq!(second.decide(), Some(FaultKind::Status(503)));
    }

    #[test]
    fn a_share_hits_every_nth_request() {
        assert_eq!(hits("503", 4), [1, 2, 3, 4]);
        assert_eq!(hits("503:25%", 10), [4, 8]);
        assert_eq!(hits("503:10%", 30), [10, 20, 30]);
        // 0.29 * 100 is under 29 in floating point; whole numbers lose no hit.
        assert_eq!(hits("503:29%", 100).len(), 29);
        assert_eq!(hits("503:0.01%", 10_000), [10_000]);
    }

    #[test]
    fn the_faults_in_force_are_shown_as_they_were_set() {
        let text = "latency:50ms:0.5%, 503:29%, reset";
        let switch = FaultSwitch::new(Fault::parse_list(text).unwrap());
        let shown: Vec<_> = switch.faults().iter().map(ToString::to_string).collect();
        assert_eq!(shown.join(", "), text);
    }

    #[test]
    fn the_first_of_several_wins_and_all_count() {
        let faults = Fault::parse_list("slow:50%, 503:25%").unwrap();
        let switch = FaultSwitch::new(faults);
        let seen: Vec<_> = (0..8).map(|_| switch.decide()).collect();
        let slow = Some(FaultKind::Slow);
        assert_eq!(
            seen,
            [
                None,
                slow.clone(),
                None,
                slow.clone(),
                None,
                slow.clone(),
                None,
                slow
            ]
        );
    }

    #[test]
    fn clones_share_and_set_starts_anew() {
        let switch = FaultSwitch::new(vec!["503:50%".parse().unwrap()]);
        let clone = switch.clone();
        assert_eq!(switch.decide(), None);
        assert_eq!(clone.decide(), Some(FaultKind::Status(503)));
        clone.set(Vec::new());
        assert_eq!(switch.decide(), None);
    }

    #[test]
    fn an_owed_death_comes_with_the_next_request() {
        let switch = FaultSwitch::new(vec!["death:50%".parse().unwrap()]);
        assert_eq!(switch.decide(), None);
        assert_eq!(switch.decide(), Some(FaultKind::Death));
        switch.owe_death();
        assert_eq!(switch.decide(), Some(FaultKind::Death));
        assert_eq!(switch.decide(), Some(FaultKind::Death));
        assert_eq!(switch.decide(), None);
        switch.set(Vec::new());
        switch.owe_death();
        assert_eq!(switch.decide(), None);
    }
}
