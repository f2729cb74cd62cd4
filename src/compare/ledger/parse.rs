//! `cutover.quirks/1`: texts to a [`Ledger`], or every problem of all of them.

use jiff::civil::Date;

use crate::compare::ledger::entry::{Cause, Entry, EntryKind, Ledger, Shape};
use crate::compare::ledger::shape_of::{EFFECTS, GATES, read_shape, read_standing};
use crate::compare::verdict::Effect;
use crate::scenario::Problem;
use crate::scenario::node::{Kind, Node, Position};
use crate::scenario::reader::Reader;

/// The format line of a ledger.
pub const LEDGER_FORMAT: &str = "cutover.quirks/1";

/// A ledger file as it was read.
#[derive(Debug, Clone, Copy)]
pub struct LedgerText<'t> {
    /// Its name, as shown to the user.
    pub file: &'t str,
    /// Its text.
    pub text: &'t str,
}

const KINDS: [(&str, EntryKind); 3] = [
    (EntryKind::Divergence.name(), EntryKind::Divergence),
    (EntryKind::Shared.name(), EntryKind::Shared),
    (EntryKind::Standing.name(), EntryKind::Standing),
];

const CAUSES: [(&str, Cause); 5] = [
    ("platform", Cause::Platform),
    ("mcp", Cause::Mcp),
    ("template", Cause::Template),
    ("provider", Cause::Provider),
    ("wording", Cause::Wording),
];

pub(super) const KEYS: [&str; 16] = [
    "id", "title", "kind", "cause", "effect", "gate", "shapes", "verb", "field", "from", "to",
    "reason", "fix", "link", "owner", "expires",
];

/// Reads ledger files; an entry of a later file takes the place of the earlier one with its id.
///
/// # Errors
/// Every problem of every file, each with its place.
pub fn read_ledger(files: &[LedgerText<'_>]) -> Result<Ledger, Vec<Problem>> {
    let mut ledger = Ledger::default();
    let mut problems = Vec::new();
    for file in files {
        let mut reader = Reader::new(file.file, file.text);
        for entry in read_file(&mut reader, file.text) {
            match ledger.entries.iter_mut().find(|had| had.id == entry.id) {
                Some(had) => *had = entry,
                None => ledger.entries.push(entry),
            }
        }
        problems.append(&mut reader.problems);
    }
    if problems.is_empty() {
        Ok(ledger)
    } else {
        Err(problems)
    }
}

fn read_file(reader: &mut Reader<'_>, text: &str) -> Vec<Entry> {
    let root = match Node::parse(text) {
        Ok(root) => root,
        Err(error) => {
            let at = Position {
                line: error.line,
                column: error.column,
            };
            reader.problem(at, error.message);
            return Vec::new();
        }
    };
    if reader
        .map(&root, "the ledger", &["format", "quirks"])
        .is_none()
    {
        return Vec::new();
    }
    if let Some(format) = reader.required(&root, "the ledger", "format")
        && format.as_text() != Some(LEDGER_FORMAT)
    {
        reader.problem(format.at, format!("`format` must be `{LEDGER_FORMAT}`"));
        return Vec::new();
    }
    let Some(quirks) = reader.required(&root, "the ledger", "quirks") else {
        return Vec::new();
    };
    let Kind::List(items) = &quirks.kind else {
        reader.problem(
            quirks.at,
            format!("`quirks` is a list, not {}", quirks.type_name()),
        );
        return Vec::new();
    };
    let mut entries: Vec<Entry> = Vec::new();
    for item in items {
        let Some(entry) = read_entry(reader, item) else {
            continue;
        };
        if let Some(had) = entries.iter().find(|had| had.id == entry.id) {
            let message = format!("`{}` stands already in line {}", entry.id, had.line);
            let at = item.get("id").map_or(item.at, |id| id.at);
            reader.problem(at, message);
        }
        entries.push(entry);
    }
    entries
}

/// Reads everything it can, so that all mistakes of an entry are found at once.
fn read_entry(reader: &mut Reader<'_>, node: &Node) -> Option<Entry> {
    reader.map(node, "an entry", &KEYS)?;
    let id = read_id(reader, node, "an entry");
    let title = reader.text(node, "an entry", "title");
    let kind = match reader.required(node, "an entry", "kind") {
        Some(value) => reader.word(value, "kind", &KINDS),
        None => None,
    };
    let cause = match reader.required(node, "an entry", "cause") {
        Some(value) => reader.word(value, "cause", &CAUSES),
        None => None,
    };
    let effect = match reader.required(node, "an entry", "effect") {
        Some(value) => reader.word(value, "effect", &EFFECTS),
        None => None,
    };
    let gate = match node.get("gate") {
        Some(value) => reader.word(value, "gate", &GATES),
        None => None,
    };
    let shapes = match kind {
        Some(EntryKind::Standing) => read_standing(reader, node).into_iter().collect(),
        _ => read_shapes(reader, node, kind),
    };
    for shape in &shapes {
        let effect = shape.effect.or(effect);
        let said = shape.gate.is_some() || (shape.effect.is_none() && gate.is_some());
        if effect == Some(Effect::Change) && !said && kind != Some(EntryKind::Shared) {
            let at = Position {
                line: shape.line,
                column: 0,
            };
            reader.problem(
                at,
                "the effect `change` has no default gate: write `gate: allow` or `gate: block`",
            );
        }
    }
    let reason = reader.text(node, "an entry", "reason");
    let fix = reader.optional_text(node, "fix");
    let link = read_link(reader, node, id.as_deref());
    let owner = reader.text(node, "an entry", "owner");
    let expires = read_date(reader, node);
    Some(Entry {
        id: id?,
        title: title?,
        kind: kind?,
        cause: cause?,
        effect: effect?,
        gate,
        shapes,
        reason: reason?,
        fix,
        link,
        owner: owner?,
        expires: expires?,
        file: reader.file().to_owned(),
        line: node.at.line,
    })
}

pub(super) fn read_id(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<String> {
    let id = reader.text(node, what, "id")?;
    let digits = id.strip_prefix("L-").or_else(|| id.strip_prefix('Q'));
    if digits.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())) {
        return Some(id);
    }
    let at = node.get("id").map_or(node.at, |id| id.at);
    reader.problem(
        at,
        "an id is `Q` and digits, or `L-` and digits for entries of your own",
    );
    None
}

fn read_shapes(reader: &mut Reader<'_>, node: &Node, kind: Option<EntryKind>) -> Vec<Shape> {
    for key in ["verb", "field", "from", "to"] {
        if let Some(value) = node.get(key) {
            let message = format!("`{key}` stands in a shape, or in an entry of `kind: standing`");
            reader.problem(value.at, message);
        }
    }
    let Some(shapes) = reader.required(node, "an entry", "shapes") else {
        return Vec::new();
    };
    match &shapes.kind {
        Kind::List(items) if !items.is_empty() => items
            .iter()
            .filter_map(|item| read_shape(reader, item, kind))
            .collect(),
        Kind::List(_) => {
            reader.problem(shapes.at, "an entry needs at least one shape");
            Vec::new()
        }
        _ => {
            reader.problem(
                shapes.at,
                format!("`shapes` is a list, not {}", shapes.type_name()),
            );
            Vec::new()
        }
    }
}

/// The link, which an entry of one's own need not have: its cause may be discussed nowhere. Without
/// one where it is wanted, that is a problem.
fn read_link(reader: &mut Reader<'_>, node: &Node, id: Option<&str>) -> Option<String> {
    if node.get("link").is_none() && id.is_none_or(|id| id.starts_with("L-")) {
        return None;
    }
    let link = reader.text(node, "an entry", "link")?;
    if link.starts_with("https://") || link.starts_with("http://") {
        return Some(link);
    }
    let at = node.get("link").map_or(node.at, |link| link.at);
    reader.problem(at, "`link` is a URL that begins with `https://`");
    None
}

fn read_date(reader: &mut Reader<'_>, node: &Node) -> Option<Date> {
    let text = reader.text(node, "an entry", "expires")?;
    // `Date` would also read `20270601` and a date with a time behind it.
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    match text.parse() {
        Ok(date) if plain => Some(date),
        _ => {
            let at = node.get("expires").map_or(node.at, |date| date.at);
            reader.problem(at, "`expires` is a date such as `2027-06-01`");
            None
        }
    }
}
