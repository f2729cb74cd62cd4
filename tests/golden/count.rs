//! How many steps were recorded, and how many of them are not compared.

#[path = "../../crates/mcp/tests/server/listed.rs"]
mod elsewhere;

use golden::read;

use crate::RECORDED;
use crate::listed::LISTED;

/// Steps that were recorded of the original.
const STEPS: usize = 1995;

/// More would say that the recording is not what is built after.
const LISTED_MAX: usize = 40;

/// The recorded steps of the platform alone.
const PLATFORM: [&str; 3] = [
    include_str!("../../crates/platform/tests/golden/http.jsonl"),
    include_str!("../../crates/platform/tests/golden/env.jsonl"),
    include_str!("../../crates/platform/tests/golden/artifacts.jsonl"),
];

/// The recorded steps of the MCP server alone, one a line.
const MCP: [&str; 3] = [
    include_str!("../../crates/mcp/tests/golden/shell.jsonl"),
    include_str!("../../crates/mcp/tests/golden/upstream.jsonl"),
    include_str!("../../crates/mcp/tests/golden/request.jsonl"),
];

pub(crate) fn check() -> Result<(), String> {
    let groups = RECORDED
        .iter()
        .chain(&PLATFORM)
        .flat_map(|lines| read(lines));
    let of_groups: usize = groups.map(|group| group.steps.len()).sum();
    let of_mcp: usize = MCP.iter().map(|lines| lines.lines().count()).sum();
    if of_groups + of_mcp != STEPS {
        return Err(format!(
            "{of_groups} and {of_mcp} steps are here, of {STEPS}"
        ));
    }
    // The platform's tests list none.
    let listed = LISTED.len() + elsewhere::LISTED.len();
    if listed > LISTED_MAX {
        return Err(format!("{listed} steps are listed"));
    }
    Ok(())
}
