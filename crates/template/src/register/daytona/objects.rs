//! Contexts on their way into Daytona's object store, by the S3 protocol (contract 5.5).

use cutover_base::clock::Clock;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::register::archive::Packing;
use crate::register::connection::{Answer, Connection, answered};
use crate::register::daytona::plan::Context;
use crate::register::daytona::signature::{Signed, headers};
use crate::register::daytona::wire::PushAccess;
use crate::register::error::RegisterError;
use crate::register::progress::Progress;
use crate::register::upload::{pack, upload};

/// The SHA-256 of nothing.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Asks for the credentials of the object store.
pub(crate) async fn push_access(connection: &Connection) -> Result<PushAccess, RegisterError> {
    let what = "object storage";
    let url = connection.url(&["object-storage", "push-access"]);
    connection.get(what, url).await?.read(what)
}

/// Uploads one context, unless it is there.
pub(crate) async fn put(
    connection: &Connection,
    access: &mut PushAccess,
    context: &Context,
    progress: &Progress<'_>,
) -> Result<(), RegisterError> {
    let what = format!("upload of {}", context.path);
    if is_there(connection, access, context).await? {
        progress.step(&format!("{}: already there", context.path));
        return Ok(());
    }
    let bytes = context.amount.bytes;
    progress.step(&format!("{}: uploading {bytes} bytes", context.path));
    let mut answer = put_once(connection, access, context, &what).await?;
    if is_expired(answer.code().as_deref()) {
        progress.warn("the object store's credentials have expired: new ones are asked for");
        *access = push_access(connection).await?;
        answer = put_once(connection, access, context, &what).await?;
    } else if answer.may_pass() || answer.status == 500 {
        tokio::time::sleep(connection.pace.retry).await;
        answer = put_once(connection, access, context, &what).await?;
    }
    match answer.code().as_deref() {
        code if is_expired(code) => Err(RegisterError::failed(format!(
            "{what}: the object store says of new credentials too that they have expired ({}); \
             is the clock of this machine right?",
            answer.message()
        ))),
        _ if answer.is_ok() => Ok(()),
        _ => Err(answer.refusal(&what)),
    }
}

/// Whether it is there. Some stores answer 403 for what is not, so that only a yes counts.
async fn is_there(
    connection: &Connection,
    access: &PushAccess,
    context: &Context,
) -> Result<bool, RegisterError> {
    let url = address(access, context)?;
    let headers = signed("HEAD", &url, EMPTY, access)?;
    let request = connection
        .client(&url)?
        .head(url)
        .headers(headers)
        .timeout(connection.pace.answer);
    let answer = answered("object storage", request).await?;
    Ok(answer.is_ok())
}

async fn put_once(
    connection: &Connection,
    access: &PushAccess,
    context: &Context,
    what: &str,
) -> Result<Answer, RegisterError> {
    let url = address(access, context)?;
    let archive = pack(what, &context.taken, Packing::Plain).await?;
    let headers = signed("PUT", &url, &archive.sha256, access)?;
    upload(connection, what, archive, url, headers).await
}

/// Where a context lies: below the organisation, path style.
fn address(access: &PushAccess, context: &Context) -> Result<Url, RegisterError> {
    let shown = &access.storage_url;
    let wrong = |why: String| RegisterError::failed(format!("object storage: `{shown}` {why}"));
    let mut url = Url::parse(shown).map_err(|error| wrong(format!("is no URL: {error}")))?;
    let key = [&access.bucket, &access.organization_id, &context.hash];
    url.path_segments_mut()
        .map_err(|()| wrong("takes no path".to_owned()))?
        .pop_if_empty()
        .extend(key)
        .push("context.tar");
    Ok(url)
}

fn signed(
    method: &str,
    url: &Url,
    payload: &str,
    access: &PushAccess,
) -> Result<HeaderMap, RegisterError> {
    let signed = Signed {
        method,
        url,
        payload,
        at: Clock::new().now(),
    };
    let mut all = HeaderMap::new();
    for (name, value) in headers(signed, access) {
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            RegisterError::failed("object storage: its credentials fit no header".to_owned())
        })?;
        value.set_sensitive(true);
        all.insert(HeaderName::from_static(name), value);
    }
    Ok(all)
}

fn is_expired(code: Option<&str>) -> bool {
    matches!(
        code,
        Some("ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired")
    )
}
