//! The `Authorization` header of a request.

use axum::http::{HeaderMap, header::AUTHORIZATION};
use cutover_base::secret::Secret;

/// What a request presents: the text behind `Bearer `, byte for byte.
///
/// The scheme is case-sensitive and one space wide, as in the original.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented(Option<String>);

impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = if self.0.is_some() {
            "a token"
        } else {
            "nothing"
        };
        write!(f, "Presented({what})")
    }
}

impl Presented {
    /// Takes what the headers present; of several such headers the first one counts.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let value = headers.get(AUTHORIZATION).map(|value| {
            // Header bytes are Latin-1 to the original, so a key in other letters never matches.
            let text: String = value.as_bytes().iter().copied().map(char::from).collect();
            text.trim_matches([' ', '\t']).to_owned()
        });
        Self(value.and_then(|it| it.strip_prefix("Bearer ").map(str::to_owned)))
    }

    /// Whether it is this key.
    pub fn is(&self, key: &Secret) -> bool {
        let presented = self.0.as_deref().unwrap_or_default();
        self.0.is_some() && same(presented.as_bytes(), key.expose().as_bytes())
    }

    /// The token that may be an agent's.
    pub(crate) fn token(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Compares in a time that does not tell where the first difference is.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    let differences = one
        .iter()
        .zip(other)
        .fold(0, |found, (a, b)| found | (a ^ b));
    one.len() == other.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn is_taken(header: &str, key: &Secret) -> bool {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(header.as_bytes()).unwrap();
        headers.insert(AUTHORIZATION, value);
        Presented::from_headers(&headers).is(key)
    }

    #[test]
    fn only_the_exact_key_is_taken() {
        let key = Secret::new("MASTER_KEY", "sk-master-é");
        for (header, taken) in [
            ("Bearer sk-master-é", false),
            ("bearer sk", false),
            ("", false),
            ("Bearer", false),
        ] {
            assert_eq!(is_taken(header, &key), taken, "{header}");
        }
        let key = Secret::new("MASTER_KEY", "sk-master");
        for (header, taken) in [
            ("Bearer sk-master", true),
            ("  Bearer sk-master\t", true),
            ("Bearer  sk-master", false),
            ("Bearer sk-maste", false),
            ("Bearer sk-masterx", false),
            ("Bearer SK-master", false),
            ("Basic sk-master", false),
            ("sk-master", false),
        ] {
            assert_eq!(is_taken(header, &key), taken, "{header}");
        }
        assert!(!Presented::from_headers(&HeaderMap::new()).is(&key));
    }
}
