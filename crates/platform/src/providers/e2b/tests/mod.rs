//! The provider on an E2B whose commands really run.

mod creating;
mod executing;
mod fake;
mod fixed;
mod reading;
