//! What is wrong with templates and with the platform's environment, and how two templates differ.

mod certificates;
mod compare;
mod copies;
mod environment;
mod finding;
mod limits;
mod pipes;
mod report;
mod secrets;
mod sources;
mod stale;

pub(crate) use compare::credential;
pub use compare::{Difference, Value};
pub use environment::environment;
pub use finding::{Finding, Level};
pub use report::{Audit, audit};
pub(crate) use secrets::is_secret;
