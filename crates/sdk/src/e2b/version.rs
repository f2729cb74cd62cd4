//! `compareVersions(version, "0.1.0") < 0` of `compare-versions`.

use std::cmp::Ordering;

use cutover_js::{Text, Value};

use crate::Error;

const OLDEST: [&str; 3] = ["0", "1", "0"];

/// Whether a daemon is older than the SDK talks to.
pub(super) fn is_too_old(version: Option<&Value>) -> Result<bool, Error> {
    let Some(version) = version.and_then(Value::as_text) else {
        return Err(Error::new("Invalid argument expected string"));
    };
    let parsed = version.as_str().and_then(parse);
    let Some((numbers, is_early)) = parsed else {
        let mut message = Text::from("Invalid argument not valid semver ('");
        message.push_text(version);
        message.push_str("' received)");
        return Err(Error::new(message));
    };
    for at in 0..numbers.len().max(OLDEST.len()) {
        let other = OLDEST.get(at).copied().unwrap_or("0");
        match compared(numbers.get(at).copied().unwrap_or("0"), other) {
            Ordering::Equal => {}
            unequal => return Ok(unequal == Ordering::Less),
        }
    }
    Ok(is_early)
}

/// The numbers of a version, and whether it is one before the release.
fn parse(version: &str) -> Option<(Vec<&str>, bool)> {
    let version = version.trim_start_matches(['v', 'V', '^', '~', '<', '>', '=']);
    let (version, build) = match version.split_once('+') {
        Some((version, build)) => (version, Some(build)),
        None => (version, None),
    };
    let (numbers, early) = match version.split_once('-') {
        Some((numbers, early)) => (numbers, Some(early)),
        None => (version, None),
    };
    let numbers: Vec<_> = numbers.split('.').collect();
    let (first, others) = numbers.split_first()?;
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let is_wild = |it: &str| matches!(it, "x" | "X" | "*");
    let are_numbers = is_number(first) && others.iter().all(|it| is_number(it) || is_wild(it));
    let extra = [early, build];
    let mut extra = extra.iter().flatten();
    let has_extra = early.is_some() || build.is_some();
    let is_words = |it: &&str| {
        it.split('.').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|it| it.is_ascii_alphanumeric() || it == b'-')
        })
    };
    let fits = numbers.len() <= 4 && (numbers.len() >= 3 || !has_extra);
    (are_numbers && fits && extra.all(is_words)).then(|| (numbers, early.is_some()))
}

fn compared(left: &str, right: &str) -> Ordering {
    if matches!(left, "x" | "X" | "*") {
        return Ordering::Equal;
    }
    // Numbers beyond a hundred digits are compared by their lengths, as no one writes them.
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_in_the_sdk() {
        for (version, old) in [
            ("0.0.9", true),
            ("0", true),
            ("0.1", false),
            ("1", false),
            ("v0.2.0", false),
            ("0.1.0", false),
            ("0.1.0-alpha", true),
            ("0.1.0-alpha.1+b", true),
            ("0.1.0+b", false),
            ("0.x", false),
            ("0.6.13", false),
            ("0.0.99999999999999999999999", true),
        ] {
            assert_eq!(is_too_old(Some(&version.into())), Ok(old), "{version}");
        }
    }

    #[test]
    fn what_is_no_version_is_said_as_in_the_sdk() {
        for version in ["", "x", "1.", "1-a", "1.2.3.4.5", "1.2.3-", "a.1.2"] {
            let said = format!("Invalid argument not valid semver ('{version}' received)");
            assert_eq!(is_too_old(Some(&version.into())), Err(Error::new(said)));
        }
        let said = Err(Error::new("Invalid argument expected string"));
        assert_eq!(is_too_old(None), said);
        assert_eq!(is_too_old(Some(&Value::Null)), said);
        assert_eq!(is_too_old(Some(&5.into())), said);
    }
}
