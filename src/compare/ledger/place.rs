//! Which steps a shape is about: one place, a pattern over many, or every call of a verb.

use crate::call::Surface;
use crate::compare::ledger::pattern::CasePattern;
use crate::scenario::verbs::Verb;

/// Which steps a shape is about.
#[derive(Debug, Clone)]
pub enum Place {
    /// Steps by the names of their case and their own.
    Steps {
        /// Which cases.
        case: CasePattern,
        /// Which steps of them.
        step: StepPattern,
    },
    /// Every call of a verb, in every case or in some.
    Verb {
        /// The verb.
        verb: &'static Verb,
        /// Which cases; all if not said.
        case: Option<CasePattern>,
    },
}

/// A step as the ledger names one: its id, or a pattern with `*` for any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepPattern(pub(super) String);

impl StepPattern {
    /// As it was written.
    pub fn text(&self) -> &str {
        &self.0
    }

    fn is_wide(&self) -> bool {
        self.0.contains('*')
    }

    /// Whether it names the step.
    pub fn matches(&self, step: &str) -> bool {
        super::pattern::glob(&self.0, step)
    }
}

impl Place {
    /// Whether it names the step of a case.
    pub(crate) fn names(&self, case: &str, step: &str, verb: &Verb) -> bool {
        match self {
            Self::Steps {
                case: cases,
                step: steps,
            } => cases.matches(case) && steps.matches(step),
            Self::Verb {
                verb: wanted,
                case: cases,
            } => wanted.name == verb.name && cases.as_ref().is_none_or(|cases| cases.matches(case)),
        }
    }

    /// Whether it may be about more than one step.
    pub fn is_wide(&self) -> bool {
        match self {
            Self::Steps { case, step } => case.is_wide() || step.is_wide(),
            Self::Verb { .. } => true,
        }
    }

    /// Whether it is about all cases, however they are called.
    pub fn is_of_all_cases(&self) -> bool {
        match self {
            Self::Steps { case, .. } => case.is_everywhere(),
            Self::Verb { case, .. } => case.as_ref().is_none_or(CasePattern::is_everywhere),
        }
    }

    /// Whether it names this case in particular.
    pub fn is_of_case(&self, id: &str) -> bool {
        match self {
            Self::Steps { case, .. } => !self.is_wide() && case.matches(id),
            Self::Verb { .. } => false,
        }
    }

    /// The surfaces it may be about.
    pub fn surfaces(&self) -> Vec<Surface> {
        match self {
            Self::Steps { case, .. }
            | Self::Verb {
                case: Some(case), ..
            } => case.surfaces(),
            Self::Verb { case: None, .. } => Surface::ALL.to_vec(),
        }
    }

    /// How exactly it speaks; the greater goes first. A literal place goes before a pattern,
    /// which goes before a verb; of two alike the one with more characters that are no wildcard.
    pub(super) fn exactness(&self) -> (u8, usize) {
        match self {
            // Two literal places that name the same step are equally exact.
            Self::Steps { case, .. } if !self.is_wide() => (2, usize::from(case.is_exact())),
            Self::Steps { case, step } => {
                let of_step = step.0.chars().filter(|c| *c != '*').count();
                (1, case.constant() + of_step)
            }
            Self::Verb { case, .. } => (0, case.as_ref().map_or(0, CasePattern::constant)),
        }
    }

    /// The place in words, for people.
    pub fn text(&self) -> String {
        match self {
            Self::Steps { case, step } => format!("{}  step {}", case.text(), step.text()),
            Self::Verb { verb, case: None } => format!("every {}", verb.name),
            Self::Verb {
                verb,
                case: Some(case),
            } => format!("every {} in {}", verb.name, case.text()),
        }
    }
}
