//! Reading proto3 JSON: absent and `null` are the zero value, unknown members are ignored.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use crate::e2b::error::RpcError;

/// A message that was parsed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Message {
    members: Map<String, Value>,
}

impl Message {
    /// A message of these members.
    pub(crate) const fn new(members: Map<String, Value>) -> Self {
        Self { members }
    }

    /// Parses a message.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, RpcError> {
        if bytes.is_empty() {
            return Err(malformed("zero-length payload is not a valid JSON object"));
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Self { members }),
            Ok(_) => Err(malformed("proto: syntax error: unexpected token")),
            Err(error) => Err(malformed(&error.to_string())),
        }
    }

    /// A member as it was sent, under its JSON name or the name of its field.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let member = self.members.get(name);
        let member = member.or_else(|| self.members.get(&snake_case(name)));
        member.filter(|value| !value.is_null())
    }

    /// A message inside.
    pub(crate) fn message(&self, name: &str) -> Result<Option<Self>, RpcError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Self {
                members: members.clone(),
            })),
            Some(_) => Err(invalid(name)),
        }
    }

    /// A string, if it was sent.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, RpcError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(name)),
        }
    }

    /// A boolean, if it was sent.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, RpcError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(invalid(name)),
        }
    }

    /// A `uint32`, as a number or a string, if it was sent.
    pub(crate) fn uint32(&self, name: &str) -> Result<Option<u32>, RpcError> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        let number = number.and_then(|number| u32::try_from(number).ok());
        number.map(Some).ok_or_else(|| invalid(name))
    }

    /// `bytes`: base64 of either alphabet, padded or not, if they were sent.
    pub(crate) fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, RpcError> {
        const ANY_PADDING: GeneralPurposeConfig = GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true);
        const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let standard = text.replace('-', "+").replace('_', "/");
        let decoded = STANDARD.decode(standard).map_err(|_| invalid(name))?;
        Ok(Some(decoded))
    }

    /// A list of strings.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, RpcError> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .ok_or_else(|| invalid(name)),
            Some(_) => Err(invalid(name)),
        }
    }

    /// A map of strings.
    pub(crate) fn map(&self, name: &str) -> Result<BTreeMap<String, String>, RpcError> {
        match self.get(name) {
            None => Ok(BTreeMap::new()),
            Some(Value::Object(members)) => members
                .iter()
                .map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                .collect::<Option<_>>()
                .ok_or_else(|| invalid(name)),
            Some(_) => Err(invalid(name)),
        }
    }
}

/// The name of a field: `watcherId` is `watcher_id`.
fn snake_case(name: &str) -> String {
    let mut field = String::with_capacity(name.len() + 2);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            field.push('_');
        }
        field.push(character.to_ascii_lowercase());
    }
    field
}

fn malformed(what: &str) -> RpcError {
    RpcError::invalid(format!("unmarshal message: {what}"))
}

fn invalid(name: &str) -> RpcError {
    malformed(&format!("proto: invalid value for field {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn scalars_are_read_in_every_form_of_proto3_json() {
        let read = message(r#"{"a": 7, "b": "7", "c": null, "d": "aGk", "e": "-_8="}"#);
        assert_eq!(read.uint32("a"), Ok(Some(7)));
        assert_eq!(read.uint32("b"), Ok(Some(7)));
        assert_eq!(read.uint32("c"), Ok(None));
        assert_eq!(read.bytes("d"), Ok(Some(b"hi".to_vec())));
        assert_eq!(read.bytes("e"), Ok(Some(vec![0xfb, 0xff])));
        let field = message(r#"{"watcher_id": "w"}"#);
        assert_eq!(field.text("watcherId"), Ok(Some("w")));
    }

    #[test]
    fn a_wrong_type_is_an_invalid_argument() {
        let read = message(r#"{"a": -1, "b": {}, "c": [1], "d": "$"}"#);
        for error in [
            read.uint32("a").unwrap_err(),
            read.text("b").unwrap_err(),
            read.texts("c").unwrap_err(),
            read.bytes("d").unwrap_err(),
            Message::parse(b"").unwrap_err(),
            Message::parse(b"[]").unwrap_err(),
        ] {
            assert!(error.message.starts_with("unmarshal message: "));
        }
    }
}
