//! A tar on its way to a store.

use reqwest::Body;
use reqwest::header::{CONTENT_LENGTH, HeaderMap};
use tokio::task::spawn_blocking;
use tokio_util::io::ReaderStream;
use url::Url;

use crate::register::archive::{Archive, Packing, archive};
use crate::register::connection::{Answer, Connection, answered};
use crate::register::context::Taken;
use crate::register::error::RegisterError;

/// Makes the tar of what is taken.
pub(crate) async fn pack(
    what: &str,
    taken: &Taken,
    packing: Packing,
) -> Result<Archive, RegisterError> {
    let owned = taken.clone();
    let made = spawn_blocking(move || archive(&owned, packing)).await;
    let made = made.map_err(|error| std::io::Error::other(error.to_string()));
    made.and_then(|it| it)
        .map_err(|error| RegisterError::failed(format!("{what}: {error}")))
}

/// Puts a tar to an address. Without the provider's key: the store is somebody else.
pub(crate) async fn upload(
    connection: &Connection,
    what: &str,
    archive: Archive,
    url: Url,
    headers: HeaderMap,
) -> Result<Answer, RegisterError> {
    let stream = ReaderStream::new(tokio::fs::File::from_std(archive.file));
    let request = connection
        .client(&url)?
        .put(url)
        .headers(headers)
        // Stores take no chunks of unknown number.
        .header(CONTENT_LENGTH, archive.bytes)
        .timeout(connection.pace.upload)
        .body(Body::wrap_stream(stream));
    answered(what, request).await
}
