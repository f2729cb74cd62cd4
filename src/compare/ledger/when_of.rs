//! Reads what narrows a shape.

use crate::call::Provider;
use crate::compare::ledger::entry::{VersionRange, When};
use crate::compare::ledger::scope::numbers;
use crate::scenario::node::{Kind, Node};
use crate::scenario::reader::Reader;

const LANES: [(&str, ()); 3] = [("standin", ()), ("live", ()), ("recording", ())];

const ENGINES: [(&str, ()); 3] = [("namespaces", ()), ("docker", ()), ("process", ())];

pub(super) const KEYS: [&str; 4] = ["lane", "engine", "has", "version"];

pub(super) fn read_when(reader: &mut Reader<'_>, node: &Node) -> When {
    let mut when = When::default();
    if reader.map(node, "`when`", &KEYS).is_none() {
        return when;
    }
    if let Some(lanes) = node.get("lane") {
        when.lane = known_words(reader, lanes, "lane", &LANES);
    }
    if let Some(engines) = node.get("engine") {
        when.engine = known_words(reader, engines, "engine", &ENGINES);
    }
    if let Some(has) = node.get("has") {
        when.has = reader.texts(has, "has");
        for name in &when.has {
            if !crate::scenario::capability::capability_names().contains(&name.as_str()) {
                let message = format!("unknown capability `{}`", name.escape_debug());
                reader.problem(has.at, message);
            }
        }
    }
    if let Some(version) = node.get("version") {
        when.version = read_version(reader, version);
    }
    when
}

fn known_words(
    reader: &mut Reader<'_>,
    node: &Node,
    key: &str,
    words: &[(&str, ())],
) -> Vec<String> {
    let items: Vec<&Node> = match &node.kind {
        Kind::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    items
        .into_iter()
        .filter(|item| reader.word(item, key, words).is_some())
        .filter_map(|item| item.as_text().map(str::to_owned))
        .collect()
}

fn read_version(reader: &mut Reader<'_>, node: &Node) -> Option<VersionRange> {
    let text = reader.text_of(node, "version")?;
    let parts: Vec<&str> = text.split_whitespace().collect();
    let range = match parts.as_slice() {
        [provider, operator, version] => {
            let provider = match *provider {
                "e2b" => Some(Provider::E2b),
                "daytona" => Some(Provider::Daytona),
                _ => None,
            };
            let known = ["<", "<=", ">", ">=", "="].contains(operator);
            match (provider, known, numbers(version)) {
                (Some(provider), true, Some(version)) => Some(VersionRange {
                    provider,
                    operator: (*operator).to_owned(),
                    version,
                }),
                _ => None,
            }
        }
        _ => None,
    };
    if range.is_none() {
        reader.problem(node.at, "`version` is written like `daytona < 0.230`");
    }
    range
}
