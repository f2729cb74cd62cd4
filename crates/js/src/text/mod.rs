//! JavaScript strings: sequences of UTF-16 code units, lone surrogates included.
//!
//! Comes in: Rust's strings and code units. Goes out: the same, after what JavaScript's methods of
//! these names do. Nothing here knows a language or a locale.

mod build;
mod search;
mod string;
mod trim;

pub(crate) use build::TextBuilder;
pub use string::Text;
