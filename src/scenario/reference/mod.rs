//! The reference page of scenario files, `docs/scenarios.md`: made of the same descriptions as the
//! check and the JSON Schema, so that it cannot say anything else.
//!
//! Comes in: the verbs, the JSON Schema, the capabilities. Goes out: [`reference`], committed as
//! `docs/scenarios.md`.

mod markdown;
mod page;
mod verbs;

pub use page::reference;

#[cfg(test)]
mod tests;
