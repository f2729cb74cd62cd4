//! The `docker` engine: one container per sandbox.
//!
//! Comes in: profiles and requests. Goes out: processes and file facts from inside. Pid 1 of the
//! container is the init of the `namespaces` engine: this same binary, shown to the container with
//! its loader and libraries, so that the image's own do not matter. It connects to a socket in a
//! folder that the container is shown as well, and from then on everything is said over that socket,
//! descriptors included: a container is made and removed here, and nothing else. The folder is
//! removed as soon as init has connected.
//! Init ends when the socket does, and Docker removes a container whose init has ended, so that
//! even `kill -9` of cutover leaves none, but for one that was not started yet: each is labelled
//! with its owner, and [`sweep`] removes those whose owner is dead.
//! Images are built by the daemon's classic builder, which says what it does line by line. They have
//! the same labels, and go with the engine's handle to them.
//! Deliberately absent: a daemon of another machine, which could not pass descriptors.
//!
//! Memory and processes are bound by the container's cgroup, files by nothing unless the daemon's
//! storage driver has quotas. The network is none, or the host's where the operator allows it;
//! what builds an image has the daemon's own network that leads outside.

mod build;
mod built;
mod checks;
mod committed;
mod container;
mod daemon;
mod elf;
mod engine;
mod image;
mod kind;
mod layers;
mod log;
mod meeting;
mod owner;
mod program;
mod refusal;
mod sweep;

pub(super) use engine::DockerEngine;
pub(super) use sweep::sweep;
