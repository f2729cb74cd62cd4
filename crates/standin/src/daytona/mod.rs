//! The Daytona stand-in: control plane under `/api`, toolbox under `/toolbox/{id}`.
//!
//! Comes in: HTTP from the official SDKs or our driver. Goes out: what the contract says Daytona
//! 0.190 answers, from real processes and files of an engine. What is not implemented answers 501
//! by name. Deliberately absent: any wire type of `driver`; scenarios, sides, comparison.
//!
//! The commands run detached from their requests, as in the daemon: a client that goes away does
//! not end them. Everything that runs is owned by the stand-in and ends with it.

mod activity;
mod app;
mod asked;
mod boot;
mod control;
mod dispatch;
mod escape;
mod faults;
mod front;
mod image;
mod life;
mod no_machine;
mod preview;
mod rate;
mod registry;
mod reply;
mod sandbox;
mod server;
mod signed_previews;
mod snapshots;
mod spool;
mod state;
mod storage;
mod tasks;
mod timers;
mod toolbox;

pub use server::start;
