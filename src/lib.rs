//! cutover: replay agents' tool calls against two sandbox providers, compare, and decide.
//!
//! The flow goes one way: `scenario` -> `plan` -> `surface` -> `driver` -> provider or `standin`;
//! `transcript` -> `normalise` -> `compare` -> `report`. See ARCHITECTURE.md.

pub mod base;
pub mod call;
pub mod compare;
pub mod driver;
pub mod plan;
pub mod scenario;
pub mod standin;
pub mod transcript;
