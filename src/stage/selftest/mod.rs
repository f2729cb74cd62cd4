//! Self-test of the judge: differences planted on the wire, all of which must be found, and noise,
//! none of which may be raised.
//!
//! Both sides of a plant are stand-ins of the same provider, so that whatever is found was
//! planted. The plants change messages on their way out of the target's stand-in
//! ([`cutover_standin::fault::Tamper`]); nothing else knows of them.

mod plant;
mod plants;
mod stage;
mod wire;

pub use plant::{Expected, Plant};
pub use plants::plants;
pub use stage::PlantStage;
