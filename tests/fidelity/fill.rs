//! Captures, and where they are put: `${name}` in what is sent and in what is wanted.

use std::collections::BTreeMap;

use serde_json::Value;

/// Names and what was captured under them.
pub(crate) type Captures = BTreeMap<String, Value>;

/// Replaces every `${name}` of a text; `$${` is a plain `${`. Inside `<matches:..>` a capture
/// stands for itself and not for a pattern.
pub(crate) fn text(pattern: &str, captures: &Captures) -> Result<String, String> {
    let is_regex = pattern.starts_with("<matches:");
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            filled.push_str(before);
            filled.push_str("${");
            rest = &from[2..];
            continue;
        }
        filled.push_str(before);
        let end = from
            .find('}')
            .ok_or_else(|| format!("`${{` without an end in {pattern:?}"))?;
        let value = plain(find(&from[2..end], captures)?);
        filled.push_str(&if is_regex {
            regex::escape(&value)
        } else {
            value
        });
        rest = &from[end + 1..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Replaces in every string of a value. A string that is one `${name}` becomes what was
/// captured, with its type.
pub(crate) fn json(pattern: &Value, captures: &Captures) -> Result<Value, String> {
    Ok(match pattern {
        Value::String(pattern) => match whole(pattern) {
            Some(name) => find(name, captures)?.clone(),
            None => Value::String(text(pattern, captures)?),
        },
        Value::Array(items) => {
            let items = items.iter().map(|item| json(item, captures));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Object(members) => {
            let mut filled = serde_json::Map::new();
            for (key, value) in members {
                filled.insert(text(key, captures)?, json(value, captures)?);
            }
            Value::Object(filled)
        }
        other => other.clone(),
    })
}

/// A captured value, or a scalar of the data, as text.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn whole(pattern: &str) -> Option<&str> {
    let name = pattern.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains(['{', '}', '$'])).then_some(name)
}

fn find<'captures>(name: &str, captures: &'captures Captures) -> Result<&'captures Value, String> {
    captures
        .get(name)
        .ok_or_else(|| format!("nothing was captured as `{name}`"))
}
