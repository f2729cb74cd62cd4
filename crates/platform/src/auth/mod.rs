//! Who may do what: the master key everywhere, an agent's token for its artifacts.

mod header;
mod token;

pub use header::Presented;
pub(crate) use header::same;
pub(crate) use token::verify;
pub use token::{Claims, sign};
