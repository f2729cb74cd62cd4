//! Images: what a Dockerfile, a snapshot or a sandbox's files make of the built-in root.
//!
//! Comes in: Dockerfile text, files exported from a sandbox. Goes out: images that a sandbox can
//! be made of, and the logs of their builds. Where the engine builds images itself (Docker), it does
//! all of it. Else there are no registries and base images: the engine has one root, which stands in
//! for whatever `FROM` names, and every build log says so.

mod builder;
mod builds;
mod by_docker;
mod context;
mod copy;
mod copying;
mod dockerfile;
mod log;
mod model;
mod network;
mod recipe;
mod steps;
mod words;
mod work;

pub(super) use builder::Builder;
pub(super) use builds::{Build, BuildState, Builds, reference_of};
pub(super) use log::BuildLog;
pub(super) use model::{BUILT_IN_REF, Image, Place, place_of};
pub(super) use recipe::Recipe;
pub(super) use work::Work;
