//! Reading a [`FieldPath`] and following it into an outcome.

use cutover_base::blob::Blob;
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::call::{FieldValue, Outcome};

/// What a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<'o> {
    /// Nothing: the field was not given, or nothing is there below it.
    Absent,
    /// Captured bytes.
    Bytes(&'o Blob),
    /// One JSON value.
    Json(&'o Value),
    /// Several JSON values: the path had a wildcard, a slice, a filter or `..`.
    Several(Vec<&'o Value>),
}

/// Why a text is not a path into an outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PathError(String);

/// Characters of a path.
const PATH_CHARS_MAX: usize = 500;

/// Brackets and parentheses of a path within each other: the parser's time doubles and more
/// with each level, and eight take milliseconds.
const PATH_DEPTH_MAX: usize = 6;

fn check_bounds(text: &str) -> Result<(), PathError> {
    if text.chars().count() > PATH_CHARS_MAX {
        return Err(PathError(format!(
            "a path has at most {PATH_CHARS_MAX} characters"
        )));
    }
    let mut depth = 0_usize;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        if depth > PATH_DEPTH_MAX {
            return Err(PathError(format!(
                "a path is nested too deeply; at most {PATH_DEPTH_MAX} levels"
            )));
        }
    }
    Ok(())
}

/// A field name, or an RFC 9535 path below one: `exit_code`, `$.body.error[0].code`.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPath {
    /// As it was written, with `$.` in front of a bare field name.
    pub text: String,
    /// The field that the path begins with.
    pub field: String,
    /// The path relative to the field's value, when it goes below it.
    pub below: Option<JsonPath>,
}

impl FieldPath {
    /// Reads `exit_code`, `$.exit_code`, `failure.class`, `$.entries[?@.name=='a'].mtime`.
    ///
    /// # Errors
    /// When there is no field name at the beginning, or the rest is not an RFC 9535 path.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let body = text.strip_prefix("$.").unwrap_or(text);
        let end = body
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(body.len());
        let (field, rest) = body.split_at(end);
        if !field.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(PathError(format!(
                "`{}` is not a path: it must begin with a field, such as `$.exit_code`",
                text.escape_debug().take(60).collect::<String>()
            )));
        }
        check_bounds(text)?;
        let below = match rest {
            "" => None,
            rest => Some(JsonPath::parse(&format!("${rest}")).map_err(|error| {
                PathError(format!("`{}` is not a path: {error}", text.escape_debug()))
            })?),
        };
        Ok(Self {
            text: format!("$.{body}"),
            field: field.to_owned(),
            below,
        })
    }

    /// What the path leads to in an outcome. Bytes are leaves: nothing is below them.
    pub fn find<'o>(&self, outcome: &'o Outcome) -> Found<'o> {
        match (outcome.fields.get(&self.field), &self.below) {
            (None, _) | (Some(FieldValue::Bytes(_)), Some(_)) => Found::Absent,
            (Some(FieldValue::Bytes(blob)), None) => Found::Bytes(blob),
            (Some(FieldValue::Json(value)), None) => Found::Json(value),
            (Some(FieldValue::Json(value)), Some(path)) => match path.query(value).all().as_slice()
            {
                [] => Found::Absent,
                [one] => Found::Json(one),
                many => Found::Several(many.to_vec()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome() -> Outcome {
        Outcome::default()
            .with("exit_code", 3)
            .with(
                "entries",
                json!([{"name": "a", "size": 1}, {"name": "b", "size": 2}]),
            )
            .with("failure", json!({"class": "not_found", "message": "no"}))
            .with_bytes("stdout", Blob::from_bytes("out\n"))
    }

    fn check(path: &str, text: &str, found: &str) {
        let path = FieldPath::parse(path).unwrap();
        assert_eq!(path.text, text);
        let shown = match path.find(&outcome()) {
            Found::Absent => "absent".to_owned(),
            Found::Bytes(blob) => format!("{} bytes", blob.len),
            Found::Json(value) => value.to_string(),
            Found::Several(values) => format!("{} values", values.len()),
        };
        assert_eq!(shown, found, "{text}");
    }

    #[test]
    fn paths_lead_into_outcomes() {
        check("exit_code", "$.exit_code", "3");
        check("$.exit_code", "$.exit_code", "3");
        check("stdout", "$.stdout", "4 bytes");
        check("$.stdout.x", "$.stdout.x", "absent");
        check("stderr", "$.stderr", "absent");
        check("failure.class", "$.failure.class", "\"not_found\"");
        check("$.entries[0].size", "$.entries[0].size", "1");
        check(
            "$.entries[?@.name=='b'].size",
            "$.entries[?@.name=='b'].size",
            "2",
        );
        check("$.entries[*].name", "$.entries[*].name", "2 values");
        check("$.entries[9]", "$.entries[9]", "absent");
    }

    /// The parser of RFC 9535 paths takes exponential time on nested filters.
    #[test]
    fn deep_and_long_paths_are_refused_unparsed() {
        for open in ["[?@.a", "[?(", "[?!(@", "[?length(", "[?(@.a==1&&("] {
            let path = format!("a{}", open.repeat(1000));
            let error = FieldPath::parse(&path).unwrap_err().to_string();
            assert!(
                error.contains("too deeply") || error.contains("characters"),
                "{error}"
            );
        }
        assert!(FieldPath::parse(&format!("a{}", "[0]".repeat(100))).is_ok());
        assert!(FieldPath::parse(&format!("a{}", "[0]".repeat(1000))).is_err());
        let quoted = format!("a{}", "[?@.a==')))' && @".repeat(20));
        assert!(FieldPath::parse(&quoted).is_err());
        let filter = "a[?@.b[?@.c==1 && (length(@.d) > 2)]].e";
        assert!(FieldPath::parse(filter).is_ok());
    }

    #[test]
    fn what_is_no_path_says_so() {
        for bad in ["", "$", "$.", "[0]", "$..a", "a b", "a[", "a.", "1a", "é"] {
            assert!(FieldPath::parse(bad).is_err(), "{bad}");
        }
    }
}
