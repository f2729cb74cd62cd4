//! Normalisation: named, ordered, pure rules that take out what differs between any two runs.
//!
//! Comes in: a field's value, the literals the harness was given, the window of the run, the
//! step's own rules. Goes out: [`Normalised`], a type of its own, so that raw output cannot be
//! compared by mistake, with the names of the rules that changed something.
//! Deliberately absent: everything that is not in [`RULES`] or in the scenario. Trailing newlines,
//! `[exit code N]`, `is_error`, `failed:` against `error:`, in-band `error:` texts and the order
//! of streams stay as they are: they are what the comparison is for.

mod content;
mod moment;
mod normaliser;
mod own;
mod reference;
mod rules;
mod time;

pub use content::{Content, NORMALISED_BYTES_MAX, Normalised};
pub use normaliser::Normaliser;
pub use own::own_rules;
pub use rules::{RULES, Rule, TIME};
