//! `cutover.not-reproduced/1`: quirks that no run shows, and why.

use crate::compare::ledger::parse::{LedgerText, read_id};
use crate::scenario::Problem;
use crate::scenario::node::{Kind, Node, Position};
use crate::scenario::reader::Reader;

/// The format line of the list of what no run shows.
pub const NOT_REPRODUCED_FORMAT: &str = "cutover.not-reproduced/1";

const WHAT: &str = "a quirk that is not reproduced";

const KEYS: [&str; 4] = ["id", "title", "reason", "checked_by"];

/// A quirk that no run shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReproduced {
    /// `Q73`.
    pub id: String,
    /// What it is, in one line.
    pub title: String,
    /// Why no run shows it.
    pub reason: String,
    /// What is looked at instead.
    pub checked_by: String,
    /// The file it stands in, as shown to the user.
    pub file: String,
    /// Line of the id, from 1.
    pub line: usize,
    /// Its column, from 1.
    pub column: usize,
}

/// Reads the file.
///
/// # Errors
/// Every problem of it, each with its place.
pub fn read_not_reproduced(file: &LedgerText<'_>) -> Result<Vec<NotReproduced>, Vec<Problem>> {
    let mut reader = Reader::new(file.file, file.text);
    let found = match Node::parse(file.text) {
        Ok(root) => read_root(&mut reader, &root),
        Err(error) => {
            let at = Position {
                line: error.line,
                column: error.column,
            };
            reader.problem(at, error.message);
            Vec::new()
        }
    };
    if reader.problems.is_empty() {
        Ok(found)
    } else {
        Err(reader.problems)
    }
}

fn read_root(reader: &mut Reader<'_>, root: &Node) -> Vec<NotReproduced> {
    const ROOT: &str = "the list of what is not reproduced";
    if reader.map(root, ROOT, &["format", "quirks"]).is_none() {
        return Vec::new();
    }
    if let Some(format) = reader.required(root, ROOT, "format")
        && format.as_text() != Some(NOT_REPRODUCED_FORMAT)
    {
        let message = format!("`format` must be `{NOT_REPRODUCED_FORMAT}`");
        reader.problem(format.at, message);
        return Vec::new();
    }
    let Some(quirks) = reader.required(root, ROOT, "quirks") else {
        return Vec::new();
    };
    let Kind::List(items) = &quirks.kind else {
        let message = format!("`quirks` is a list, not {}", quirks.type_name());
        reader.problem(quirks.at, message);
        return Vec::new();
    };
    let mut all: Vec<NotReproduced> = Vec::new();
    for item in items {
        let Some(one) = read_one(reader, item) else {
            continue;
        };
        if let Some(had) = all.iter().find(|had| had.id == one.id) {
            let message = format!("`{}` stands already in line {}", one.id, had.line);
            let at = Position {
                line: one.line,
                column: one.column,
            };
            reader.problem(at, message);
        }
        all.push(one);
    }
    all
}

/// Reads everything it can, so that all mistakes of one are found at once.
fn read_one(reader: &mut Reader<'_>, node: &Node) -> Option<NotReproduced> {
    reader.map(node, WHAT, &KEYS)?;
    let id = read_id(reader, node, WHAT);
    let title = reader.text(node, WHAT, "title");
    let reason = reader.text(node, WHAT, "reason");
    let checked_by = reader.text(node, WHAT, "checked_by");
    let at = node.get("id").map_or(node.at, |id| id.at);
    Some(NotReproduced {
        id: id?,
        title: title?,
        reason: reason?,
        checked_by: checked_by?,
        file: reader.file().to_owned(),
        line: at.line,
        column: at.column,
    })
}
