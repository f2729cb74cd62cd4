//! E2B as a provider of the original, and with repairs.

mod account;
mod create;
mod execute;
mod fixes;
mod gone;
mod provider;
mod read;
#[cfg(test)]
mod tests;

pub(super) use account::E2b;
pub use fixes::FIXES;
