//! Faults of a stand-in: a bad day, rehearsed.
//!
//! Comes in: what `--fault`, a scenario's `fault` step or a test asks for, and the requests of a
//! stand-in. Goes out: late, refused, broken or dribbling answers, in the provider's own shape.
//! Deliberately absent: any provider's shape; the stand-in supplies it by [`FaultAnswers`];
//! how a fault is written, which `cutover_base::fault` holds for all who read one.
//!
//! A stand-in binds a [`FaultListener`], wraps its router with [`with_faults`] and runs [`serve`];
//! [`Connections::stop`] ends the server and every connection of it.

mod body;
mod layer;
mod listener;
mod switch;
mod tamper;

#[cfg(test)]
mod tests;

pub use cutover_base::fault::{Fault, FaultError, FaultKind};
pub use layer::{FaultAnswers, FaultHit, with_faults};
pub use listener::{Connection, Connections, FaultListener, FaultStream, serve};
pub use switch::{FaultSwitch, Planted};
pub use tamper::Tamper;
