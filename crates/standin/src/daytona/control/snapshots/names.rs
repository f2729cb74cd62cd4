//! What snapshots and images may be called (contract 5.1).

use crate::daytona::control::ApiError;

const NAME: &str =
    "Invalid snapshot name format. May contain letters, digits, dots, colons, and dashes";
const DIGEST: &str = "Invalid digest format. Must be image@sha256:64_hex_characters";
const TAG: &str = "Image name must include a tag (e.g., ubuntu:22.04) or digest (@sha256:...)";
const LATEST: &str = "Images with tag \":latest\" are not allowed";

/// Checks the name of a snapshot.
pub(super) fn snapshot(name: &str) -> Result<(), ApiError> {
    let (path, digest) = match name.split_once("@sha256:") {
        Some((path, digest)) => (path, Some(digest)),
        None => (name, None),
    };
    let segment = |segment: &str| {
        let good = |c: char| c.is_ascii_alphanumeric() || "_.-:".contains(c);
        !segment.is_empty() && segment.chars().all(good)
    };
    if !path.split('/').all(segment) || !digest.is_none_or(is_digest) {
        return Err(ApiError::bad(NAME));
    }
    Ok(())
}

/// Checks the name of an image.
pub(super) fn image(name: &str) -> Result<(), ApiError> {
    if let Some((path, digest)) = name.split_once('@') {
        let good = !path.is_empty() && digest.strip_prefix("sha256:").is_some_and(is_digest);
        return if good {
            Ok(())
        } else {
            Err(ApiError::bad(DIGEST))
        };
    }
    // A colon before the last slash belongs to a port.
    let last = name.rsplit('/').next().unwrap_or_default();
    match last.split_once(':') {
        None | Some((_, "")) => Err(ApiError::bad(TAG)),
        Some((_, "latest")) => Err(ApiError::bad(LATEST)),
        Some(_) => Ok(()),
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, got: Result<(), ApiError>, expected: Option<&str>) {
        assert_eq!(
            got.err().map(|error| error.message).as_deref(),
            expected,
            "{name}"
        );
    }

    #[test]
    fn names_are_checked_as_the_service_does() {
        let digest = format!("a@sha256:{}", "0".repeat(64));
        for (name, expected) in [
            ("my-snap:1.0", None),
            ("registry:5000/a/b_c:1", None),
            (digest.as_str(), None),
            ("a b", Some(NAME)),
            ("a//b", Some(NAME)),
            ("", Some(NAME)),
            ("a@sha256:12", Some(NAME)),
        ] {
            check(name, snapshot(name), expected);
        }
        for (name, expected) in [
            ("alpine:3.18", None),
            ("localhost:5000/a:1", None),
            (digest.as_str(), None),
            ("alpine", Some(TAG)),
            ("localhost:5000/a", Some(TAG)),
            ("alpine:latest", Some(LATEST)),
            ("alpine@sha256:12", Some(DIGEST)),
            ("alpine@x", Some(DIGEST)),
        ] {
            check(name, image(name), expected);
        }
    }
}
