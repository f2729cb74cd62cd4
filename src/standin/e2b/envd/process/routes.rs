//! The methods of `process.Process`.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::standin::e2b::envd::call::Call;
use crate::standin::e2b::envd::filesystem;
use crate::standin::e2b::envd::frames::{FrameReader, envelope};
use crate::standin::e2b::envd::message::Message;
use crate::standin::e2b::envd::process::{events, input, launch, selector};
use crate::standin::e2b::envd::rpc::{self, STREAM_TYPE, TimeLimit};
use crate::standin::e2b::error::RpcError;
use crate::standin::e2b::reply::respond;

/// Answers a streaming method, `WatchDir` included.
pub(crate) async fn stream(call: Call, path: &str, request: Request) -> Response {
    let route = call.route.clone();
    let outcome = match path {
        "/process.Process/Start" => start(call, request).await,
        "/process.Process/Connect" => connect(call, request).await,
        "/process.Process/StreamInput" => stream_input(&call, request).await,
        _ => filesystem::stream_events(call, request).await,
    };
    match outcome {
        Ok(response) => response,
        Err(error) => rpc::failed_stream(&route, &error),
    }
}

/// Answers a unary method.
pub(crate) async fn unary(call: &Call, path: &str, message: &Message) -> Result<Value, RpcError> {
    match path {
        "/process.Process/List" => Ok(list(call)),
        "/process.Process/Update" => input::resize(call, message).await,
        "/process.Process/SendInput" => input::send(call, message).await,
        "/process.Process/SendSignal" => input::signal(call, message).await,
        "/process.Process/CloseStdin" => input::close(call, message).await,
        _ => Err(RpcError::unimplemented(format!(
            "the stand-in does not implement {path}"
        ))),
    }
}

async fn start(call: Call, request: Request) -> Result<Response, RpcError> {
    let limit = TimeLimit::read(request.headers())?;
    let (message, headers, frames) = first_message(request).await?;
    let started = launch::start(&call, &message, limit).await?;
    Ok(events::response(events::Attachment {
        route: call.route.clone(),
        link: call.sandbox.link(),
        process: started.process,
        chunks: started.chunks,
        limit,
        keepalive: events::keepalive(&headers),
        request: frames,
    }))
}

async fn connect(call: Call, request: Request) -> Result<Response, RpcError> {
    let limit = TimeLimit::read(request.headers())?;
    let (message, headers, frames) = first_message(request).await?;
    let selector = selector::read(&message)?;
    let now = call.app.clock.now();
    let process = call.sandbox.processes.any(&selector, now)?;
    Ok(events::response(events::Attachment {
        route: call.route.clone(),
        link: call.sandbox.link(),
        chunks: process.subscribe(),
        process,
        limit,
        keepalive: events::keepalive(&headers),
        request: frames,
    }))
}

/// The one message of a server-stream request. The rest of the body is not waited for: a client
/// may end it whenever it likes.
pub(crate) async fn first_message(
    request: Request,
) -> Result<(Message, HeaderMap, FrameReader), RpcError> {
    let (parts, body) = request.into_parts();
    let mut frames = FrameReader::new(body);
    match frames.next().await? {
        Some(bytes) => Ok((Message::parse(&bytes)?, parts.headers, frames)),
        None => Err(RpcError::unimplemented("unary request has zero messages")),
    }
}

/// A client stream: each message takes effect as it arrives.
async fn stream_input(call: &Call, request: Request) -> Result<Response, RpcError> {
    let limit = TimeLimit::read(request.headers())?;
    let mut frames = FrameReader::new(request.into_body());
    let work = async {
        let mut process = None;
        while let Some(bytes) = frames.next().await? {
            let message = Message::parse(&bytes)?;
            if let Some(start) = message.message("start")? {
                process = Some(input::live(call, &start)?);
            } else if let Some(data) = message.message("data")? {
                let Some(process) = &process else {
                    return Err(RpcError::unimplemented(
                        "invalid event type: data before start",
                    ));
                };
                input::write(process, &data).await?;
            }
        }
        Ok(())
    };
    tokio::select! {
        biased;
        () = limit.passed() => return Err(RpcError::deadline()),
        outcome = work => outcome?,
    }
    let mut body = envelope(0, &call.route.message(json!({}))).to_vec();
    body.extend_from_slice(&rpc::end_of_stream(&call.route, None));
    Ok(respond(StatusCode::OK, STREAM_TYPE, body))
}

/// The living processes, their `config` as it was sent; an empty list is left out.
fn list(call: &Call) -> Value {
    let processes: Vec<Value> = call
        .sandbox
        .processes
        .all()
        .iter()
        .map(|process| {
            let mut info = Map::new();
            info.insert("config".to_owned(), process.config.clone());
            info.insert("pid".to_owned(), json!(process.pid));
            if let Some(tag) = &process.tag {
                info.insert("tag".to_owned(), json!(tag));
            }
            Value::Object(info)
        })
        .collect();
    if processes.is_empty() {
        json!({})
    } else {
        json!({"processes": processes})
    }
}
