//! `network`: what a sandbox may reach, and who may reach it (contract 1.6).
//!
//! Comes in: the member of a create, the body of `PUT .../network`. Goes out: what the proxy and
//! `SandboxDetail` need of it, or the provider's refusal. Deliberately absent: filtering. Egress
//! rules are checked, kept and shown again; the engines either give a sandbox the host's network
//! or none, so whoever asks for any limit gets none at all, which never allows what was to be
//! denied.

mod check;
mod settings;

pub(crate) use settings::Network;
