//! Values as YAML that every reader takes for what they are.

use std::fmt::Write as _;

use serde_json::Value;

/// A text: as a block where that can be read, else in double quotes. `indent` is how far the lines
/// of a block are indented.
pub(super) fn text(text: &str, indent: usize) -> String {
    if is_block(text) {
        let keep = match (text.ends_with("\n\n"), text.ends_with('\n')) {
            (true, _) => "+",
            (_, true) => "",
            _ => "-",
        };
        let margin = " ".repeat(indent);
        let mut block = format!("|{keep}");
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            block.push('\n');
            if !line.is_empty() {
                block.push_str(&margin);
                block.push_str(line);
            }
        }
        return block;
    }
    quoted(text)
}

/// A text in double quotes, on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if is_plain(c) => quoted.push(c),
            c if u32::from(c) <= 0xffff => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Any value, on one line.
pub(super) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let items = map
                .iter()
                .map(|(key, value)| format!("{}: {}", quoted(key), flow(value)));
            let items: Vec<String> = items.collect();
            format!("{{ {} }}", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// Characters that stand for themselves in a file that people read.
fn is_plain(c: char) -> bool {
    let unseen = matches!(c, '\u{80}'..='\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}'
        | '\u{feff}' | '\u{fff0}'..='\u{ffff}');
    !c.is_control() && !unseen && u32::from(c) < 0xe0000
}

/// Whether a text of several lines can stand as a block, and reads back as it is.
fn is_block(text: &str) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    let first = lines.split('\n').next().unwrap_or_default();
    lines.contains('\n')
        && !first.is_empty()
        && !first.starts_with([' ', '\t'])
        && !lines.ends_with('\n')
        && text.chars().all(|c| c == '\n' || c == '\t' || is_plain(c))
        && lines.split('\n').all(|line| line.trim_end() == line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::yaml::from_str;

    #[test]
    fn every_text_reads_back() {
        let hostile =
            "a\u{0}\u{7f}\u{85}\u{a0}\u{2028}\u{feff}\u{ffff}\u{1f600}\u{e0001}\r\n\t\"\\ # : -";
        for given in [
            "",
            " ",
            "a",
            "no",
            "010",
            "- a",
            "a: b",
            "a #b",
            "a\nb",
            "a\n\nb\n",
            "a\nb\n\n",
            " a\nb",
            "a\n b\n  c",
            "a \nb",
            "a\n",
            "\na",
            "a\tb\n\tc",
            "a\r\nb",
            "|",
            "null",
            hostile,
            "${{ x }}",
            "cat <<'E'\n# c\nE",
            "'\"\n'",
            "%a\n---\n...\nb",
        ] {
            for indent in [4, 8] {
                let margin = " ".repeat(indent - 2);
                let yaml = format!("a:\n{margin}b: {}\n{margin}c: 1\n", text(given, indent));
                let value: Value = from_str(&yaml).unwrap();
                assert_eq!(value["a"]["b"], given, "{yaml}");
                assert_eq!(value["a"]["c"], 1, "{yaml}");
            }
            let value = serde_json::json!({ given: [given, null, true, 1.5, {}, []] });
            let read: Value = from_str(&format!("a: {}\n", flow(&value))).unwrap();
            assert_eq!(read["a"], value);
        }
    }
}
