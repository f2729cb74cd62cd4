//! Template builds: steps run in a sandbox of the engine, and what they leave is kept (contract 7).
//!
//! Comes in: a recipe, already checked, and the files that clients uploaded. Goes out: products, of
//! which sandboxes are made, and a log for who waits. On an engine with images the recipe's image is
//! brought here and each layer is an image; elsewhere the engine's one root stands in for every
//! image, which the log says first, and a layer is an archive of files. Deliberately absent: the
//! wire (`control` has it), memory of processes: the start command runs anew in each sandbox.

mod base;
mod builder;
mod builds;
mod context;
mod copy;
mod finish;
mod layers;
mod log;
mod product;
mod recipe;
mod shell;
mod steps;
mod store;
mod tarball;
mod template;
mod uploads;

pub(crate) use builder::Workshop;
pub(crate) use builds::{Build, Status};
pub(crate) use context::Context;
pub(crate) use finish::{DEFAULT_READY_SECONDS, READY_EVERY, is_ready, start_request};
pub(crate) use log::LogEntry;
pub(crate) use product::{Product, Resources, Start};
pub(crate) use recipe::{Base, Recipe, Step, StepKind};
pub(crate) use store::{BUILDS_AT_ONCE_MAX, Templates};
pub(crate) use template::{MadeTemplate, Tag};
pub(crate) use uploads::UPLOAD_BYTES_MAX;
