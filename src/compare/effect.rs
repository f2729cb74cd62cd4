//! What an effect counts for, and how it is said.

use crate::compare::verdict::Effect;

impl Effect {
    /// Lower is worse. What nobody has said the effect of stands between a change and wording.
    pub const fn rank(effect: Option<Self>) -> u8 {
        match effect {
            Some(Self::Regression) => 0,
            Some(Self::Change) => 1,
            None => 2,
            Some(Self::Wording) => 3,
            Some(Self::Improvement) => 4,
        }
    }

    /// The effect as part of a sentence.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Improvement => "an improvement",
            Self::Regression => "a regression",
            Self::Change => "a change",
            Self::Wording => "other wording",
        }
    }

    /// Whether an agent feels it as less or other than before. What nobody has said the effect of
    /// may be felt.
    pub const fn is_felt(effect: Option<Self>) -> bool {
        !matches!(effect, Some(Self::Improvement | Self::Wording))
    }
}
