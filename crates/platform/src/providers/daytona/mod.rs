//! Daytona as a provider of the original.
//!
//! Comes in: what the endpoint asks of a provider. Goes out: what the original makes of the SDK's
//! answers, and with fixes something better, each quirk in one place. Deliberately absent: any
//! wire.

mod certificate;
mod create;
mod execute;
mod failure;
mod files;
mod fixes;
mod provider;

pub use fixes::FIXES;
pub(super) use provider::Daytona;
