//! Importing: a log of tool calls as a folder of scenarios.

mod folder;
mod parts;
mod run;
mod shapes;

pub(crate) use run::import;
