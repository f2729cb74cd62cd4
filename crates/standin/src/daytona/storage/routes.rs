//! The operations of the store.

use std::fmt::Write as _;
use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use crate::daytona::asked::Asked;
use crate::daytona::reply::{empty, iso};
use crate::daytona::storage::access::own;
use crate::daytona::storage::body::take;
use crate::daytona::storage::object::Object;
use crate::daytona::storage::store::{BUCKET, Storage};
use crate::daytona::storage::xml::{StorageError, element, result, texts};

/// Bytes of the list of an upload's parts: ten thousand of them at most.
const PARTS_BYTES_MAX: usize = 4 << 20;

/// Keys of one answer, as S3 bounds it.
const KEYS_MAX: usize = 1000;

/// Whether a path is the store's.
pub(in crate::daytona) fn is_storage(path: &str) -> bool {
    let below = path
        .strip_prefix('/')
        .and_then(|rest| rest.strip_prefix(BUCKET));
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request to the store.
pub(in crate::daytona) async fn handle(
    storage: &Storage,
    addr: SocketAddr,
    now: Timestamp,
    asked: Asked,
    body: Body,
) -> Response {
    let app = Asking { storage, addr, now };
    let answer = match storage.admit(&asked, now) {
        Ok(()) => answer(&app, &asked, body).await,
        Err(error) => Err(error),
    };
    answer.unwrap_or_else(|error| error.into_response(&asked.path))
}

/// What the operations need to know.
struct Asking<'store> {
    storage: &'store Storage,
    addr: SocketAddr,
    now: Timestamp,
}

async fn answer(app: &Asking<'_>, asked: &Asked, body: Body) -> Result<Response, StorageError> {
    let key = asked.path.trim_start_matches('/').strip_prefix(BUCKET);
    let key = key.unwrap_or_default().trim_start_matches('/');
    let key = percent_decode_str(key).decode_utf8_lossy().into_owned();
    if key.is_empty() {
        let is_list = asked.method == "GET" && asked.param("list-type").as_deref() == Some("2");
        return if is_list {
            list(app, asked)
        } else {
            Err(unknown(asked))
        };
    }
    own(app.storage.organization, &key)?;
    let upload = asked.param("uploadId");
    let begins = asked.param("uploads").is_some();
    match (asked.method.as_str(), upload) {
        ("HEAD", None) => {
            let missing =
                || StorageError::missing("NoSuchKey", "The specified key does not exist.");
            Ok(described(
                &app.storage.object(&key).ok_or_else(missing)?,
                app,
            ))
        }
        ("PUT", None) if asked.header("x-amz-copy-source").is_none() => {
            let piece = take(asked, body, app.storage.room(None)).await?;
            let object = Object::new(vec![piece]);
            app.storage.put(&key, object.clone())?;
            Ok(tagged(&object.tag()))
        }
        ("POST", None) if begins => {
            let mut inside = String::new();
            element(&mut inside, "Bucket", BUCKET);
            element(&mut inside, "Key", &key);
            element(&mut inside, "UploadId", &app.storage.begin(&key));
            Ok(result("InitiateMultipartUploadResult", &inside))
        }
        ("PUT", Some(upload)) => part(app, asked, &key, &upload, body).await,
        ("POST", Some(upload)) => complete(app, &key, &upload, body).await,
        ("DELETE", Some(upload)) => {
            app.storage.abort(&key, &upload)?;
            Ok(empty(StatusCode::NO_CONTENT))
        }
        _ => Err(unknown(asked)),
    }
}

fn unknown(asked: &Asked) -> StorageError {
    StorageError::new(
        StatusCode::NOT_IMPLEMENTED,
        "NotImplemented",
        format!(
            "the stand-in's object store does not implement {}",
            asked.route()
        ),
    )
}

/// An answer without a body that tells an object's tag.
fn tagged(tag: &str) -> Response {
    let mut response = empty(StatusCode::OK);
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert("etag", tag);
    }
    response
}

fn described(object: &Object, app: &Asking<'_>) -> Response {
    let mut response = tagged(&object.tag());
    let headers = response.headers_mut();
    headers.insert("content-length", HeaderValue::from(object.len()));
    let modified = app.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(modified) = HeaderValue::from_str(&modified) {
        headers.insert("last-modified", modified);
    }
    response
}

async fn part(
    app: &Asking<'_>,
    asked: &Asked,
    key: &str,
    upload: &str,
    body: Body,
) -> Result<Response, StorageError> {
    let number = asked
        .param("partNumber")
        .and_then(|number| number.parse().ok());
    let number = number
        .filter(|number| (1..=10_000).contains(number))
        .ok_or_else(|| {
            StorageError::bad(
                "InvalidArgument",
                "Part number must be an integer between 1 and 10000, inclusive",
            )
        })?;
    let piece = take(asked, body, app.storage.room(Some(upload))).await?;
    let tag = Object::new(vec![piece.clone()]).tag();
    app.storage.add(key, upload, number, piece)?;
    Ok(tagged(&tag))
}

async fn complete(
    app: &Asking<'_>,
    key: &str,
    upload: &str,
    body: Body,
) -> Result<Response, StorageError> {
    let malformed = || {
        StorageError::bad(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published \
             schema",
        )
    };
    let bytes = axum::body::to_bytes(body, PARTS_BYTES_MAX).await;
    let bytes = bytes.map_err(|_| malformed())?;
    let xml = String::from_utf8_lossy(&bytes);
    let numbers = texts(&xml, "PartNumber").into_iter();
    let numbers: Result<Vec<u16>, _> = numbers.map(str::parse).collect();
    let numbers = numbers.map_err(|_| malformed())?;
    if !numbers.is_sorted_by(|one, next| one < next) {
        return Err(StorageError::bad(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
        ));
    }
    let object = app.storage.complete(key, upload, &numbers)?;
    let mut inside = String::new();
    element(
        &mut inside,
        "Location",
        &format!("http://{}/{BUCKET}/{key}", app.addr),
    );
    element(&mut inside, "Bucket", BUCKET);
    element(&mut inside, "Key", key);
    element(&mut inside, "ETag", &object.tag());
    Ok(result("CompleteMultipartUploadResult", &inside))
}

fn list(app: &Asking<'_>, asked: &Asked) -> Result<Response, StorageError> {
    let prefix = asked.param("prefix").unwrap_or_default();
    own(app.storage.organization, &prefix)?;
    let wanted = asked.param("max-keys").and_then(|keys| keys.parse().ok());
    let wanted = wanted.unwrap_or(KEYS_MAX).min(KEYS_MAX);
    let all = app.storage.below(&prefix);
    let mut inside = String::new();
    element(&mut inside, "Name", BUCKET);
    element(&mut inside, "Prefix", &prefix);
    element(&mut inside, "KeyCount", &all.len().min(wanted).to_string());
    element(&mut inside, "MaxKeys", &wanted.to_string());
    element(
        &mut inside,
        "IsTruncated",
        &(all.len() > wanted).to_string(),
    );
    for (key, object) in all.iter().take(wanted) {
        let mut one = String::new();
        element(&mut one, "Key", key);
        element(&mut one, "LastModified", &iso(app.now));
        element(&mut one, "ETag", &object.tag());
        element(&mut one, "Size", &object.len().to_string());
        element(&mut one, "StorageClass", "STANDARD");
        // Writing to a string cannot fail.
        let _ = write!(inside, "<Contents>{one}</Contents>");
    }
    Ok(result("ListBucketResult", &inside))
}
