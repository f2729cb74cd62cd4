//! Keys, tokens and ids: what is made, and what is accepted (contract 1.1).

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use uuid::Uuid;

use crate::e2b::error::ControlError;

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

/// A new template id: 20 of `[a-z0-9]`.
pub(crate) fn new_template_id() -> String {
    new_id('s').chars().skip(1).collect()
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

/// What an access token of former days gets (contract 1.1).
const DEPRECATED_TOKEN: &str = "E2B_ACCESS_TOKEN is deprecated and no longer accepted. Use an API \
                                key (E2B_API_KEY) instead.";

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// Checks the control plane's key; the texts are bare (contract 1.1). `X-Team-ID` names one of a
/// user's teams and says nothing beside a key, which belongs to one team.
pub(crate) fn check_key(headers: &HeaderMap, key: &str) -> Result<(), ControlError> {
    let refuse = |text: &str| Err(ControlError::new(StatusCode::UNAUTHORIZED, text));
    let given = headers.get("x-api-key").filter(|given| !given.is_empty());
    let Some(given) = given else {
        return refuse(match bearer(headers) {
            None => "authorization header is missing",
            Some(token) if token.starts_with("sk_e2b_") => DEPRECATED_TOKEN,
            // A stand-in has no users who could have signed in; the text is our reading.
            Some(_) => "Cannot get the user for the given token",
        });
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
        for (name, given, expected) in [
            ("x-api-key", key.as_str(), None),
            ("x-other", "", Some("authorization header is missing")),
            ("x-api-key", "", Some("authorization header is missing")),
            ("x-api-key", "nonsense", Some("Invalid API key format")),
            ("x-api-key", "e2b_xyz", Some("Invalid API key format")),
            (
                "x-api-key",
                "e2b_0000",
                Some("Cannot get the team for the given API key"),
            ),
            ("authorization", "Bearer sk_e2b_00", Some(DEPRECATED_TOKEN)),
            (
                "authorization",
                "Bearer x",
                Some("Cannot get the user for the given token"),
            ),
            (
                "authorization",
                "Basic x",
                Some("authorization header is missing"),
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, given.parse().unwrap());
            let message = check_key(&headers, &key).err().map(|error| error.message);
            assert_eq!(message.as_deref(), expected, "{name}: {given}");
        }
    }
}
