//! Data of a step made ready: text with its references resolved, bytes, or the keystream of a
//! seed.

use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

use crate::scenario::template::{Bindings, DataTemplate, Unresolved};

/// Bytes of one piece of data. A step's data is held in memory once per job, so this bounds the
/// memory of a run; the largest shipped scenario uses 10 MiB.
pub const DATA_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why data could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// A reference without a value.
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    /// A size that is none, or over [`DATA_BYTES_MAX`].
    #[error("{0}")]
    Size(String),
}

impl DataTemplate {
    /// The bytes that a step sends.
    ///
    /// # Errors
    /// When a reference has no value, or the resolved size is not one.
    pub fn resolve(&self, bindings: &Bindings) -> Result<Bytes, DataError> {
        Ok(match self {
            Self::Text(text) => Bytes::from(text.resolve(bindings)?),
            Self::Bytes(bytes) => bytes.clone(),
            Self::Random { seed, size } => {
                let size = parse_size(&size.resolve(bindings)?).map_err(DataError::Size)?;
                random_bytes(&seed.resolve(bindings)?, size)
            }
        })
    }
}

/// The first `size` bytes of a seed's keystream. The derivation is for ever: the key is the
/// SHA-256 of the seed's UTF-8 text, the nonce is zero, the block counter begins at zero, the
/// cipher is `ChaCha20` with 20 rounds. A longer size begins with the bytes of a shorter one.
pub fn random_bytes(seed: &str, size: usize) -> Bytes {
    let key: [u8; 32] = Sha256::digest(seed.as_bytes()).into();
    let mut bytes = vec![0; size];
    ChaCha20Rng::from_seed(key).fill_bytes(&mut bytes);
    Bytes::from(bytes)
}

/// Reads a size in bytes: `4096`, `64KiB`, `1MiB`.
///
/// # Errors
/// A sentence that says what a size is, or that it is over [`DATA_BYTES_MAX`].
pub fn parse_size(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let factor: u64 = match unit.trim_start() {
        "" | "B" => 1,
        "KiB" => 1024,
        "MiB" => 1024 * 1024,
        _ => 0,
    };
    let size = digits.parse::<u64>().ok().filter(|_| factor > 0);
    let Some(size) = size.and_then(|size| size.checked_mul(factor)) else {
        return Err(format!(
            "`{}` is not a size; write bytes such as 4096, 64KiB or 1MiB",
            text.escape_debug().take(40).collect::<String>()
        ));
    };
    if size > DATA_BYTES_MAX {
        return Err(format!("{text} is over the limit of data, 64MiB"));
    }
    usize::try_from(size).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use cutover_base::blob::sha256_hex;

    use crate::scenario::template::Template;

    use super::*;

    #[test]
    fn sizes() {
        for (text, size) in [
            ("0", 0),
            ("4096", 4096),
            ("64KiB", 65_536),
            ("1 MiB", 1 << 20),
        ] {
            assert_eq!(parse_size(text), Ok(size), "{text}");
        }
        for text in [
            "",
            "-1",
            "1KB",
            "1.5MiB",
            "KiB",
            "65MiB",
            "99999999999999999999",
            "1GiB",
        ] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_keystream_is_for_ever() {
        let long = random_bytes("1", 1000);
        assert_eq!(long[..64], random_bytes("1", 64)[..]);
        assert_ne!(long[..64], random_bytes("2", 64)[..]);
        assert_eq!(sha256_hex(&long), KEYSTREAM_OF_1);
    }

    /// SHA-256 of the first 1000 bytes of the seed `1`, checked against OpenSSL's `chacha20`.
    const KEYSTREAM_OF_1: &str = "4872424fc6d4e714c683a2cab82db521abe40c6e4857d1bc715f874b4c7ccdd6";

    #[test]
    fn data_resolves_by_kind() {
        let bindings = Bindings::from([("matrix.size".to_owned(), "2KiB".to_owned())]);
        let random = DataTemplate::Random {
            seed: Template::literal("7"),
            size: Template::parse("${{ matrix.size }}").unwrap(),
        };
        assert_eq!(random.resolve(&bindings).unwrap().len(), 2048);
        assert!(random.resolve(&Bindings::new()).is_err());
        let text = DataTemplate::Text(Template::parse("a${{ matrix.size }}").unwrap());
        assert_eq!(text.resolve(&bindings).unwrap().as_ref(), b"a2KiB");
    }
}
