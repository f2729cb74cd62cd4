//! `JSON.parse` and `JSON.stringify` of Node 20, with the words of its errors.
//!
//! Comes in: bytes or a text, or a value. Goes out: the value or V8's message, or the text.

mod cursor;
mod error;
mod literal;
mod number;
mod parse;
mod reader;
mod string;
mod stringify;

pub use error::SyntaxError;
pub use parse::{parse, parse_text};
pub use stringify::{stringify, stringify_text};
