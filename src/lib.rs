//! cutover: replay agents' tool calls against two sandbox providers, compare, and decide.
//!
//! The flow goes one way: `scenario` -> `plan` -> `surface` -> `driver` -> provider or `standin`;
//! `transcript` -> `normalise` -> `compare` -> `report`. See ARCHITECTURE.md.

pub mod app;
pub mod call;
pub mod capture;
pub mod cli;
pub mod compare;
pub mod driver;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod normalise;
pub mod plan;
pub mod report;
pub mod run;
pub mod scenario;
pub mod stage;
pub mod surface;
pub mod transcript;
