//! Node's `fetch`, as far as an agent can see it: a request, its redirects, its answer, its errors.
//!
//! Comes in: URL, headers and body as JavaScript would give them. Goes out: a [`Response`], or the
//! message that is thrown. On the wire stand the headers that Node sends, in its order.
//!
//! # What is not like Node
//! - Names of headers are in lower case on the wire; Node leaves them as they were written.
//! - TLS trusts what the system trusts; Node trusts the list it was built with and
//!   `NODE_EXTRA_CA_CERTS`.
//! - An answer is decompressed when all of it is there, not while it comes: a body that is broken
//!   from its beginning and never ends is noticed by the time limit only, and [`Response::chunk`]
//!   gives a compressed one in one piece.
//! - The time limits of connection and headers are counted together.
//! - Answers that bend the rules of HTTP are read by `hyper`, not `llhttp`; where one of the two is
//!   stricter, the answer is `fetch failed` or `terminated` there only.
//! - An answer that begins with `100 Continue`, which nobody asked for, is `fetch failed` in Node;
//!   here the `100` is passed over.
//! - `data:` and `blob:` URLs are not read: they are `fetch failed`.

mod brotli;
mod client;
mod coding;
mod connect;
mod error;
mod headers;
mod limits;
mod redirect;
mod request;
mod response;

pub use client::Client;
pub use error::FetchError;
pub use limits::Limits;
pub use request::{Body, Method};
pub use response::Response;
