//! What is combined: a fault, the sides that it falls on, its share, and the cases.

use std::time::Duration;

use cutover_base::by_side::BySide;
use cutover_standin::fault::{Fault, FaultKind, FaultSwitch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Statuses that are registered, or that a load balancer gives.
const STATUSES: [(u16, u16); 9] = [
    (400, 418),
    (421, 429),
    (431, 431),
    (451, 451),
    (499, 499),
    (500, 508),
    (510, 511),
    (520, 530),
    (599, 599),
];

const SHARES: [f64; 3] = [0.01, 0.1, 1.0];

/// Combinations of a sample, and the cases of each.
const SAMPLE: usize = 72;
const SAMPLE_CASES: usize = 4;

/// A bad day.
#[derive(Debug, Clone)]
pub(crate) struct Combination {
    /// The faults of each side.
    pub(crate) faults: BySide<Option<Fault>>,
    /// Requests that go before the first one that is counted.
    pub(crate) phase: u32,
    /// The scenarios that are played.
    pub(crate) cases: Vec<String>,
}

impl Combination {
    /// A good day.
    pub(crate) fn none(cases: Vec<String>) -> Self {
        Self {
            faults: BySide::default(),
            phase: 0,
            cases,
        }
    }

    pub(crate) fn name(&self) -> String {
        let side = |side: &str, fault: &Option<Fault>| {
            fault.as_ref().map(|fault| format!("{side}={fault}"))
        };
        let sides = [
            side("source", &self.faults.source),
            side("target", &self.faults.target),
        ];
        let sides: Vec<String> = sides.into_iter().flatten().collect();
        let phase = match self.phase {
            0 => String::new(),
            phase => format!(" after {phase}"),
        };
        let cases = match self.cases.as_slice() {
            few if few.len() <= SAMPLE_CASES => few.join(", "),
            many => format!("{} cases", many.len()),
        };
        format!("{}{phase}: {cases}", sides.join(" "))
    }

    /// The switches that carry it out.
    pub(crate) fn switches(&self) -> BySide<FaultSwitch> {
        self.faults.as_ref().map(|fault| {
            let switch = FaultSwitch::new(fault.iter().cloned().collect());
            for _ in 0..self.phase {
                switch.decide();
            }
            switch
        })
    }
}

fn kinds() -> Vec<FaultKind> {
    let mut kinds = vec![
        FaultKind::Latency(Duration::from_millis(30)),
        FaultKind::RateLimited { retry_after_s: 0 },
        FaultKind::Reset,
        FaultKind::Truncate,
        FaultKind::Slow,
        FaultKind::Death,
    ];
    let statuses = STATUSES.iter().flat_map(|(first, last)| *first..=*last);
    kinds.extend(
        statuses
            .filter(|status| *status != 429)
            .map(FaultKind::Status),
    );
    kinds
}

fn on_sides(fault: &Fault) -> [BySide<Option<Fault>>; 3] {
    let of = |source: bool, target: bool| BySide {
        source: source.then(|| fault.clone()),
        target: target.then(|| fault.clone()),
    };
    [of(true, false), of(false, true), of(true, true)]
}

/// Every kind on every side in every share, each over all cases.
pub(crate) fn all(cases: &[String]) -> Vec<Combination> {
    let mut all = Vec::new();
    for kind in kinds() {
        for share in SHARES {
            let fault = Fault {
                kind: kind.clone(),
                share,
            };
            all.extend(on_sides(&fault).map(|faults| Combination {
                faults,
                phase: 0,
                cases: cases.to_vec(),
            }));
        }
    }
    all
}

/// Some of them, each over a few cases, and beginning anywhere in the count, so that small shares
/// meet requests of every kind.
pub(crate) fn sample(cases: &[String], seed: u64) -> Vec<Combination> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut below = move |end: usize| chance.next_u32() as usize % end;
    let kinds = kinds();
    (0..SAMPLE)
        .map(|index| {
            // Every kind in turn, the common ones more often.
            let kind = if index % 3 == 0 {
                kinds[below(6)].clone()
            } else {
                kinds[6 + below(kinds.len() - 6)].clone()
            };
            let share = [0.1, 0.1, 0.34, 1.0][below(4)];
            let sides = below(3);
            let [first, second, third] = on_sides(&Fault { kind, share });
            Combination {
                faults: [first, second, third][sides].clone(),
                phase: u32::try_from(below(10)).unwrap(),
                cases: (0..SAMPLE_CASES)
                    .map(|_| cases[below(cases.len())].clone())
                    .collect(),
            }
        })
        .collect()
}
