//! The platform endpoint of the sandbox tools: what an agent's MCP server talks to.
//!
//! It answers as the original does, byte for byte, bugs included; each bug has a number (Q04), and
//! a [`Platform`] that is made with the fix of that number does better in that one place.
//!
//! Comes in: [`Settings`], providers as [`SandboxProvider`]s, a [`Store`], a place for artifacts.
//! Goes out: an [`axum::Router`]. Deliberately absent: how a provider is spoken to, and the
//! process's environment.

pub mod artifacts;
pub mod auth;
mod count;
mod failure;
mod fixes;
mod http;
pub mod inject;
mod locks;
mod memory;
pub mod model;
mod platform;
pub mod provider;
pub mod providers;
mod rollout;
mod sessions;
pub mod settings;
pub mod store;
mod tools;
mod validate;

pub use fixes::FIXES;
pub use http::{router, serve, serve_once_each};
pub use platform::{EXECUTE_TIMEOUT, Parts, Platform, StartError};
pub use provider::{Registry, SandboxProvider};
pub use rollout::{Rollout, Split};
pub use settings::{Settings, SettingsError, Variables};
pub use store::Store;
