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
    /// Whether the faults are those from the start, not ones put in force since.
    from_start: bool,
    planted: Planted,
}

/// What the faults that were in force from the start have done so far. They are whoever started
/// the stand-in's doing: what follows from them says nothing about the provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Planted {
    /// Requests that were not answered as they should have been; a late or slow answer is none.
    pub hits: u64,
    /// Sandboxes that died.
    pub deaths: u64,
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
        switch.lock().from_start = true;
        switch
    }

    /// A switch of its own with these faults, which counts along with this one: a share then holds
    /// over many small servers, and replacing the fork's faults changes nobody else's.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = {
            let ours = self.lock();
            State {
                faults: ours.faults.clone(),
                from_start: ours.from_start,
                ..State::default()
            }
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Replaces the faults; counting begins anew.
    pub fn set(&self, faults: Vec<Fault>) {
        let mut state = self.lock();
        state.owed_death = false;
        state.from_start = false;
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
        let is_wrong = !matches!(
            hit,
            None | Some(FaultKind::Latency(_) | FaultKind::Slow | FaultKind::Death)
        );
        if state.from_start && is_wrong {
            state.planted.hits += 1;
        }
        hit
    }

    /// What the faults from the start have done so far.
    pub fn planted(&self) -> Planted {
        self.lock().planted
    }

    /// A sandbox has died of a fault.
    pub(super) fn sandbox_died(&self) {
        let mut state = self.lock();
        if state.from_start {
            state.planted.deaths += 1;
        }
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
    fn what_faults_from_the_start_do_is_counted_and_what_is_asked_for_since_is_not() {
        let shared = FaultSwitch::new(vec!["503:50%".parse().unwrap(), "slow".parse().unwrap()]);
        let switch = shared.fork();
        switch.decide();
        assert_eq!(switch.planted(), Planted::default());
        switch.decide();
        switch.sandbox_died();
        let seen = Planted { hits: 1, deaths: 1 };
        assert_eq!(switch.planted(), seen);
        assert_eq!(shared.planted(), Planted::default());
        switch.set(vec!["503".parse().unwrap()]);
        switch.decide();
        switch.sandbox_died();
        assert_eq!(switch.planted(), seen);
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
