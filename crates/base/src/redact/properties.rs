//! What redaction promises of any bytes.

use std::sync::LazyLock;

use crate::redact::Redactor;
use crate::secret::Secret;

const SECRETS: [(&str, &str); 4] = [
    ("KEY", "s3cr3t/\"ö+ key~"),
    ("TWIN", "abababab"),
    ("LONG", "L0ngL0ngL0ngL0ngL0ngL0ngL0ngL0ngL0ngL0ng"),
    ("TOKEN", "e2b_0123456789012345678901234567890123456789"),
];

/// Built once: an automaton takes longer to build than a text to search.
static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
    let secrets = SECRETS.map(|(name, value)| Secret::new(name, value));
    Redactor::new(secrets.into())
});

/// Two bytes are the size of the pieces, the rest is what is redacted: in pieces it comes to the same
/// as whole, no secret is left, text stays text, and of a cut text comes nothing that the whole would
/// not show.
///
/// # Panics
/// When that does not hold.
pub fn redaction(input: &[u8]) {
    let Some((size, input)) = input.split_first_chunk::<2>() else {
        return;
    };
    let size = usize::from(u16::from_le_bytes(*size)).max(1);
    let whole = REDACTOR.bytes(input);
    let mut stream = REDACTOR.stream();
    let mut pieces = Vec::new();
    for piece in input.chunks(size) {
        pieces.extend(stream.push(piece));
    }
    pieces.extend(stream.finish());
    assert!(pieces == whole, "in pieces of {size} it comes to another");
    for (name, value) in SECRETS {
        let found = whole.windows(value.len()).any(|at| at == value.as_bytes());
        assert!(!found, "{name} is still there");
    }
    if std::str::from_utf8(input).is_ok() {
        assert!(
            std::str::from_utf8(&whole).is_ok(),
            "text is no text any more"
        );
    }
    assert_eq!(REDACTOR.finds(input), whole != input, "found, or hidden");
    let beginning = REDACTOR.beginning(input);
    assert!(whole.starts_with(&beginning), "a cut text shows more");
}
