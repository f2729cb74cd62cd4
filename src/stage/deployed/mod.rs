//! A platform that somebody else runs, by its address.
//!
//! Comes in: a case and where the platform is. Goes out: a surface and the other hand, as far as
//! there is one. What is made there is learnt by asking, and destroyed through the provider where
//! its key is known, else by ending the session; what could not be learnt is `unverified`.

mod backstage;
mod host;
mod open;
mod side;

pub(super) use open::open;
pub use side::DeployedSide;
