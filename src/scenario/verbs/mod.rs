//! The verbs: one file each, with everything that is particular to it.
//!
//! Comes in: nothing. Goes out: [`ALL`], the descriptions from which the check
//! (`scenario::check`), the JSON Schema (`scenario::schema`), the reference page
//! (`scenario::reference`), the fields of outcomes and the calls themselves are made. To add a
//! verb: its file, a line in [`ALL`], a variant of [`ToolCall`](crate::call::ToolCall) or
//! [`SandboxRequest`](crate::call::SandboxRequest), and the surfaces and drivers that have it.
//! Deliberately absent: reading YAML, sending anything.

mod advance;
pub mod arguments;
mod at_provider;
mod call;
mod call_tool;
mod execute;
mod fault;
pub mod field;
mod fields;
mod harness;
mod http;
pub mod key;
mod list_files;
mod make_dir;
mod move_file;
mod parallel;
mod provision;
mod read_file;
mod remove_file;
mod restarts;
mod resume_sandbox;
mod sandbox_state;
mod send_signal;
mod send_stdin;
mod sessions;
mod start_background;
mod stat_file;
mod terminate;
mod upload_artifact;
mod verb;
mod wait;
mod write_file;

pub use arguments::{ResolveError, Written};
pub use call::Call;
pub use field::{Compared, Domain, Field};
pub use fields::{domains, field_names, fields, fields_of, is_text};
pub use harness::{HarnessAction, ProviderEvent, Restart};
pub use key::{Key, Kind, Need};
pub use verb::{Verb, VerbKind};

pub(crate) use call_tool::VERB as CALL_TOOL;
pub(crate) use http::VERB as HTTP;
pub(crate) use parallel::VERB as PARALLEL;
pub(crate) use provision::VERB as PROVISION;
pub(crate) use sessions::CREATE as CREATE_SESSION;
pub(crate) use wait::VERB as WAIT;

/// Every verb, in the order in which they are shown.
pub static ALL: [&Verb; 29] = [
    &provision::VERB,
    &execute::VERB,
    &read_file::VERB,
    &upload_artifact::VERB,
    &write_file::VERB,
    &list_files::VERB,
    &stat_file::VERB,
    &move_file::VERB,
    &make_dir::VERB,
    &remove_file::VERB,
    &start_background::VERB,
    &send_signal::VERB,
    &send_stdin::VERB,
    &terminate::VERB,
    &sandbox_state::VERB,
    &resume_sandbox::VERB,
    &call_tool::VERB,
    &http::VERB,
    &wait::VERB,
    &parallel::VERB,
    &sessions::CREATE,
    &sessions::USE,
    &sessions::DELETE,
    &restarts::MCP,
    &restarts::PLATFORM,
    &restarts::SWITCH,
    &at_provider::VERB,
    &advance::VERB,
    &fault::VERB,
];

#[cfg(test)]
mod tests;
