//! The vocabulary of calls: who is asked (subject), what is asked (verb, call), what came back
//! (outcome, failure).
//!
//! Comes in: names of `base`. Goes out: plain data for every room above. Deliberately absent:
//! how a call is sent, how it is written in YAML, how two outcomes compare.

pub mod failure;
pub mod outcome;
pub mod provider_call;
pub mod subject;
pub mod verb;

pub use failure::{Failure, FailureClass};
pub use outcome::{FieldValue, Outcome};
pub use provider_call::ProviderCall;
pub use subject::{Lane, Provider, SideSpec, Stack, Surface};
pub use verb::Verb;
