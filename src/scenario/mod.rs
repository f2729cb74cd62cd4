//! Scenarios: what the user wrote, read, checked and made ready to plan.
//!
//! Comes in: YAML files. Goes out: [`model::Scenario`]s without a mistake in them, or every
//! problem of every file with its place. All YAML of the project goes through this room
//! ([`yaml`]). Deliberately absent: running anything, knowing any wire.

mod applied;
mod call_text;
pub mod capability;
mod check;
mod compare_kind;
pub mod data;
mod discover;
pub mod field_path;
pub mod load;
pub mod matcher;
mod matching;
pub mod model;
pub(crate) mod names;
mod nearest;
pub mod node;
pub mod problem;
pub(crate) mod reader;
mod reference;

pub mod schema;
pub mod template;
pub mod verbs;
pub mod want;
pub mod yaml;

pub use applied::{CAPTURE_BYTES_MAX, PlayedAt};
pub use call_text::{CALL_BYTES_MAX, CallText};
pub(crate) use check::scalar::duration_of;
pub(crate) use check::step::GUARD;
pub use discover::{Skipped, strays};
pub use field_path::{Found, PathError};
pub use load::{LoadOptions, Loaded, load, load_embedded, parse_one, read_text};
pub use matching::MATCHES_BYTES_MAX;
pub use nearest::nearest;
pub use problem::{Problem, render};
pub use reference::reference;
pub use schema::schema;
