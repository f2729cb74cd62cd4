//! What `COPY` takes on its way to E2B (contract 7.1).

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::register::archive::Packing;
use crate::register::connection::{Answer, Connection};
use crate::register::e2b::plan::Context;
use crate::register::e2b::wire::FileUpload;
use crate::register::error::RegisterError;
use crate::register::progress::Progress;
use crate::register::upload::{pack, upload};

/// Uploads what one `COPY` takes, unless it is there.
pub(crate) async fn put(
    connection: &Connection,
    template_id: &str,
    context: &Context,
    progress: &Progress<'_>,
) -> Result<(), RegisterError> {
    let what = what(context);
    let Some(mut answer) = put_once(connection, template_id, context, progress).await? else {
        progress.step(&format!("{}: already there", context.path));
        return Ok(());
    };
    let may_be_expired = matches!(answer.status, 400 | 401 | 403);
    if may_be_expired {
        let why = answer.message();
        progress.warn(&format!("{what}: {why}: a new address is asked for"));
    }
    if may_be_expired || answer.may_pass() {
        tokio::time::sleep(connection.pace.retry).await;
        match put_once(connection, template_id, context, progress).await? {
            Some(again) => answer = again,
            None => return Ok(()),
        }
    }
    if answer.is_ok() {
        return Ok(());
    }
    Err(answer.refusal(&what))
}

/// None where it is there already.
async fn put_once(
    connection: &Connection,
    template_id: &str,
    context: &Context,
    progress: &Progress<'_>,
) -> Result<Option<Answer>, RegisterError> {
    let what = what(context);
    let what = what.as_str();
    let url = connection.url(&["templates", template_id, "files", &context.hash]);
    let file: FileUpload = connection.get(what, url).await?.read(what)?;
    let address = match file.url {
        Some(address) if !file.present => address,
        _ if file.present => return Ok(None),
        _ => {
            let message = format!("{what}: E2B gives no address to upload it to");
            return Err(RegisterError::failed(message));
        }
    };
    // The address may hold a signature, so that it is not repeated.
    let url = Url::parse(&address)
        .map_err(|error| RegisterError::failed(format!("{what}: its address: {error}")))?;
    let bytes = context.amount.bytes;
    progress.step(&format!("{}: uploading {bytes} bytes", context.path));
    let headers = headers(file.headers.unwrap_or_default(), what)?;
    let archive = pack(what, &context.taken, Packing::Gzip).await?;
    upload(connection, what, archive, url, headers)
        .await
        .map(Some)
}

fn what(context: &Context) -> String {
    format!("upload of {}", context.path)
}

/// Headers that the address asks for; the length is ours.
fn headers(named: BTreeMap<String, String>, what: &str) -> Result<HeaderMap, RegisterError> {
    let mut all = HeaderMap::new();
    for (name, value) in named {
        let header = HeaderName::try_from(&name).ok();
        let pair = header.zip(HeaderValue::try_from(value).ok());
        let (name, value) = pair.ok_or_else(|| {
            RegisterError::failed(format!(
                "{what}: E2B asks for a header `{name}` that is none"
            ))
        })?;
        if name != CONTENT_LENGTH {
            all.insert(name, value);
        }
    }
    Ok(all)
}
