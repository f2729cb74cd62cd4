//! The one module through which all YAML of the project goes.
//!
//! It reads YAML 1.2 core (`no`, `on`, `010` stay text), refuses duplicate keys and alias bombs,
//! takes a BOM and CRLF as they come, and says where a mistake is. [`from_str`] reads a typed
//! value and stops at the first mistake; [`crate::scenario::node::Node`] keeps the place of
//! every value, so that a check can find all mistakes of a file at once.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_yaml::options::DuplicateKeyPolicy;

pub use serde_yaml::Spanned;

/// Bytes of one YAML file. A scenario or a ledger is written by hand; a larger file is data that
/// was given by mistake.
pub const YAML_BYTES_MAX: usize = 1024 * 1024;

/// Values (lists, mappings, scalars) of one file, aliases expanded: what 1 MiB of ordinary YAML
/// can hold, and what an alias bomb passes at once.
const YAML_NODES_MAX: usize = 400_000;

/// Events that aliases may add: a few shared blocks, never a bomb.
const ALIAS_EVENTS_MAX: usize = 20_000;

/// Nesting of one file; hand-written files stay under ten.
const YAML_DEPTH_MAX: usize = 64;

/// Why a text is not the YAML that was wanted, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct YamlError {
    /// Line, from 1; 0 when no place is known.
    pub line: usize,
    /// Column in characters, from 1; 0 when no place is known.
    pub column: usize,
    /// What is wrong, one line.
    pub message: String,
}

impl YamlError {
    fn at_start(message: impl Into<String>) -> Self {
        Self {
            line: 1,
            column: 1,
            message: message.into(),
        }
    }
}

/// Reads one YAML document into a value. Use [`Spanned`] for values whose place matters later.
///
/// # Errors
/// The first mistake with its place: syntax, duplicate key, a second document, a budget, or
/// whatever the type refuses.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    read(text, DuplicateKeyPolicy::Error)
}

/// Reads like [`from_str`], but hands repeated keys to the type's own visitor.
pub(crate) fn from_str_with_duplicates<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    read(text, DuplicateKeyPolicy::PassThrough)
}

/// Turns the bytes of a file into text.
///
/// # Errors
/// When the file is larger than [`YAML_BYTES_MAX`], is not UTF-8 or holds control characters.
pub fn decode(bytes: &[u8]) -> Result<&str, YamlError> {
    if bytes.len() > YAML_BYTES_MAX {
        return Err(YamlError::at_start(format!(
            "the file has {} bytes; at most {YAML_BYTES_MAX} (1 MiB) are read",
            bytes.len()
        )));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let good = &bytes[..error.valid_up_to()];
            let line = good.split(|byte| *byte == b'\n').count();
            let line_start = good.iter().rposition(|byte| *byte == b'\n');
            let head = &good[line_start.map_or(0, |at| at + 1)..];
            Err(YamlError {
                line,
                column: 1 + String::from_utf8_lossy(head).chars().count(),
                message: "not UTF-8 text; is this a binary file?".to_owned(),
            })
        }
    }
}

/// Writes a value as YAML that [`from_str`] and YAML 1.1 readers understand alike.
///
/// # Errors
/// When the value cannot be written, e.g. a mapping with a list as key.
pub fn to_string<T: Serialize>(value: &T) -> Result<String, YamlError> {
    serde_yaml::to_string(value).map_err(|error| YamlError {
        line: 0,
        column: 0,
        message: one_line(&error.to_string()),
    })
}

fn read<T: DeserializeOwned>(text: &str, duplicates: DuplicateKeyPolicy) -> Result<T, YamlError> {
    if text.len() > YAML_BYTES_MAX {
        return Err(YamlError::at_start(format!(
            "the text has {} bytes; at most {YAML_BYTES_MAX} (1 MiB) are read",
            text.len()
        )));
    }
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(YamlError::at_start("the file is empty"));
    }
    refuse_control_characters(text)?;
    let options = serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        duplicate_keys: duplicates,
        budget: serde_yaml::budget! {
            max_nodes: YAML_NODES_MAX,
            max_events: YAML_NODES_MAX * 2,
            max_depth: YAML_DEPTH_MAX,
            max_total_scalar_bytes: YAML_BYTES_MAX * 4,
            max_documents: 1,
            max_recorded_anchor_events: ALIAS_EVENTS_MAX,
        },
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: ALIAS_EVENTS_MAX,
            max_replay_stack_depth: 16,
            max_alias_expansions_per_anchor: 10_000,
        },
    };
    serde_yaml::from_str_with_options(text, options).map_err(|error| located(&error))
}

/// Names a NUL or another control character: a parser would report it as odd syntax. A carriage
/// return alone is one too: YAML begins a line behind it where no editor does, and every mistake
/// after it would be shown in the wrong line.
fn refuse_control_characters(text: &str) -> Result<(), YamlError> {
    let text = text.trim_start_matches('\u{feff}');
    for (number, line) in text.lines().enumerate() {
        let bad = |c: char| c.is_ascii_control() && c != '\t';
        let Some((column, found)) = line.chars().enumerate().find(|(_, c)| bad(*c)) else {
            continue;
        };
        let message = if found == '\r' {
            "a carriage return inside a line; lines end with LF or CRLF, and in a double-quoted \
             text it is written as \"\\r\""
        } else {
            "a control character; is this a binary file? In a double-quoted text write it as an \
             escape such as \"\\x00\""
        };
        return Err(YamlError {
            line: number + 1,
            column: column + 1,
            message: message.to_owned(),
        });
    }
    Ok(())
}

fn located(error: &serde_yaml::Error) -> YamlError {
    let place = error.location();
    let plain = error.without_snippet();
    let formatter = serde_yaml::UserMessageFormatter;
    let message = serde_yaml::MessageFormatter::format_message(&formatter, plain);
    YamlError {
        line: place.map_or(0, |at| clamp(at.line())),
        column: place.map_or(0, |at| clamp(at.column())),
        message: plainly(&one_line(&message)),
    }
}

/// Says in terms of a file what the parser says in terms of its limits.
fn plainly(message: &str) -> String {
    if message.contains("Documents {") {
        return "a second YAML document begins here; a file holds one".to_owned();
    }
    if message.contains("limits breached") || message.contains("alias replay") {
        return "too much YAML: more values, or more through aliases, than a file may hold"
            .to_owned();
    }
    if message == "recursion limit exceeded" {
        return format!("nested too deeply; at most {YAML_DEPTH_MAX} levels");
    }
    let hint = HINTS
        .iter()
        .find(|(said, _)| message.contains(said))
        .map_or("", |(_, hint)| hint);
    format!("{message}{hint}")
}

/// What to do about the mistakes that people make who write YAML seldom: what the parser says of
/// them, and what would be right.
const HINTS: [(&str, &str); 4] = [
    (
        "mapping values are not allowed",
        "; text that holds `: ` must be quoted as a whole, '...' or \"...\"",
    ),
    (
        "unknown escape character",
        "; in double quotes a backslash is written twice, in single quotes once",
    ),
    ("tabs disallowed", "; indent with spaces"),
    (
        "unsupported tag `!",
        "; text that begins with `!` must stand in quotes",
    ),
];

fn clamp(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;

    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Small {
        name: String,
        size: Option<u32>,
    }

    fn fails(text: &str) -> YamlError {
        from_str::<Value>(text).unwrap_err()
    }

    #[test]
    fn words_of_yaml_1_1_stay_text() {
        let value: Value =
            from_str("[no, on, yes, 010, 0o17, 1_000, '1', 12:30, ~, true, 1.5]").unwrap();
        assert_eq!(
            value,
            json!([
                "no", "on", "yes", "010", 15, "1_000", "1", "12:30", null, true, 1.5
            ])
        );
    }

    #[test]
    fn a_bom_and_crlf_are_no_mistake() {
        let small: Small = from_str("\u{feff}name: a\r\nsize: 3\r\n").unwrap();
        assert_eq!(
            small,
            Small {
                name: "a".to_owned(),
                size: Some(3)
            }
        );
    }

    #[test]
    fn mistakes_have_their_place() {
        let error = from_str::<Small>("name: a\nsize: lots\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 7), "{error}");
        let error = from_str::<Small>("name: a\ncolour: red\n").unwrap_err();
        assert_eq!(error.line, 2, "{error}");
        assert!(error.message.contains("colour"), "{error}");
        let error = from_str::<BTreeMap<String, u32>>("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!((error.line, error.column), (3, 1), "{error}");
        assert!(error.message.contains("duplicate"), "{error}");
    }

    #[test]
    fn hostile_and_broken_texts_are_refused() {
        assert_eq!(fails("").message, "the file is empty");
        assert_eq!(fails("\u{feff}\n \n").message, "the file is empty");
        let second = fails("a: 1\n---\nb: 2\n");
        assert!(
            second.line >= 2 && second.message.contains("second YAML document"),
            "{second}"
        );
        assert!(
            fails("a:\n\t- b\n").message.contains("tab"),
            "{}",
            fails("a:\n\t- b\n")
        );
        assert_eq!(fails("a: 1\nb: \u{1}\n").line, 2);
        assert!(fails("a: {b: [c\n").line >= 1);
        let deep = "[".repeat(5000);
        assert!(fails(&deep).line >= 1);
        let long = "a".repeat(YAML_BYTES_MAX + 1);
        assert!(fails(&long).message.contains("1 MiB"));
    }

    #[test]
    fn a_carriage_return_alone_is_no_line_end() {
        for (text, line, column) in [
            ("a: 1\rb: 2\n", 1, 5),
            ("a: 1\r\nb: \"x\ry\"\r\n", 2, 6),
            ("\u{feff}a: 1\r", 1, 5),
            ("a: 1\r\r\n", 1, 5),
        ] {
            let error = fails(text);
            assert_eq!((error.line, error.column), (line, column), "{text:?}");
            assert!(error.message.contains("carriage return"), "{error}");
        }
    }

    #[test]
    fn an_alias_bomb_is_refused_fast() {
        let mut bomb = String::from("a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n");
        for level in 1..12 {
            let one = format!("*a{},", level - 1);
            let _ = writeln!(bomb, "a{level}: &a{level} [{}]", one.repeat(9));
        }
        let error = fails(&bomb);
        assert!(error.line >= 1, "{error}");
        assert!(error.message.contains("aliases"), "{error}");
    }

    #[test]
    fn bytes_that_are_not_text_are_named_with_their_place() {
        let error = decode(b"a: b\nc: \xff\xfe\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 4));
        assert!(error.message.contains("UTF-8"));
        assert!(decode(&vec![b'a'; YAML_BYTES_MAX + 1]).is_err());
    }

    #[test]
    fn what_is_written_reads_back() {
        let value =
            json!({"a": "no", "b": "010", "c": "set -e\necho hi  \n", "d": [1, true, null]});
        let text = to_string(&value).unwrap();
        assert_eq!(from_str::<Value>(&text).unwrap(), value);
    }
}
