//! envd: processes and files inside a sandbox (contract 3, 4, 5).
//!
//! Comes in: a request that the proxy has routed to a running sandbox. Goes out: Connect-JSON and
//! plain HTTP. Deliberately absent: the control plane; protobuf, gRPC and compression (501).

pub(crate) mod call;
pub(crate) mod files;
pub(crate) mod filesystem;
pub(crate) mod frames;
pub(crate) mod locate;
pub(crate) mod message;
pub(crate) mod metrics;
pub(crate) mod paths;
pub(crate) mod process;
pub(crate) mod routes;
pub(crate) mod rpc;
pub(crate) mod users;
