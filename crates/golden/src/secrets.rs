//! Tokens and encrypted values that recorded inputs name.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The master key of all recorded endpoints.
pub(crate) const MASTER: &str = "sk-master-0123456789";
/// A signing key of its own, which some have.
pub(crate) const SIGNING: &str = "signing-key-0123456789";
/// What their agents' variables are encrypted with: 32 times 7.
const ENCRYPTION: [u8; 32] = [7; 32];

/// Names of placeholders and what they stand for, at a time in seconds since 1970.
pub(crate) fn secrets(now: i64) -> Vec<(&'static str, String)> {
    let token = |changes: &[(&str, String)], key: &str| token(now, changes, key);
    let text = |text: &str| format!("\"{text}\"");
    vec![
        ("tok_ok", token(&[], MASTER)),
        (
            "tok_agent2",
            token(&[("agent_id", text("agent-2"))], MASTER),
        ),
        (
            "tok_memory",
            token(&[("scope", "[\"memory\"]".to_owned())], MASTER),
        ),
        (
            "tok_expired",
            token(
                &[
                    ("iat", (now - 2000).to_string()),
                    ("exp", (now - 1000).to_string()),
                ],
                MASTER,
            ),
        ),
        ("tok_refresh", token(&[("kind", text("refresh"))], MASTER)),
        ("tok_badsig", token(&[], "another-signing-key-0123")),
        ("tok_signing", token(&[], SIGNING)),
        ("enc_ok", encrypted(b"secret-value", &ENCRYPTION)),
        ("enc_empty", encrypted(b"", &ENCRYPTION)),
        ("enc_wrong", encrypted(b"x", &[9; 32])),
    ]
}

fn token(now: i64, changes: &[(&str, String)], key: &str) -> String {
    let claims = [
        ("kind", "\"access\"".to_owned()),
        ("agent_id", "\"agent-1\"".to_owned()),
        ("scope", "[\"artifacts\"]".to_owned()),
        ("iat", now.to_string()),
        ("exp", (now + 900).to_string()),
    ];
    let claims = claims.map(|(name, value)| {
        let changed = changes.iter().find(|(changed, _)| *changed == name);
        format!(
            "\"{name}\":{}",
            changed.map_or(value, |(_, value)| value.clone())
        )
    });
    let payload = URL_SAFE_NO_PAD.encode(format!("{{{}}}", claims.join(",")));
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    let mut mac = mac.expect("an HMAC takes a key of any length");
    mac.update(payload.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{payload}.{signature}")
}

fn encrypted(plain: &[u8], key: &[u8; 32]) -> String {
    let cipher = Aes256Gcm::new(key.into());
    let nonce = [3; 12];
    let sealed = cipher
        .encrypt(&nonce.into(), plain)
        .expect("a short text can be encrypted");
    let (hidden, tag) = sealed.split_at(plain.len());
    format!("enc:v1:{}", STANDARD.encode([&nonce, tag, hidden].concat()))
}
