//! Agents' variables as they are stored: in the clear, or encrypted with AES-256-GCM.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use cutover_base::secret::Secret;
use cutover_js::Text;
use cutover_js::base64;

/// What an encrypted value begins with; behind it, in base64: 12 bytes of nonce, 16 of tag, and
/// what was encrypted.
const PREFIX: &str = "enc:v1:";
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// Tells whether a stored value can be read. The original decrypts a value only to see that.
///
/// An encrypted empty value is 28 bytes long, and the original takes it for a broken one.
pub(super) fn is_readable(stored: &Text, key: Option<&Secret>) -> bool {
    let stored = stored.to_string_lossy();
    let Some(encrypted) = stored.strip_prefix(PREFIX) else {
        return true;
    };
    let bytes = base64::decode(&Text::from(encrypted));
    if bytes.len() <= NONCE_BYTES + TAG_BYTES {
        return false;
    }
    let key = key.map(|key| base64::decode(&Text::from(key.expose())));
    let Some(cipher) = key.and_then(|key| Aes256Gcm::new_from_slice(&key).ok()) else {
        return false;
    };
    let (nonce, rest) = bytes.split_at(NONCE_BYTES);
    let (tag, hidden) = rest.split_at(TAG_BYTES);
    let Ok(nonce) = <&Nonce<_>>::try_from(nonce) else {
        return false;
    };
    // The cipher wants the tag behind what it encrypted.
    cipher
        .decrypt(nonce, [hidden, tag].concat().as_slice())
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `secret-value` under [`KEY`].
    fn encrypted(plain: &[u8]) -> Text {
        let cipher = Aes256Gcm::new_from_slice(&[7; 32]).unwrap();
        let nonce = [1; NONCE_BYTES];
        let sealed = cipher.encrypt(&nonce.into(), plain).unwrap();
        let (hidden, tag) = sealed.split_at(sealed.len() - TAG_BYTES);
        let bytes = [&nonce, tag, hidden].concat();
        let text = ::base64::Engine::encode(&::base64::engine::general_purpose::STANDARD, bytes);
        format!("{PREFIX}{text}").into()
    }

    const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

    #[test]
    fn what_the_key_opens_is_readable() {
        let key = Secret::new("ENCRYPTION_KEY", KEY);
        let other = Secret::new("ENCRYPTION_KEY", KEY.replace('B', "C"));
        let short = Secret::new("ENCRYPTION_KEY", "BwcH");
        for (stored, key, readable) in [
            (Text::from("plain"), None, true),
            (Text::from(""), None, true),
            (encrypted(b"secret-value"), Some(&key), true),
            (encrypted(b"secret-value"), Some(&other), false),
            (encrypted(b"secret-value"), Some(&short), false),
            (encrypted(b"secret-value"), None, false),
            (encrypted(b""), Some(&key), false),
            (Text::from("enc:v1:!!!!"), Some(&key), false),
            (Text::from("enc:v1:"), Some(&key), false),
        ] {
            assert_eq!(is_readable(&stored, key), readable, "{stored:?} {key:?}");
        }
    }
}
