//! What became of the calls of a log.

use std::collections::BTreeMap;

use crate::capture::effect::Reach;

/// What became of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is a step.
    Replayed(Reach),
    /// It changes something outside, and stands in the scenario as a comment; what shows it.
    HeldBack(String),
    /// It cannot be replayed, and why.
    Lost(String),
}

/// How many calls came to what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Calls in all.
    pub(crate) calls: usize,
    /// Those that are steps.
    pub(crate) replayed: usize,
    /// Calls of those that only read.
    pub(crate) reads: usize,
    /// Calls of those that change their sandbox.
    pub(crate) changes: usize,
    /// Calls of those that read from the network.
    pub(crate) network: usize,
    /// What was held back, by what shows it.
    pub(crate) held: BTreeMap<String, usize>,
    /// What cannot be replayed, by why.
    pub(crate) lost: BTreeMap<String, usize>,
}

impl Tally {
    /// Counts calls that came to the same.
    pub(crate) fn add_times(&mut self, fate: &Fate, times: usize) {
        self.calls += times;
        match fate {
            Fate::Replayed(reach) => {
                self.replayed += times;
                match reach {
                    Reach::Reads => self.reads += times,
                    Reach::Changes | Reach::Outside => self.changes += times,
                    Reach::Network => self.network += times,
                }
            }
            Fate::HeldBack(what) => *self.held.entry(what.clone()).or_default() += times,
            Fate::Lost(why) => *self.lost.entry(why.clone()).or_default() += times,
        }
    }

    /// Adds the counts of another.
    pub(crate) fn join(&mut self, other: &Self) {
        self.calls += other.calls;
        self.replayed += other.replayed;
        self.reads += other.reads;
        self.changes += other.changes;
        self.network += other.network;
        for (what, count) in &other.held {
            *self.held.entry(what.clone()).or_default() += count;
        }
        for (why, count) in &other.lost {
            *self.lost.entry(why.clone()).or_default() += count;
        }
    }

    /// Calls that were held back.
    pub(crate) fn held_back(&self) -> usize {
        self.held.values().sum()
    }

    /// Calls that cannot be replayed.
    pub(crate) fn cannot(&self) -> usize {
        self.lost.values().sum()
    }

    /// All numbers in one line, with every call in exactly one of them.
    pub(crate) fn told(&self) -> String {
        format!(
            "{}: {} replayed, {} held back, {} cannot be replayed",
            cutover_base::words::counted(self.calls, "call"),
            self.replayed,
            self.held_back(),
            self.cannot()
        )
    }

    /// What was held back and what cannot be replayed, a line each.
    pub(crate) fn details(&self) -> Vec<String> {
        let held = self
            .held
            .iter()
            .map(|(what, count)| format!("held back: {what} ({count})"));
        let lost = self.lost.iter();
        let lost = lost.map(|(why, count)| format!("cannot be replayed: {why} ({count})"));
        held.chain(lost).collect()
    }
}
