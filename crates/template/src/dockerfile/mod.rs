//! What a Dockerfile makes, with the lines it stands in.

mod lines;
mod mistakes;
mod read;
mod recipe;
mod variables;

pub(crate) use lines::line_of;
pub(crate) use mistakes::without_mistakes;
pub(crate) use variables::{Variables, declared, expand, pairs};

pub use recipe::{Argument, At, Copied, Recipe};
