//! Caps and the breaker: what stops a run before its plan is done.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cutover_base::by_side::BySide;
use cutover_base::clock::Clock;
use cutover_base::side::Side;
use jiff::Timestamp;

use crate::compare::verdict::Verdict;
use crate::run::settings::RunSettings;

/// Failed creates in a row that stop a run: by then it is the account, not the sandbox.
const FAILED_CREATES_MAX: u32 = 5;

/// Why a run stopped early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// `--sandboxes-total` is used up.
    SandboxesTotal(u64),
    /// The side's account has no more in this run (`in_all` of `cutover.yaml`).
    Account(Side, u64),
    /// `--max-minutes` is over.
    Minutes(u64),
    /// Too many creates failed in a row.
    Breaker(u32),
    /// `--fail-fast` was reached.
    FailFast(u32),
    /// The journal could not be written.
    Journal(String),
    /// A case ended in a bug of cutover's.
    Bug(String),
}

impl std::fmt::Display for StopReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SandboxesTotal(max) => write!(f, "the cap of {max} sandboxes was reached"),
            Self::Account(side, max) => {
                write!(f, "the {side}'s account allows {max} sandboxes in all")
            }
            Self::Minutes(max) => write!(f, "the cap of {max} minutes was reached"),
            Self::Breaker(count) => write!(f, "{count} creates in a row failed"),
            Self::FailFast(count) => {
                write!(
                    f,
                    "{count} cases changed, which is the limit of --fail-fast"
                )
            }
            Self::Journal(error) => write!(f, "the journal could not be written: {error}"),
            Self::Bug(error) => write!(f, "a bug of cutover's ended a case: {error}"),
        }
    }
}

/// Counts what the caps are about. Shared by all jobs.
#[derive(Debug)]
pub(crate) struct Budget {
    clock: Clock,
    ends: Option<(Timestamp, u64)>,
    sandboxes_total: Option<u64>,
    /// Of each side's account.
    in_all: BySide<Option<u64>>,
    one_account: bool,
    fail_fast: Option<u32>,
    created: BySide<AtomicU64>,
    destroyed: AtomicU64,
    /// Sandboxes that cases which have begun have still to make.
    promised: BySide<AtomicU64>,
    /// By side: a healthy side must not hide that the other one makes nothing.
    failed_in_a_row: BySide<AtomicU32>,
    changed: AtomicU32,
    stopped: AtomicBool,
    reason: Mutex<Option<StopReason>>,
}

impl Budget {
    pub(crate) fn new(settings: &RunSettings) -> Self {
        let clock = settings.clock.clone();
        let ends = settings.minutes_max.map(|max: Duration| {
            let end = clock.now().saturating_add(max).unwrap_or(Timestamp::MAX);
            (end, max.as_secs() / 60)
        });
        Self {
            clock,
            ends,
            sandboxes_total: settings.sandboxes_total,
            in_all: settings.bounds.as_ref().map(|bounds| bounds.in_all),
            one_account: settings.one_account,
            fail_fast: settings.fail_fast,
            created: BySide::default(),
            destroyed: AtomicU64::new(0),
            promised: BySide::default(),
            failed_in_a_row: BySide::default(),
            changed: AtomicU32::new(0),
            stopped: AtomicBool::new(false),
            reason: Mutex::new(None),
        }
    }

    /// Asks for one more sandbox.
    pub(crate) fn admit(&self, side: Side) -> Result<(), StopReason> {
        if let Some(reason) = self.reason() {
            return Err(reason);
        }
        if let Some(max) = self.sandboxes_total
            && self.made() >= max
        {
            return Err(self.stop(StopReason::SandboxesTotal(max)));
        }
        let made = if self.one_account {
            self.made()
        } else {
            self.created[side].load(Ordering::SeqCst)
        };
        if let Some(max) = self.in_all[side]
            && made >= max
        {
            return Err(self.stop(StopReason::Account(side, max)));
        }
        Ok(())
    }

    /// Whether the caps on sandboxes leave room for one more case beside those that have begun. A
    /// case that is begun without may be left with one side.
    pub(crate) fn has_room(&self, wanted: &BySide<u64>) -> bool {
        let taken = BySide::from_fn(|side| {
            let made = self.created[side].load(Ordering::SeqCst);
            made + self.promised[side].load(Ordering::SeqCst) + wanted[side]
        });
        let both = taken.source + taken.target;
        let in_total = self.sandboxes_total.is_none_or(|max| both <= max);
        in_total
            && self.in_all.iter().all(|(side, max)| {
                let mine = if self.one_account { both } else { taken[side] };
                max.is_none_or(|max| mine <= max)
            })
    }

    /// Takes note of what a case that begins will make in one replay.
    pub(crate) fn promise(&self, wanted: &BySide<u64>) {
        for (side, count) in wanted.iter() {
            self.promised[side].fetch_add(*count, Ordering::SeqCst);
        }
    }

    /// The case has made it, or will not.
    pub(crate) fn settle(&self, wanted: &BySide<u64>) {
        for (side, count) in wanted.iter() {
            self.promised[side].fetch_sub(*count, Ordering::SeqCst);
        }
    }

    pub(crate) fn created(&self, side: Side) {
        self.created[side].fetch_add(1, Ordering::SeqCst);
        self.failed_in_a_row[side].store(0, Ordering::SeqCst);
    }

    pub(crate) fn create_failed(&self, side: Side) {
        let count = self.failed_in_a_row[side].fetch_add(1, Ordering::SeqCst) + 1;
        if count >= FAILED_CREATES_MAX {
            self.stop(StopReason::Breaker(count));
        }
    }

    pub(crate) fn destroyed(&self) {
        self.destroyed.fetch_add(1, Ordering::SeqCst);
    }

    fn made(&self) -> u64 {
        let made = self.created.iter();
        made.map(|(_, count)| count.load(Ordering::SeqCst)).sum()
    }

    /// Takes note of a verdict.
    pub(crate) fn judged(&self, verdict: Verdict) {
        let changed = matches!(verdict, Verdict::NewDivergence | Verdict::ExpectationFailed);
        if !changed {
            return;
        }
        let count = self.changed.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(max) = self.fail_fast
            && count >= max
        {
            self.stop(StopReason::FailFast(count));
        }
    }

    /// Stops the run; the first reason stands.
    pub(crate) fn stop(&self, reason: StopReason) -> StopReason {
        let mut held = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        self.stopped.store(true, Ordering::SeqCst);
        held.get_or_insert(reason).clone()
    }

    /// Why the run is to stop, if it is.
    pub(crate) fn reason(&self) -> Option<StopReason> {
        if let Some((end, minutes)) = self.ends
            && !self.stopped.load(Ordering::SeqCst)
            && self.clock.now() >= end
        {
            return Some(self.stop(StopReason::Minutes(minutes)));
        }
        if !self.stopped.load(Ordering::SeqCst) {
            return None;
        }
        self.reason
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn totals(&self) -> (u64, u64) {
        (self.made(), self.destroyed.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::settings::{Replays, SideBounds};

    fn budget() -> Budget {
        Budget::new(&settings())
    }

    fn settings() -> RunSettings {
        RunSettings {
            id: "r".to_owned(),
            clock: Clock::new(),
            jobs: 1,
            replays: Replays::Auto,
            seed: 0,
            gap: Duration::ZERO,
            fail_fast: None,
            bounds: BySide::default(),
            one_account: false,
            sandboxes_total: None,
            minutes_max: None,
            guard: crate::run::GUARD_DEFAULT,
            lanes: BySide::default(),
            providers: BySide::default(),
        }
    }

    #[test]
    fn creates_that_fail_on_one_side_stop_the_run_though_the_other_is_well() {
        let budget = budget();
        for _ in 1..FAILED_CREATES_MAX {
            budget.create_failed(Side::Target);
            budget.created(Side::Source);
        }
        assert_eq!(budget.reason(), None);
        budget.create_failed(Side::Target);
        assert_eq!(
            budget.reason(),
            Some(StopReason::Breaker(FAILED_CREATES_MAX))
        );
    }

    #[test]
    fn an_account_that_both_sides_use_is_counted_as_one() {
        for (one_account, second) in [
            (false, Ok(())),
            (true, Err(StopReason::Account(Side::Target, 1))),
        ] {
            let bounds = SideBounds {
                in_all: Some(1),
                ..SideBounds::default()
            };
            let budget = Budget::new(&RunSettings {
                bounds: BySide::from_fn(|_| bounds.clone()),
                one_account,
                ..settings()
            });
            budget.created(Side::Source);
            assert_eq!(budget.admit(Side::Target), second);
        }
    }

    #[test]
    fn a_case_begins_only_where_the_caps_leave_room_for_both_of_its_sides() {
        let pair = BySide::from_fn(|_| 1);
        let of_three = SideBounds {
            in_all: Some(3),
            ..SideBounds::default()
        };
        for (bounds, one_account, total, cases) in [
            (SideBounds::default(), false, Some(5), 2),
            (of_three.clone(), false, None, 3),
            (of_three, true, None, 1),
        ] {
            let budget = Budget::new(&RunSettings {
                bounds: BySide::from_fn(|_| bounds.clone()),
                one_account,
                sandboxes_total: total,
                ..settings()
            });
            for begun in 0..cases {
                assert!(budget.has_room(&pair), "{bounds:?} {begun}");
                budget.promise(&pair);
            }
            assert!(!budget.has_room(&pair), "{bounds:?}");
            budget.settle(&pair);
            assert!(budget.has_room(&pair), "{bounds:?}");
        }
    }

    #[test]
    fn a_create_that_succeeds_begins_the_count_anew() {
        let budget = budget();
        for _ in 0..3 {
            for _ in 1..FAILED_CREATES_MAX {
                budget.create_failed(Side::Target);
            }
            budget.created(Side::Target);
        }
        assert_eq!(budget.reason(), None);
    }
}
