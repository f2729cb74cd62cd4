//! What a step asks for that not every provider or lane has, known without running anything.

use crate::call::{Lane, Provider, SideSpec};
use crate::scenario::node::Position;

/// A verb, an argument or a word of one that somebody lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The step's id.
    pub step: String,
    /// What it is, e.g. `` `stdin` of `execute` ``.
    pub what: String,
    /// Who has it.
    pub had_by: HadBy,
    /// Where it stands in the file.
    pub at: Position,
}

/// Who has what a step asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HadBy {
    /// These providers, on every lane.
    Providers(&'static [Provider]),
    /// Stand-ins only.
    Standins,
}

impl Want {
    /// Why a run with this side cannot do it, if that is so. A recorded side has done what it
    /// could.
    pub fn lacks(&self, spec: &SideSpec) -> Option<String> {
        let Self { step, what, .. } = self;
        let who = match self.had_by {
            HadBy::Providers(providers) if !providers.contains(&spec.provider) => {
                spec.provider.title().to_owned()
            }
            HadBy::Standins if spec.lane == Lane::Live => format!("the live {}", spec.provider),
            HadBy::Providers(_) | HadBy::Standins => return None,
        };
        Some(format!("{what} (step `{step}`), which {who} does not have"))
    }

    /// What whoever writes the step should know.
    pub fn note(&self) -> String {
        let Self { what, .. } = self;
        match self.had_by {
            HadBy::Providers(providers) => {
                let have: Vec<&str> = providers.iter().map(|one| one.title()).collect();
                let have = have.join(" and ");
                format!(
                    "{what} exists on {have} only; with another provider the case is unsupported"
                )
            }
            HadBy::Standins => {
                format!("{what} takes stand-ins; with a live side the case is unsupported")
            }
        }
    }
}
