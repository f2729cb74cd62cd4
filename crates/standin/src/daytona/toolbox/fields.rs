//! Reads a JSON body as Go's decoder and gin's validator do (contract 3.3).

use std::collections::BTreeMap;

use axum::body::Body;
use serde_json::{Map, Value};

use crate::daytona::asked::read_body;

/// The fields of a body; errors are the decoder's texts, without any prefix.
#[derive(Debug)]
pub(super) struct Fields {
    /// Name of the Go type, which the texts show.
    of: &'static str,
    fields: Map<String, Value>,
}

impl Fields {
    /// Reads a body.
    pub(super) async fn read(of: &'static str, body: Body) -> Result<Self, String> {
        let bytes = read_body(body)
            .await
            .ok_or("http: request body too large")?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self { of, fields }),
            // Go's decoder takes `null` as nothing said.
            Ok(Value::Null) => Ok(Self {
                of,
                fields: Map::new(),
            }),
            Ok(value) => Err(format!(
                "json: cannot unmarshal {} into Go value of type process.{of}",
                kind(&value)
            )),
            Err(error) => Err(syntax(&bytes, &error)),
        }
    }

    /// A text; empty when it is not there.
    pub(super) fn text(&self, name: &str) -> Result<String, String> {
        match self.given(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value) => Err(self.wrong(name, value, "string")),
        }
    }

    /// A text that the validator wants.
    pub(super) fn required(&self, name: &str, field: &str) -> Result<String, String> {
        let text = self.text(name)?;
        if text.is_empty() {
            return Err(format!(
                "Key: '{}.{field}' Error:Field validation for '{field}' failed on the 'required' \
                 tag",
                self.of
            ));
        }
        Ok(text)
    }

    /// Yes or no; no when it is not there.
    pub(super) fn flag(&self, name: &str) -> Result<bool, String> {
        Ok(self.choice(name)?.unwrap_or_default())
    }

    /// Yes or no, if it is there.
    pub(super) fn choice(&self, name: &str) -> Result<Option<bool>, String> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(value) => Err(self.wrong(name, value, "bool")),
        }
    }

    /// A `uint32`, if it is there.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, String> {
        let Some(value) = self.given(name) else {
            return Ok(None);
        };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        number
            .map(Some)
            .ok_or_else(|| self.wrong(name, value, "uint32"))
    }

    /// Names and texts.
    pub(super) fn texts(&self, name: &str) -> Result<BTreeMap<String, String>, String> {
        let fields = match self.given(name) {
            None => return Ok(BTreeMap::new()),
            Some(Value::Object(fields)) => fields,
            Some(value) => return Err(self.wrong(name, value, "map[string]string")),
        };
        let mut texts = BTreeMap::new();
        for (key, value) in fields {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => return Err(self.wrong(name, other, "string")),
            };
            texts.insert(key.clone(), text);
        }
        Ok(texts)
    }

    /// A list of texts.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, String> {
        let items = match self.given(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(value) => return Err(self.wrong(name, value, "[]string")),
        };
        let text = |item: &Value| match item {
            Value::String(text) => Ok(text.clone()),
            other => Err(self.wrong(name, other, "string")),
        };
        items.iter().map(text).collect()
    }

    /// Go matches names without regard to case when none is exact.
    fn given(&self, name: &str) -> Option<&Value> {
        let exact = self.fields.get(name);
        let found = exact.or_else(|| {
            let mut fields = self.fields.iter();
            fields
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        });
        found.filter(|value| !value.is_null())
    }

    fn wrong(&self, name: &str, value: &Value, wanted: &str) -> String {
        let (kind, of) = (kind(value), self.of);
        format!("json: cannot unmarshal {kind} into Go struct field {of}.{name} of type {wanted}")
    }
}

/// What Go calls a value that does not fit.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        // A number that is of a wrong size or shape is named.
        Value::Number(number) => format!("number {number}"),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    }
}

fn syntax(bytes: &[u8], error: &serde_json::Error) -> String {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return "EOF".to_owned();
    }
    if error.is_eof() {
        return "unexpected EOF".to_owned();
    }
    let line = bytes
        .split(|byte| *byte == b'\n')
        .nth(error.line().saturating_sub(1));
    let at = line.and_then(|line| line.get(error.column().saturating_sub(1)));
    let shown = at.map_or('?', |byte| char::from(*byte));
    format!("invalid character '{shown}' looking for beginning of value")
}
