//! The JSON Schema (2020-12) of scenario files, for editors.
//!
//! Comes in: the words that the check knows (`scenario::check`). Goes out: [`schema`], committed
//! as `scenarios/scenario.schema.json`. It accepts every file that the check accepts; what only
//! the check can see (references, names, fields of a surface) it leaves to the check.

mod conditions;
mod file;
mod verbs;

pub use file::schema;

#[cfg(test)]
mod tests;
