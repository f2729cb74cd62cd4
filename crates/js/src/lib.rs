//! What agents can see of JavaScript: its strings, its JSON, its base64, its URLs, its HTTP client.
//!
//! The original is written in JavaScript and runs on Node 20 (V8 11.3, undici 6.24). An agent reads
//! error messages of `JSON.parse`, sees how many bytes `Buffer.from(text, "base64")` makes of a text
//! that is none, and which white space `trim` takes away. This crate gives the same answers; its
//! tests compare them with answers of Node that are stored in `tests/answers`.
//!
//! Comes in: bytes, texts, URLs. Goes out: the value, or the message that JavaScript throws.
//!
//! # What is not like JavaScript
//! - **Depth.** V8 throws `Maximum call stack size exceeded` when it turns a deeply nested value into
//!   text; here nothing depends on depth, and it becomes text.
//! - **Memory.** V8 refuses strings over 2^29 - 24 code units; here a body of a response has a limit
//!   of its own ([`fetch::Limits::body_bytes_max`]).
//! - **Unicode** of letter case is that of the Rust standard library: the same as Node's today (a
//!   test compares every letter), but each of the two moves on by itself.
//! - **`fetch`** only does what the original and its SDKs do with it: send a body, follow redirects,
//!   read the answer. See [`fetch`] for its differences.
//! - Nothing inherits: a member that an object does not have is not there, even if it is called
//!   `constructor`.

pub mod base64;
pub mod fetch;
pub mod json;
pub mod numbers;
mod text;
pub mod url;
pub mod utf8;
mod value;

pub use text::Text;
pub use value::{Array, Object, Value};
