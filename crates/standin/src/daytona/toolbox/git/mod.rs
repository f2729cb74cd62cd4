//! Repositories (contract 2.6), by the `git` program inside the sandbox, with the daemon's rights.
//!
//! Comes in: requests below `/git`. Goes out: facts and changes of repositories, refusals in the
//! daemon's words where it has some, else in git's. Deliberately absent: a git of the stand-in's
//! own, and shells: every word of a request is one argument, and none can become an option.

mod branch;
mod commit;
mod config;
mod fields;
mod refusal;
mod remote;
mod routes;
mod run;
mod said;
mod status;
mod undo;

pub(super) use routes::answer;
