//! Contexts on their way into Daytona's object store, by the S3 protocol (contract 5.5).

use std::time::Duration;

use reqwest::header::HeaderMap;
use rusty_s3::actions::S3Action as _;
use rusty_s3::{Bucket, Credentials, UrlStyle};
use url::Url;

use crate::register::archive::Packing;
use crate::register::connection::{Connection, answered};
use crate::register::daytona::plan::Context;
use crate::register::daytona::wire::PushAccess;
use crate::register::error::RegisterError;
use crate::register::progress::Progress;
use crate::register::upload::upload;

/// How long a signature is good; the credentials themselves are for an hour.
const SIGNED_FOR: Duration = Duration::from_secs(3600);

/// Where the SDKs sign for, where nothing else is said.
const REGION: &str = "us-east-1";

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
    let (bucket, credentials, key) = object(access, context)?;
    let url = bucket
        .head_object(Some(&credentials), &key)
        .sign(SIGNED_FOR);
    let request = connection
        .client(&url)?
        .head(url)
        .timeout(connection.pace.answer);
    let answer = answered("object storage", request).await?;
    Ok(answer.is_ok())
}

async fn put_once(
    connection: &Connection,
    access: &PushAccess,
    context: &Context,
    what: &str,
) -> Result<crate::register::connection::Answer, RegisterError> {
    let (bucket, credentials, key) = object(access, context)?;
    let url = bucket.put_object(Some(&credentials), &key).sign(SIGNED_FOR);
    let none = HeaderMap::new();
    upload(connection, what, &context.taken, Packing::Plain, url, none).await
}

fn object(
    access: &PushAccess,
    context: &Context,
) -> Result<(Bucket, Credentials, String), RegisterError> {
    let wrong = |why: String| {
        let shown = &access.storage_url;
        RegisterError::failed(format!("object storage: `{shown}` cannot be used: {why}"))
    };
    let url = Url::parse(&access.storage_url).map_err(|error| wrong(error.to_string()))?;
    let region = access.region.clone().unwrap_or_else(|| REGION.to_owned());
    let bucket = Bucket::new(url, UrlStyle::Path, access.bucket.clone(), region)
        .map_err(|error| wrong(error.to_string()))?;
    let credentials = Credentials::new_with_token(
        access.access_key.clone(),
        access.secret.clone(),
        access.session_token.clone(),
    );
    let key = format!("{}/{}/context.tar", access.organization_id, context.hash);
    Ok((bucket, credentials, key))
}

fn is_expired(code: Option<&str>) -> bool {
    matches!(
        code,
        Some("ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired")
    )
}
