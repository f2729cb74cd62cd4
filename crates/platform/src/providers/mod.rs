//! The providers of the original: E2B and Daytona by their SDKs.
//!
//! Comes in: [`Settings`](crate::Settings), and [`Means`] that whoever runs an endpoint brings along. Goes out: a
//! [`Registry`](crate::Registry) with the providers whose keys are set.

mod command;
mod connect;
mod daytona;
mod e2b;
mod means;
mod outcome;
mod stray;

pub use command::FIXES as SHELL_FIXES;
pub use daytona::FIXES as DAYTONA_FIXES;
pub use e2b::FIXES as E2B_FIXES;
pub use means::Means;
