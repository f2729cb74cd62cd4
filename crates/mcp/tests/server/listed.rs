//! Recorded steps that differ, or are made elsewhere, each with its reason.

/// The steps, by the beginning of their ids.
pub(crate) const LISTED: &[(&str, &str)] = &[
    (
        "mcp-shell/038",
        "a signal ends a process: `tests/cli/mcp.rs` of the command line sends it",
    ),
    (
        "mcp-shell/044",
        "a signal ends a process: `tests/cli/mcp.rs` of the command line sends it",
    ),
];
