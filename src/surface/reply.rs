//! What a surface gives back, and whom it tells about the lives of sandboxes.

use indexmap::IndexMap;

use crate::call::Provider;
use crate::transcript::{KnownLiteral, StepResult};

/// The answer to one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The result.
    pub result: StepResult,
    /// Literals learnt by it, which differ between any two runs.
    pub literals: Vec<KnownLiteral>,
}

impl Reply {
    /// A reply that teaches no literal.
    pub const fn plain(result: StepResult) -> Self {
        Self {
            result,
            literals: Vec::new(),
        }
    }

    /// A reply to a call that something made impossible.
    pub fn not_reached(why: impl Into<String>) -> Self {
        Self::plain(StepResult::NotReached(why.into()))
    }
}

impl Reply {
    /// Adds what was learnt of a sandbox that somebody else made.
    pub(super) fn adopt(&mut self, adopted: Result<Option<KnownLiteral>, String>) {
        match adopted {
            Ok(literal) => self.literals.extend(literal),
            Err(why) => self.result = StepResult::HarnessError(why),
        }
    }
}

impl From<Refused> for Reply {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unwritten(why) => Self::plain(StepResult::HarnessError(why)),
            Refused::Stopped(why) => Self::not_reached(why),
        }
    }
}

/// Why a sandbox may not be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The intent could not be written down.
    Unwritten(String),
    /// A cap or the breaker has stopped the run.
    Stopped(String),
}

/// Is told of every sandbox before it is asked for, when it exists, and when it is gone, so that
/// the journal can account for each.
pub trait Lifecycle: Send + Sync + std::fmt::Debug {
    /// Labels that a new sandbox must carry.
    fn labels(&self) -> IndexMap<String, String>;

    /// A sandbox is about to be asked for. Without a provider it is the side's: a platform that was
    /// switched asks the other one.
    ///
    /// # Errors
    /// When it may not be asked for; it is then not.
    fn intent(
        &self,
        provider: Option<Provider>,
        name: &str,
        labels: &IndexMap<String, String>,
    ) -> Result<(), Refused>;

    /// It exists.
    fn created(&self, sandbox: &str);

    /// The provider did not make it.
    fn create_failed(&self);

    /// It is gone.
    fn destroyed(&self, sandbox: &str, how: &str);

    /// It could not be destroyed.
    fn leaked(&self, sandbox: &str, why: &str);
}
