//! What the daemon of one boot of a sandbox keeps in memory: sessions, terminals, interpreters, its
//! environment. All of it is gone with the boot (contract 3.1).
//!
//! Comes in: what `toolbox` starts. Goes out: the same, for later requests. Deliberately absent:
//! starting and ending anything, and the wire; those are the toolbox's.

mod env;
mod interpreter;
mod memory;
mod pty;
mod session;

pub(super) use interpreter::{Context, Contexts, Line, Lines, Worker};
pub(super) use memory::{BootMemory, Live};
pub(super) use pty::{End, Info, PTYS_MAX, Pty};
pub(super) use session::{Command, Session};
