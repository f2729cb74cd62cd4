//! The `namespaces` engine: sandboxes from Linux namespaces, without set-up.
//!
//! Comes in: profiles and requests. Goes out: processes and file facts from inside. The host
//! starts this same binary again as a helper (`dispatch`), which makes the namespaces and becomes
//! the sandbox's init: pid 1, one thread, one loop over its control socket and its children.
//! Init's life is tied to the control socket, and everything inside to init's life.
//! Init also watches the memory and the number of everything inside.
//! File operations are done by forked children of init, which the host keeps a moment for more.
//! Deliberately absent: a host folder, a parent-death signal, capabilities of the host, a cgroup.
//!
//! With a single id (an ordinary user) helper and init count towards the process limit, files
//! that are root's elsewhere belong to `user` without a write bit, the host's supplementary
//! groups cannot be shed, and a command as root is refused with the reason.

mod ask;
mod child;
mod container;
mod converse;
mod crowd;
mod dispatch;
mod engine;
mod etc;
mod everyone;
mod greet;
mod helper;
mod identity;
mod idle;
mod init;
mod keeper;
mod keys;
mod limits;
mod link;
mod mappings;
mod memory;
mod packet;
mod refusal;
mod rootfs;
mod sandbox;
mod seen;
mod start;
mod step;
mod sysv;
mod watch;
mod whole;
mod wire;

pub use dispatch::dispatch;
pub use engine::{NamespacesEngine, probe};
#[cfg(feature = "docker")]
pub(super) use {
    dispatch::HELPER_ARGUMENT,
    engine::hostname,
    greet::greet,
    keeper::{Disk, Keeper},
    link::Link,
    rootfs::SYSTEM,
    sandbox::InitSandbox,
    wire::{Ids, Setup},
};
