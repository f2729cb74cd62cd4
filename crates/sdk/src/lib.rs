//! The two providers' JavaScript SDKs, as far as the original platform and MCP server use them:
//! `e2b` 1.13.2 and `@daytona/sdk` 0.180.0.
//!
//! Agents read what these SDKs throw, and some of it decides what the platform does next, so it is
//! the same here to the letter, and so are the requests. The drivers of the harness are something
//! else: they ask what cutover wants to know, in words of their own.
//!
//! Comes in: what the original gives to its SDK. Goes out: what it gets back, or the message that is
//! thrown, and every exchange to an [`Observer`]. Deliberately absent: the environment of the
//! process, retries, and what the original never calls, but for what a repair asks.

pub mod daytona;
pub mod e2b;
mod error;
mod listed;
mod observe;

pub use error::{Class, Error};
pub use observe::{Answer, Exchange, Ignore, Observer};
