//! Template builds on the wire (contract 7.1, 7.2): requested, files uploaded, started, followed,
//! tagged.

mod asked;
mod files;
mod names;
mod request;
mod resources;
mod start;
mod status;
mod steps;
mod tags;
mod upload;

pub(crate) use files::link;
pub(crate) use request::request;
pub(crate) use start::start;
pub(crate) use status::{logs, status};
pub(crate) use tags::{assign, publish, remove, tag_list};
pub(crate) use upload::{UPLOADS, upload};
