//! Paths into outcomes, and matchers on what they find (`design.md` section 3).

use regex::bytes::Regex;
use serde_json::Value;

/// A field name, or an RFC 9535 path below one: `exit_code`, `$.body.error[0].code`.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPath {
    /// As it was written, with `$.` in front of a bare field name.
    pub text: String,
    /// The field that the path begins with.
    pub field: String,
    /// The path relative to the field's value, when it goes below it.
    pub below: Option<serde_json_path::JsonPath>,
}

/// Operators, all of which must hold.
#[derive(Debug, Clone, Default)]
pub struct Matcher {
    /// The operators in the order they were written.
    pub operators: Vec<Operator>,
}

/// One operator of a matcher.
#[derive(Debug, Clone)]
pub enum Operator {
    /// Equal to a JSON value; text is compared with bytes as UTF-8.
    Equals(Value),
    /// Equal to bytes (`equals: {base64: ...}`).
    EqualsBytes(Vec<u8>),
    /// The whole text matches (anchored at both ends).
    Matches(Regex),
    /// Contains the text.
    Contains(String),
    /// Starts with the text.
    StartsWith(String),
    /// Ends with the text.
    EndsWith(String),
    /// Equal to one of the values.
    OneOf(Vec<Value>),
    /// The path finds nothing (`true`) or something (`false`).
    Absent(bool),
    /// A number at least this.
    Min(f64),
    /// A number at most this.
    Max(f64),
    /// SHA-256 of the bytes, hex.
    Sha256(String),
}
