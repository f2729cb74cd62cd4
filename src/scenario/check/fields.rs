//! A mapping whose keys are known.

use crate::scenario::check::findings::Findings;
use crate::scenario::node::{Key, Kind, Node, Position};

/// The entries of a mapping; unknown and repeated keys have been reported.
#[derive(Debug)]
pub(crate) struct Fields<'n> {
    /// Where the mapping begins.
    pub(crate) at: Position,
    /// What the mapping is, for messages: `step`, `arguments of execute`.
    what: String,
    entries: &'n [(Key, Node)],
}

impl<'n> Fields<'n> {
    /// Opens a mapping; nothing at all counts as an empty one.
    pub(crate) fn open(
        node: &'n Node,
        what: impl Into<String>,
        known: &[&str],
        findings: &mut Findings,
    ) -> Option<Self> {
        let what = what.into();
        let entries = match &node.kind {
            Kind::Map(entries) => entries.as_slice(),
            Kind::Null => &[],
            _ => {
                findings.wrong_type(node, &format!("the {what}"), "a mapping");
                return None;
            }
        };
        report_duplicates(entries, findings);
        for (key, _) in entries {
            if !known.contains(&key.text.as_str()) {
                findings.unknown(key.at, &format!("key in the {what}"), &key.text, known);
            }
        }
        Some(Self {
            at: node.at,
            what,
            entries,
        })
    }

    /// The value of a key.
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entry(name).map(|(_, node)| node)
    }

    /// The value of a key and where the key stands.
    pub(crate) fn entry(&self, name: &str) -> Option<(Position, &'n Node)> {
        self.entries
            .iter()
            .find(|(key, _)| key.text == name)
            .map(|(key, node)| (key.at, node))
    }

    /// The value of a key that must be there.
    pub(crate) fn required(&self, name: &str, findings: &mut Findings) -> Option<&'n Node> {
        let node = self.get(name);
        if node.is_none() {
            findings.add(self.at, format!("the {} must have `{name}`", self.what));
        }
        node
    }
}

/// Reports keys that stand twice in a mapping.
pub(crate) fn report_duplicates(entries: &[(Key, Node)], findings: &mut Findings) {
    let mut seen = std::collections::HashMap::new();
    for (key, _) in entries {
        let first = *seen.entry(key.text.as_str()).or_insert(key.at);
        if first != key.at {
            findings.add_with(
                key.at,
                format!("duplicate key `{}`", key.text.escape_debug()),
                Some(format!("it stands at line {} already", first.line)),
            );
        }
    }
}
