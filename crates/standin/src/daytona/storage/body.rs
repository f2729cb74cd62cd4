//! Takes an upload to disk.

use std::io;

use axum::body::Body;
use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio_util::io::StreamReader;

use crate::daytona::asked::Asked;
use crate::daytona::storage::chunked::Chunks;
use crate::daytona::storage::object::Piece;
use crate::daytona::storage::signature::hex;
use crate::daytona::storage::store::too_large;
use crate::daytona::storage::xml::StorageError;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// Takes a body of at most so many bytes.
///
/// # Errors
/// When it is larger, breaks off, is not what its headers say, or cannot be kept.
pub(super) async fn take(asked: &Asked, body: Body, bytes_max: u64) -> Result<Piece, StorageError> {
    let payload = asked.header("x-amz-content-sha256").unwrap_or_default();
    let chunked = payload.starts_with("STREAMING-");
    let length = if chunked {
        "x-amz-decoded-content-length"
    } else {
        "content-length"
    };
    let told: Option<u64> = asked.header(length).and_then(|value| value.parse().ok());
    if told.is_some_and(|told| told > bytes_max) {
        return Err(too_large());
    }
    let stream = body.into_data_stream().map_err(io::Error::other);
    let mut from = BufReader::new(StreamReader::new(stream));
    let mut chunks = chunked.then(Chunks::default);
    let file = tempfile::tempfile().map_err(|error| kept(&error))?;
    let mut file = File::from_std(file);
    let (mut len, mut hash) = (0, Sha256::new());
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = match &mut chunks {
            Some(chunks) => chunks.read(&mut from, &mut buffer).await,
            None => from.read(&mut buffer).await,
        };
        let read = read.map_err(|error| incomplete(&error.to_string()))?;
        if read == 0 {
            break;
        }
        len += read as u64;
        if len > bytes_max {
            return Err(too_large());
        }
        hash.update(&buffer[..read]);
        file.write_all(&buffer[..read])
            .await
            .map_err(|error| kept(&error))?;
    }
    file.flush().await.map_err(|error| kept(&error))?;
    if told.is_some_and(|told| told != len) {
        return Err(incomplete("the length is another"));
    }
    let hash = hex(&hash.finalize());
    let is_hash = payload.len() == hash.len();
    if is_hash && payload != hash {
        return Err(StorageError::bad(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ));
    }
    Ok(Piece {
        file: std::sync::Arc::new(file.into_std().await),
        len,
        hash,
    })
}

fn incomplete(why: &str) -> StorageError {
    let message = format!(
        "You did not provide the number of bytes specified by the Content-Length HTTP header ({why})"
    );
    StorageError::bad("IncompleteBody", message)
}

/// That the stand-in's own disk fails.
fn kept(error: &io::Error) -> StorageError {
    StorageError::new(
        axum::http::StatusCode::INTERNAL_SERVER_ERROR,
        "InternalError",
        format!("the stand-in cannot keep it in its temporary folder: {error}"),
    )
}
