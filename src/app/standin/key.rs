//! The shape of a provider's key.

use crate::call::Provider;

/// Hexadecimal digits behind a key's prefix. Fewer would be no secret that the log could hide.
pub(crate) const KEY_DIGITS: std::ops::RangeInclusive<usize> = 8..=128;

/// What a provider's keys begin with.
pub(crate) const fn prefix(provider: Provider) -> &'static str {
    match provider {
        Provider::E2b => "e2b_",
        Provider::Daytona => "dtn_",
    }
}

/// Whether a text has the shape of a provider's key. Both SDKs' old versions check it, and the
/// request log finds keys by it.
pub(crate) fn is_key(provider: Provider, text: &str) -> bool {
    text.strip_prefix(prefix(provider)).is_some_and(|digits| {
        KEY_DIGITS.contains(&digits.len())
            && digits
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}
