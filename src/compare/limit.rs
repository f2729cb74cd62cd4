//! Limits of a GO as data: what it rests on and does not show.
//!
//! To add a kind: a variant of [`LimitKind`] with its word in [`LimitKind::name`] and its place in
//! `LimitKind::rank`, and one function in `compare::conclude::limits` that finds it, called from
//! the list in `of` there. Reports, ranking and the decision follow.

use serde::{Deserialize, Serialize};

use crate::compare::verdict::Effect;

/// Something that a GO rests on or leaves open, which turns it into a GO with limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Of what kind.
    pub kind: LimitKind,
    /// What it means for an agent, going from source to target, where that can be said.
    pub effect: Option<Effect>,
    /// The ledger entry it comes from, if it comes from one.
    pub quirk: Option<String>,
    /// What it is, in a sentence that stands alone.
    pub what: String,
    /// Why it is so, and where it was seen: more than a terminal has room for; may be empty.
    pub more: String,
    /// What to do about it, in a sentence.
    pub advice: String,
}

impl Limit {
    /// All of it but the advice, in a sentence.
    pub fn sentence(&self) -> String {
        if self.more.is_empty() {
            self.what.clone()
        } else {
            format!("{}; {}", self.what, self.more)
        }
    }

    /// What it is and what to do about it, for whoever has little room.
    pub fn short(&self) -> String {
        with_advice(self.what.clone(), &self.advice)
    }

    /// All of it.
    pub fn whole(&self) -> String {
        with_advice(self.sentence(), &self.advice)
    }

    /// Lower is worse: by effect where there is one, then by kind.
    pub const fn rank(&self) -> (u8, u8) {
        let effect = match (self.effect, self.kind) {
            (Some(_), _) | (None, LimitKind::KnownDivergence) => Effect::rank(self.effect),
            // Of a kind that has no effect.
            (None, _) => u8::MAX,
        };
        (effect, self.kind.rank())
    }
}

fn with_advice(text: String, advice: &str) -> String {
    if advice.is_empty() {
        text
    } else {
        format!("{text}; to do: {advice}")
    }
}

/// The kinds of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// A divergence that the ledger allows.
    KnownDivergence,
    /// Only a part of the cases was run.
    Selection,
    /// Fields that agree only once tokens which change with every replay are taken out.
    Volatile,
    /// A difference of nature, which holds for every call of a verb.
    Standing,
    /// Nobody could see whether the sandboxes of a case are gone.
    Unverified,
}

impl LimitKind {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KnownDivergence => "known_divergence",
            Self::Selection => "selection",
            Self::Volatile => "volatile",
            Self::Standing => "standing",
            Self::Unverified => "unverified",
        }
    }

    /// Lower stands first among limits of one effect.
    const fn rank(self) -> u8 {
        match self {
            Self::KnownDivergence => 0,
            Self::Selection => 1,
            Self::Volatile => 2,
            Self::Standing => 3,
            Self::Unverified => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_stand_worst_first_by_effect_then_by_kind() {
        use LimitKind::{KnownDivergence, Selection, Standing, Unverified, Volatile};
        let wanted = [
            (KnownDivergence, Some(Effect::Regression)),
            (Standing, Some(Effect::Regression)),
            (KnownDivergence, Some(Effect::Change)),
            (KnownDivergence, None),
            (KnownDivergence, Some(Effect::Wording)),
            (KnownDivergence, Some(Effect::Improvement)),
            (Selection, None),
            (Volatile, None),
            (Standing, None),
            (Unverified, None),
        ];
        let limit = |(kind, effect): (LimitKind, Option<Effect>)| Limit {
            kind,
            effect,
            quirk: None,
            what: kind.name().to_owned(),
            more: String::new(),
            advice: "look".to_owned(),
        };
        let mut limits: Vec<Limit> = wanted.into_iter().rev().map(limit).collect();
        limits.sort_by_key(Limit::rank);
        let ranked: Vec<_> = limits.iter().map(|l| (l.kind, l.effect)).collect();
        assert_eq!(ranked, wanted);
        assert_eq!(limits[0].whole(), "known_divergence; to do: look");
    }
}
