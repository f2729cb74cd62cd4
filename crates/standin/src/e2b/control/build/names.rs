//! Names and tags of templates (contract 7.2).

use std::collections::BTreeSet;

use crate::e2b::app::App;
use crate::e2b::error::ControlError;
use crate::e2b::template::{self, DEFAULT_TAG, NAMESPACE};

/// Characters of a name or a tag.
const LENGTH_MAX: usize = 128;

/// Alias and tag of `name[:tag]`, in lower case.
pub(super) fn read(text: &str) -> Result<(String, Option<String>), ControlError> {
    let (name, tag) = match text.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (text, None),
    };
    let name = name.trim().to_lowercase();
    if name.is_empty() {
        return Err(ControlError::bad_request("Name is required"));
    }
    let alias = match name.split_once('/') {
        None => name.as_str(),
        Some((NAMESPACE, alias)) => alias,
        Some((namespace, _)) => {
            return Err(ControlError::bad_request(format!(
                "Invalid name: namespace '{namespace}' must match your team '{NAMESPACE}'"
            )));
        }
    };
    let plain = |text: &str, dots: bool| {
        (1..=LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|byte| {
                byte.is_ascii_lowercase()
                    || byte.is_ascii_digit()
                    || matches!(byte, b'-' | b'_')
                    || (dots && byte == b'.')
            })
    };
    if !plain(alias, false) {
        return Err(ControlError::bad_request(format!(
            "Invalid name: '{alias}' must have 1 to {LENGTH_MAX} of a-z, 0-9, - and _"
        )));
    }
    let tag = tag.map(|tag| read_tag(tag, plain)).transpose()?;
    Ok((alias.to_owned(), tag))
}

fn read_tag(tag: &str, plain: impl Fn(&str, bool) -> bool) -> Result<String, ControlError> {
    let tag = tag.trim().to_lowercase();
    if plain(&tag, true) && !tag.contains("..") {
        return Ok(tag);
    }
    Err(ControlError::bad_request(format!(
        "Invalid tag: '{tag}' must have 1 to {LENGTH_MAX} of a-z, 0-9, -, _ and ."
    )))
}

/// The tags of a list, each once.
pub(super) fn tags(given: &[&str]) -> Result<Vec<String>, ControlError> {
    let mut seen = BTreeSet::new();
    let mut tags = Vec::new();
    for tag in given {
        let (_, tag) = read(&format!("x:{tag}"))?;
        if let Some(tag) = tag.filter(|tag| seen.insert(tag.clone())) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

/// The tags that a new build gets: those of its name and its list, else the default.
pub(super) fn all_tags(
    of_name: Option<String>,
    listed: &[&str],
) -> Result<Vec<String>, ControlError> {
    let mut all = tags(listed)?;
    if let Some(tag) = of_name
        && !all.contains(&tag)
    {
        all.insert(0, tag);
    }
    if all.is_empty() {
        all.push(DEFAULT_TAG.to_owned());
    }
    Ok(all)
}

/// 409 of a name that means something that is not built: a template that is built in, or a
/// snapshot.
pub(super) fn taken(app: &App, alias: &str) -> Result<(), ControlError> {
    if template::built_in(alias).is_none() && app.snapshots.named(alias).is_empty() {
        return Ok(());
    }
    let text = format!("Alias '{alias}' is already used");
    Err(ControlError::conflict(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_tags_are_read_as_the_contract_says() {
        let long = "a".repeat(LENGTH_MAX + 1);
        for (text, expected) in [
            ("Mine", "mine None"),
            ("local/a-b_1:V1.2", "a-b_1 Some(\"v1.2\")"),
            ("", "Name is required"),
            (":v", "Name is required"),
            ("a b", "Invalid name: 'a b' must have"),
            ("a.b", "Invalid name: 'a.b' must have"),
            (&long, "Invalid name: "),
            (
                "other/a",
                "Invalid name: namespace 'other' must match your team 'local'",
            ),
            ("a:", "Invalid tag: '' must have"),
            ("a:b:c", "Invalid tag: 'b:c' must have"),
            ("a:..", "Invalid tag: '..' must have"),
        ] {
            let read = match read(text) {
                Ok((alias, tag)) => format!("{alias} {tag:?}"),
                Err(error) => error.message,
            };
            assert!(read.starts_with(expected), "{text}: {read}");
        }
        assert_eq!(all_tags(None, &[]).unwrap(), ["default"]);
        let both = all_tags(Some("v1".to_owned()), &["x", "X", "v1"]).unwrap();
        assert_eq!(both, ["x", "v1"]);
        assert!(tags(&["a b"]).is_err());
    }
}
