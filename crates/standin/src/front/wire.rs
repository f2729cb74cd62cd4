//! What the front must know of the provider behind it.

use std::fmt;

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

/// A provider's wire, as far as the front looks at it.
pub(crate) trait Wire: Send + Sync + fmt::Debug {
    /// Its name: `e2b` or `daytona`.
    fn provider(&self) -> &'static str;

    /// The variable that its SDKs read the key from.
    fn key_variable(&self) -> &'static str;

    /// The key that the stand-in accepts.
    fn key(&self) -> &str;

    /// The key that a request carries in the provider's own header.
    fn presented<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str>;

    /// The sandbox that a request addresses.
    fn sandbox(&self, request: &Parts) -> Option<String>;

    /// When a request makes a sandbox: the field of its answer that holds the new id.
    fn made(&self, method: &Method, path: &str) -> Option<&'static str>;
}
