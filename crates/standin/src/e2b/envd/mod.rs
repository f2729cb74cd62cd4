//! envd: processes and files inside a sandbox (contract 3, 4, 5).
//!
//! Comes in: a request that the proxy has routed to a running sandbox. Goes out: the Connect
//! protocol in both codecs, and plain HTTP. Deliberately absent: the control plane; gRPC and
//! gRPC-Web (415, where the real envd speaks them); compressed answers of RPCs, which the
//! protocol leaves to the server.

pub(crate) mod call;
pub(crate) mod codec;
mod cors;
pub(crate) mod files;
pub(crate) mod filesystem;
pub(crate) mod frames;
pub(crate) mod locate;
pub(crate) mod message;
pub(crate) mod metadata;
pub(crate) mod metrics;
pub(crate) mod parents;
pub(crate) mod paths;
pub(crate) mod process;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;
pub(crate) mod routes;
pub(crate) mod rpc;
pub(crate) mod stream;
pub(crate) mod users;
