//! Brotli, with a difference between a body that is broken and one that only ends too early.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::FetchError;

const PIECE_BYTES: usize = 64 << 10;

/// The decompressed body, as far as it goes if it ends too early.
pub(super) fn decode(source: &[u8], bytes_max: usize) -> Result<Vec<u8>, FetchError> {
    let mut state = BrotliState::new(
        StandardAlloc::default(),
        StandardAlloc::default(),
        StandardAlloc::default(),
    );
    let mut body = Vec::new();
    let mut piece = vec![0; PIECE_BYTES];
    let (mut left, mut read, mut total) = (source.len(), 0, 0);
    loop {
        let (mut free, mut written) = (PIECE_BYTES, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            source,
            &mut free,
            &mut written,
            &mut piece,
            &mut total,
            &mut state,
        );
        if body.len() + written > bytes_max {
            return Err(FetchError::TooLong);
        }
        body.extend_from_slice(&piece[..written]);
        match result {
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultSuccess | BrotliResult::NeedsMoreInput => return Ok(body),
            BrotliResult::ResultFailure => return Err(FetchError::terminated("no brotli")),
        }
    }
}
