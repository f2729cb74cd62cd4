//! Local servers for the official SDKs, for as long as the user wants them.
//!
//! Comes in: settings. Goes out: stand-ins that serve, with an env file, a state folder and a
//! request log. All problems are found before anything is served or left behind. Deliberately
//! absent: the servers themselves, which are `standin`'s; arguments and printing (`cli`).

mod env_file;
mod key;
mod log;
mod serving;
mod settings;
mod state;

pub(crate) use key::{KEY_DIGITS, is_key, prefix};
pub(crate) use serving::{Serving, prepare};
pub(crate) use settings::{Door, Settings};
