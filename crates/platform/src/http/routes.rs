//! What each place does with a request, in the original's order: settings, who asks, what for.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutover_js::{Text, Value, json};

use super::answer::{answer, error, failed, message, one, typed};
use super::path::Place;
use crate::auth::Presented;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::sessions::shown;
use crate::settings::Settings;
use crate::validate;

/// Bytes of a body that are read at most. An artifact of 100 MiB is 140 MiB in base64, and what
/// the original refuses for its length must still be read to be refused in its words.
const BODY_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Answers a request whose method its place knows.
pub(super) async fn respond(platform: &Platform, place: Place, request: Request) -> Response {
    let route = match &place {
        Place::Provision(_) => "sandbox/provision",
        Place::Execute(_) => "sandbox/execute",
        Place::ReadFile(_) => "sandbox/read-file",
        Place::Artifacts(_) => "artifacts",
        Place::SandboxTest => return sandbox_test(platform, request.headers()).await,
        Place::Artifact(path) => return artifact(platform, path, request.uri().query()).await,
        _ => "sessions",
    };
    let done = match &place {
        Place::Provision(id) => provision(platform, id, request).await,
        Place::Execute(id) => execute(platform, id, request).await,
        Place::ReadFile(id) => read_file(platform, id, request).await,
        Place::Artifacts(id) => create_artifact(platform, id, request).await,
        Place::Session(id) => session(platform, id, request).await,
        Place::Sessions => sessions(platform, request).await,
        Place::Elsewhere(path) => elsewhere(platform, path, request.uri().query()),
        _ => Err(Failure::internal("a place without a route")),
    };
    done.unwrap_or_else(|failure| failed(failure, route, &platform.fixes))
}

/// The settings, unless something is wrong with them: the original finds that out at the first
/// request, and at every other.
fn settings(platform: &Platform) -> Result<&Settings, Failure> {
    platform.settings.as_ref().map_err(Failure::internal)
}

/// Lets only the master key pass.
fn authorised<'a>(platform: &'a Platform, headers: &HeaderMap) -> Result<&'a Settings, Failure> {
    let settings = settings(platform)?;
    let good = Presented::from_headers(headers).is(&settings.master_key);
    if good {
        Ok(settings)
    } else {
        Err(Failure::unauthorized())
    }
}

/// Reads a body as JSON. To the original a body that is none is an internal error (Q10).
async fn body(platform: &Platform, request: Request) -> Result<Value, Failure> {
    let is_told = platform.fixes.has("Q10");
    let wrong = |detail: String| Failure::told(StatusCode::BAD_REQUEST, detail);
    let bytes = to_bytes(request.into_body(), BODY_BYTES_MAX)
        .await
        .map_err(|error| {
            let too_long = std::error::Error::source(&error)
                .is_some_and(|it| it.to_string().contains("length limit"));
            if too_long {
                let detail = format!("the body has more than {BODY_BYTES_MAX} bytes");
                return Failure::told(StatusCode::PAYLOAD_TOO_LARGE, detail);
            }
            if is_told {
                return wrong("the body did not come to its end".to_owned());
            }
            Failure::internal(error)
        })?;
    json::parse(&bytes).map_err(|error| {
        if !is_told {
            return Failure::internal(error);
        }
        // The parser's message quotes the body, in which a secret may stand.
        wrong(match bytes.len() {
            0 => "the body is empty, where JSON is expected".to_owned(),
            _ => format!("the body is no JSON, from position {} on", error.position()),
        })
    })
}

async fn provision(platform: &Platform, id: &Text, request: Request) -> Result<Response, Failure> {
    let settings = authorised(platform, request.headers())?;
    let wanted = validate::provision(&body(platform, request).await?)?;
    let ready = platform.provision(settings, id, &wanted).await?;
    Ok(answer(StatusCode::OK, &message(ready)))
}

async fn execute(platform: &Platform, id: &Text, request: Request) -> Result<Response, Failure> {
    let settings = authorised(platform, request.headers())?;
    let wanted = validate::execute(&body(platform, request).await?)?;
    let ran = platform.execute(settings, id, &wanted).await?;
    let mut told = one("output", ran.output);
    if ran.failed {
        told.insert("is_error", true);
    }
    Ok(answer(StatusCode::OK, &told.into()))
}

async fn read_file(platform: &Platform, id: &Text, request: Request) -> Result<Response, Failure> {
    let settings = authorised(platform, request.headers())?;
    let wanted = validate::read_file(&body(platform, request).await?, platform.reading())?;
    if wanted.as_bytes {
        let bytes = platform.read_bytes(id, &wanted).await?;
        let mut told = one("content", Some(STANDARD.encode(bytes).into()));
        told.insert("encoding", "base64");
        return Ok(answer(StatusCode::OK, &told.into()));
    }
    let content = platform.read_file(settings, id, &wanted).await?;
    Ok(answer(
        StatusCode::OK,
        &one("content", Some(content)).into(),
    ))
}

async fn create_artifact(
    platform: &Platform,
    id: &Text,
    request: Request,
) -> Result<Response, Failure> {
    let settings = settings(platform)?;
    let presented = Presented::from_headers(request.headers());
    let session = platform.artifact_session(settings, id, &presented).await?;
    let stored = platform
        .create_artifact(&session, &body(platform, request).await?)
        .await?;
    Ok(answer(StatusCode::OK, &stored))
}

async fn sessions(platform: &Platform, request: Request) -> Result<Response, Failure> {
    authorised(platform, request.headers())?;
    if request.method() != Method::POST {
        return Ok(answer(StatusCode::OK, &platform.list_sessions().await?));
    }
    let wanted = validate::session(&body(platform, request).await?)?;
    let made = platform.create_session(wanted).await?;
    Ok(answer(StatusCode::CREATED, &shown(&made)))
}

async fn session(platform: &Platform, id: &Text, request: Request) -> Result<Response, Failure> {
    authorised(platform, request.headers())?;
    let told = if request.method() == Method::DELETE {
        platform.end_session(id).await?
    } else {
        platform.show_session(id).await?
    };
    Ok(answer(StatusCode::OK, &told))
}

/// The provider's test: the only route that tells what is wrong with the settings.
async fn sandbox_test(platform: &Platform, headers: &HeaderMap) -> Response {
    let raw = |text: Text| error(StatusCode::INTERNAL_SERVER_ERROR, text);
    let settings = match &platform.settings {
        Ok(settings) => settings,
        Err(error) => return raw(error.to_string().into()),
    };
    if let Err(failure) = authorised(platform, headers) {
        return failed(failure, "sandbox/test", &platform.fixes);
    }
    match platform.test_provider(settings).await {
        Ok(told) => answer(StatusCode::OK, &told),
        Err(message) => raw(message),
    }
}

/// An artifact that this endpoint keeps. Its address is all that whoever asks must have.
async fn artifact(platform: &Platform, path: &str, query: Option<&str>) -> Response {
    let now = platform.clock.now();
    let content = match &platform.artifacts {
        Some(store) => store.fetch(path, query.unwrap_or_default(), now).await,
        None => None,
    };
    let Some(content) = content else {
        return error(
            StatusCode::NOT_FOUND,
            "no such artifact, or its address has expired",
        );
    };
    // Never shown by a browser, whatever it holds.
    let mut response = typed(StatusCode::OK, "application/octet-stream", content);
    let attachment = header::HeaderValue::from_static("attachment");
    response
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, attachment);
    response
}

/// What no route knows. The original forwards it to a model gateway; this endpoint has none, and
/// says what the original says without one.
fn elsewhere(platform: &Platform, path: &str, query: Option<&str>) -> Result<Response, Failure> {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let detail = match &settings(platform)?.forward_base {
        None => format!("upstream unreachable: Failed to parse URL from {path}{query}"),
        Some(_) => format!("upstream unreachable: this platform does not forward {path}"),
    };
    Err(Failure::told(StatusCode::BAD_GATEWAY, detail))
}
