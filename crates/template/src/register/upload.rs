//! A tar on its way to an address that somebody else has signed.

use reqwest::Body;
use reqwest::header::{CONTENT_LENGTH, HeaderMap};
use tokio::task::spawn_blocking;
use tokio_util::io::ReaderStream;
use url::Url;

use crate::register::archive::{Packing, archive};
use crate::register::connection::{Answer, Connection, answered};
use crate::register::context::Taken;
use crate::register::error::RegisterError;

/// Puts what is taken to an address. Without the provider's key: the address has a signature.
pub(crate) async fn upload(
    connection: &Connection,
    what: &str,
    taken: &Taken,
    packing: Packing,
    url: Url,
    headers: HeaderMap,
) -> Result<Answer, RegisterError> {
    let owned = taken.clone();
    let made = spawn_blocking(move || archive(&owned, packing)).await;
    let made = made.map_err(|error| std::io::Error::other(error.to_string()));
    let (file, length) = made
        .and_then(|it| it)
        .map_err(|error| RegisterError::failed(format!("{what}: {error}")))?;
    let stream = ReaderStream::new(tokio::fs::File::from_std(file));
    let request = connection
        .client(&url)?
        .put(url)
        .headers(headers)
        // Signed addresses take no chunks of unknown number.
        .header(CONTENT_LENGTH, length)
        .timeout(connection.pace.upload)
        .body(Body::wrap_stream(stream));
    answered(what, request).await
}
