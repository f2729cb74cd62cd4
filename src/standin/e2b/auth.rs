//! Keys, tokens and ids: what is made, and what is accepted (contract 1.1).

use axum::http::{HeaderMap, StatusCode};
use uuid::Uuid;

use crate::standin::e2b::error::ControlError;

/// A new key of E2B's shape: `e2b_` and 40 hex digits.
pub(crate) fn new_key() -> String {
    format!("e2b_{}", &random_hex()[..40])
}

/// A new token for one sandbox's envd.
pub(crate) fn new_token() -> String {
    random_hex()
}

/// A new sandbox id: `i` and 20 of `[a-z0-9]`.
pub(crate) fn new_sandbox_id() -> String {
    new_id('i')
}

/// A new watcher id: `w` and 20 of `[a-z0-9]`.
pub(crate) fn new_watcher_id() -> String {
    new_id('w')
}

fn new_id(first: char) -> String {
    const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut rest = Uuid::new_v4().as_u128();
    let mut id = String::from(first);
    for _ in 0..20 {
        let digit = usize::try_from(rest % 36).unwrap_or(0);
        id.push(char::from(DIGITS[digit]));
        rest /= 36;
    }
    id
}

fn random_hex() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// Checks the control plane's key; the texts are bare (contract 1.1).
pub(crate) fn check_key(headers: &HeaderMap, key: &str) -> Result<(), ControlError> {
    let refuse = |text: &str| Err(ControlError::new(StatusCode::UNAUTHORIZED, text));
    let Some(given) = headers.get("x-api-key") else {
        return refuse("authorization header is missing");
    };
    if given.as_bytes() == key.as_bytes() {
        return Ok(());
    }
    let hex = given
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("e2b_"));
    match hex {
        Some(hex) if !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            refuse("Cannot get the team for the given API key")
        }
        _ => refuse("Invalid API key format"),
    }
}

/// The sandbox id in a path or header: `ID` or `ID-CLIENT` (contract 1.1). `None` if it is none.
pub(crate) fn sandbox_id(text: &str) -> Option<&str> {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let (id, client) = match text.split_once('-') {
        Some((id, client)) => (id, Some(client)),
        None => (text, None),
    };
    (plain(id) && client.is_none_or(plain)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_composite_id_is_cut_and_a_bad_one_refused() {
        for (text, expected) in [
            ("iabc0", Some("iabc0")),
            ("iabc0-e2b1", Some("iabc0")),
            ("iabc0-x-y", None),
            ("iABC", None),
            ("", None),
            ("a-", None),
            ("../x", None),
        ] {
            assert_eq!(sandbox_id(text), expected, "{text}");
        }
        assert_eq!(sandbox_id(&new_sandbox_id()).map(str::len), Some(21));
    }

    #[test]
    fn another_key_gets_what_the_provider_gives() {
        let key = new_key();
        for (given, expected) in [
            (Some(key.as_str()), None),
            (None, Some("authorization header is missing")),
            (Some("nonsense"), Some("Invalid API key format")),
            (Some("e2b_xyz"), Some("Invalid API key format")),
            (
                Some("e2b_0000"),
                Some("Cannot get the team for the given API key"),
            ),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(given) = given {
                headers.insert("x-api-key", given.parse().unwrap());
            }
            let message = check_key(&headers, &key).err().map(|error| error.message);
            assert_eq!(message.as_deref(), expected);
        }
    }
}
