//! Reads a JSON body as the validator of the control plane does: unknown fields are ignored, a
//! wrong type is a sentence (contract 1.2).

use std::collections::BTreeMap;

use axum::body::Body;
use serde_json::{Map, Value};

use crate::daytona::asked::read_body;
use crate::daytona::control::ApiError;

/// The fields of a body, and what was wrong with those read so far.
#[derive(Debug)]
pub(super) struct Fields {
    fields: Map<String, Value>,
    complaints: Vec<String>,
}

impl Fields {
    /// Reads a body; none at all is an object without fields.
    ///
    /// # Errors
    /// 400 when it is not JSON.
    pub(super) async fn read(body: Body) -> Result<Self, ApiError> {
        let bytes = read_body(body).await.ok_or_else(ApiError::not_json)?;
        let fields = if bytes.is_empty() {
            Map::new()
        } else {
            match serde_json::from_slice(&bytes) {
                Ok(Value::Object(fields)) => fields,
                // The parser is strict: only objects and arrays pass, and an array has no fields.
                Ok(Value::Array(_)) => Map::new(),
                _ => return Err(ApiError::not_json()),
            }
        };
        Ok(Self {
            fields,
            complaints: Vec::new(),
        })
    }

    /// An object within, whose fields are read in their turn.
    pub(super) fn object(&mut self, name: &str) -> Option<Self> {
        let inner = self.given(name)?.as_object().cloned().map(|fields| Self {
            fields,
            complaints: Vec::new(),
        });
        self.expect(name, inner, "must be an object")
    }

    /// Takes over what was wrong with an object within.
    pub(super) fn take_complaints(&mut self, name: &str, inner: Self) {
        let inner = inner.complaints.into_iter();
        self.complaints
            .extend(inner.map(|text| format!("{name}.{text}")));
    }

    /// Notes something that is wrong.
    pub(super) fn complain(&mut self, sentence: &str) {
        self.complaints.push(sentence.to_owned());
    }

    /// A field that is there and not null.
    pub(super) fn given(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let text = self.given(name)?.as_str().map(str::to_owned);
        self.expect(name, text, "must be a string")
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        let flag = self.given(name)?.as_bool();
        self.expect(name, flag, "must be a boolean value")
    }

    /// A whole number.
    pub(super) fn number(&mut self, name: &str) -> Option<i64> {
        let number = self.given(name)?.as_i64();
        self.expect(
            name,
            number,
            "must be a number conforming to the specified constraints",
        )
    }

    /// A whole number that is not below a bound.
    pub(super) fn at_least(&mut self, name: &str, min: i64) -> Option<i64> {
        let number = self.number(name)?;
        let number = (number >= min).then_some(number);
        self.expect(name, number, &format!("must not be less than {min}"))
    }

    /// Texts in a row.
    pub(super) fn list(&mut self, name: &str) -> Option<Vec<String>> {
        let texts = self.given(name)?.as_array().and_then(|items| {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            texts.collect()
        });
        self.expect(name, texts, "must be an array")
    }

    /// Names and texts.
    pub(super) fn texts(&mut self, name: &str) -> Option<BTreeMap<String, String>> {
        let texts = self.given(name)?.as_object().and_then(|fields| {
            fields
                .iter()
                .map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                .collect()
        });
        self.expect(name, texts, "must be an object")
    }

    /// Fails if any field read so far was of a wrong type.
    ///
    /// # Errors
    /// 400 with every complaint, as the validator joins them.
    pub(super) fn checked(&self) -> Result<(), ApiError> {
        if self.complaints.is_empty() {
            return Ok(());
        }
        Err(ApiError::bad(self.complaints.join(", ")))
    }

    fn expect<T>(&mut self, name: &str, value: Option<T>, must: &str) -> Option<T> {
        if value.is_none() {
            self.complaints.push(format!("{name} {must}"));
        }
        value
    }
}
