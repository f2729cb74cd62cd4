//! Tokens of agents: what they claim, and a signature over it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cutover_base::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::header::same;

/// What an access token says of its bearer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The agent whose resources it opens.
    pub agent_id: String,
    /// What it may be used for (`artifacts`).
    pub scope: Vec<String>,
    /// When it was made, in seconds since 1970.
    pub issued_at: i64,
    /// From when on it is worth nothing, in seconds since 1970.
    pub expires_at: i64,
}

/// Makes an access token: the claims and their signature, both in base64 for URLs, with a full
/// stop between.
pub fn sign(claims: &Claims, key: &Secret) -> String {
    let claims = serde_json::json!({
        "kind": "access",
        "agent_id": claims.agent_id,
        "scope": claims.scope,
        "iat": claims.issued_at,
        "exp": claims.expires_at,
    });
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    let signature = signature(&payload, key);
    format!("{payload}.{signature}")
}

/// Reads an access token that is signed with the key and good at a time, in seconds since 1970.
/// None for any other: why is not told, lest it help whoever forges one.
pub(crate) fn verify(token: &str, key: &Secret, now: i64) -> Option<Claims> {
    let (payload, signed) = token
        .split_once('.')
        .filter(|(payload, _)| !payload.is_empty())?;
    if !same(signed.as_bytes(), signature(payload, key).as_bytes()) {
        return None;
    }
    let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    read(&claims).filter(|claims| claims.expires_at > now)
}

/// The claims of an access token; a refresh token has the same and opens nothing.
fn read(claims: &Value) -> Option<Claims> {
    let text = |name: &str| claims.get(name)?.as_str();
    let seconds = |name: &str| claims.get(name)?.as_i64();
    let scope = claims.get("scope")?.as_array()?.iter();
    let scope: Option<Vec<_>> = scope.map(|it| it.as_str().map(str::to_owned)).collect();
    (text("kind")? == "access").then_some(Claims {
        agent_id: text("agent_id").filter(|it| !it.is_empty())?.to_owned(),
        scope: scope?,
        issued_at: seconds("iat")?,
        expires_at: seconds("exp")?,
    })
}

fn signature(payload: &str, key: &Secret) -> String {
    // An HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()) else {
        return String::new();
    };
    mac.update(payload.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: &str) -> Secret {
        Secret::new("HARNESS_TOKEN_SIGNING_KEY", value)
    }

    fn claims() -> Claims {
        Claims {
            agent_id: "agent-1".to_owned(),
            scope: vec!["artifacts".to_owned()],
            issued_at: 1000,
            expires_at: 1900,
        }
    }

    fn signed(claims: &str) -> String {
        let payload = URL_SAFE_NO_PAD.encode(claims);
        let signature = signature(&payload, &key("one"));
        format!("{payload}.{signature}")
    }

    #[test]
    fn a_token_is_good_until_it_expires_and_with_its_key_alone() {
        let token = sign(&claims(), &key("one"));
        assert_eq!(verify(&token, &key("one"), 1899), Some(claims()));
        assert_eq!(verify(&token, &key("one"), 1900), None);
        assert_eq!(verify(&token, &key("two"), 1000), None);
        assert_eq!(verify(&format!("{token}.x"), &key("one"), 1000), None);
        assert_eq!(verify("", &key("one"), 1000), None);
        assert_eq!(verify(".x", &key("one"), 1000), None);
    }

    #[test]
    fn a_claim_that_is_missing_or_of_another_kind_makes_a_token_worthless() {
        let good = r#"{"kind":"access","agent_id":"a","scope":["artifacts"],"iat":1,"exp":9}"#;
        assert!(verify(&signed(good), &key("one"), 1).is_some());
        for (from, to) in [
            ("access", "refresh"),
            (r#""agent_id":"a","#, ""),
            (r#""agent_id":"a""#, r#""agent_id":"""#),
            (r#"["artifacts"]"#, r#""artifacts""#),
            (r#"["artifacts"]"#, "[1]"),
            (r#""iat":1,"#, ""),
            (r#","exp":9"#, ""),
            (r#""exp":9"#, r#""exp":"9""#),
        ] {
            assert!(good.contains(from));
            let token = signed(&good.replace(from, to));
            assert_eq!(verify(&token, &key("one"), 1), None, "{from} -> {to}");
        }
        assert_eq!(verify(&signed("[]"), &key("one"), 1), None);
        assert_eq!(verify(&signed("no JSON"), &key("one"), 1), None);
    }
}
