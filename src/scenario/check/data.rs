//! Data by kind: `text:`, `base64:`, `file:`, `random:`.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::scenario::check::fields::Fields;
use crate::scenario::check::findings::Findings;
use crate::scenario::check::scalar;
use crate::scenario::data::{DATA_BYTES_MAX, parse_size};
use crate::scenario::node::{Kind, Node};
use crate::scenario::template::{DataTemplate, Template};

const KINDS: [&str; 4] = ["text", "base64", "file", "random"];

/// Reads data; text alone is short for `{text: ...}`. `folder` is the scenario's own, if it has
/// one.
pub(crate) fn data(
    node: &Node,
    folder: Option<&Path>,
    findings: &mut Findings,
) -> Option<DataTemplate> {
    if let Kind::Text(_) = node.kind {
        return scalar::template(node, "the data", findings).map(DataTemplate::Text);
    }
    let fields = Fields::open(node, "data", &KINDS, findings)?;
    let given: Vec<&str> = KINDS
        .into_iter()
        .filter(|kind| fields.get(kind).is_some())
        .collect();
    let [kind] = given.as_slice() else {
        findings.add(
            node.at,
            format!("data must have exactly one of {}", KINDS.join(", ")),
        );
        return None;
    };
    let value = fields.get(kind)?;
    match *kind {
        "text" => scalar::template(value, "`text`", findings).map(DataTemplate::Text),
        "base64" => base64(value, findings),
        "file" => {
            let name = scalar::words(value, "`file`", findings)?;
            match read(&name, folder) {
                Ok(bytes) => Some(DataTemplate::Bytes(bytes)),
                Err(why) => {
                    findings.add(value.at, why);
                    None
                }
            }
        }
        _ => random(value, findings),
    }
}

fn base64(node: &Node, findings: &mut Findings) -> Option<DataTemplate> {
    let text = scalar::text(node, "`base64`", findings)?;
    // Folded over lines it is still one value.
    let joined: String = text.split_ascii_whitespace().collect();
    match STANDARD.decode(joined) {
        Ok(bytes) => Some(DataTemplate::Bytes(bytes.into())),
        Err(error) => {
            findings.add(node.at, format!("`base64` is not base64: {error}"));
            None
        }
    }
}

fn random(node: &Node, findings: &mut Findings) -> Option<DataTemplate> {
    let fields = Fields::open(node, "random data", &["seed", "size"], findings)?;
    let seed = fields.required("seed", findings);
    let size = fields.required("size", findings);
    let seed = text_or_number(seed?, "`seed`", findings);
    let size_node = size?;
    let size = text_or_number(size_node, "`size`", findings)?;
    match size.as_literal().map(parse_size) {
        Some(Err(why)) => {
            findings.add(size_node.at, why);
            return None;
        }
        Some(Ok(_)) => {}
        None => findings.sizes.push((size_node.at, size.clone())),
    }
    Some(DataTemplate::Random { seed: seed?, size })
}

fn text_or_number(node: &Node, what: &str, findings: &mut Findings) -> Option<Template> {
    match &node.kind {
        Kind::Number(number) => Some(Template::literal(number.to_string())),
        _ => scalar::template(node, what, findings),
    }
}

/// Reads a file inside the scenario's folder. Symbolic links are followed, and must stay inside.
fn read(name: &str, folder: Option<&Path>) -> Result<Bytes, String> {
    let shown = name.escape_debug();
    let Some(folder) = folder else {
        return Err("`file` needs a scenario in a folder; this one is embedded".to_owned());
    };
    let relative = Path::new(name);
    let inside = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        return Err(format!("`{shown}` leads out of the scenario's folder"));
    }
    let missing = |error: std::io::Error| format!("`{shown}` cannot be read: {error}");
    let path = folder.join(relative).canonicalize().map_err(missing)?;
    let root = folder.canonicalize().map_err(missing)?;
    if !path.starts_with(&root) {
        return Err(format!("`{shown}` leads out of the scenario's folder"));
    }
    // A pipe or a device would block or never end.
    if !path.is_file() {
        return Err(format!("`{shown}` is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(DATA_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(missing)?;
    if bytes.len() as u64 > DATA_BYTES_MAX {
        return Err(format!("`{shown}` is over the limit of data, 64MiB"));
    }
    Ok(bytes.into())
}
