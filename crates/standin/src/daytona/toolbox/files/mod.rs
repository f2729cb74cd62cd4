//! Files (contract 2.5, 3.6).
//!
//! Comes in: requests below `/files`. Goes out: facts, contents and changes of the sandbox's
//! files, all with the rights of the image's user. Deliberately absent: host paths.

mod change;
mod download;
mod find;
mod info;
mod list;
mod raw;
mod routes;
mod transfer;
mod upload;

pub(super) use change::make_all;
pub(super) use routes::answer;
