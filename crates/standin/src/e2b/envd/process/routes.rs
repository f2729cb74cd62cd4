//! The methods of `process.Process`.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::e2b::envd::call::Call;
use crate::e2b::envd::frames::envelope;
use crate::e2b::envd::message::Message;
use crate::e2b::envd::process::{events, input, launch, selector};
use crate::e2b::envd::rpc::{self, TimeLimit};
use crate::e2b::envd::stream::{frames, keepalive, only_message};
use crate::e2b::error::RpcError;
use crate::e2b::reply::respond;

/// Answers a streaming method.
pub(crate) async fn stream(call: Call, path: &str, request: Request) -> Result<Response, RpcError> {
    match path {
        "/process.Process/Start" => start(call, request).await,
        "/process.Process/Connect" => connect(call, request).await,
        "/process.Process/StreamInput" => stream_input(&call, request).await,
        _ => Err(unimplemented(path)),
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
        _ => Err(unimplemented(path)),
    }
}

fn unimplemented(path: &str) -> RpcError {
    RpcError::unimplemented(format!("the stand-in does not implement {path}"))
}

async fn start(call: Call, request: Request) -> Result<Response, RpcError> {
    let limit = TimeLimit::read(request.headers())?;
    let (message, headers) = only_message(&call, limit, request).await?;
    let started = launch::start(&call, &message, limit).await?;
    Ok(events::response(events::Attachment {
        route: call.route.clone(),
        wire: call.wire,
        link: call.sandbox.link(),
        process: started.process,
        chunks: started.chunks,
        limit,
        keepalive: keepalive(&headers),
    }))
}

async fn connect(call: Call, request: Request) -> Result<Response, RpcError> {
    let limit = TimeLimit::read(request.headers())?;
    let (message, headers) = only_message(&call, limit, request).await?;
    let selector = selector::read(&message)?;
    let now = call.app.clock.now();
    let process = call.sandbox.processes.any(&selector, now)?;
    Ok(events::response(events::Attachment {
        route: call.route.clone(),
        wire: call.wire,
        link: call.sandbox.link(),
        chunks: process.subscribe(),
        process,
        limit,
        keepalive: keepalive(&headers),
    }))
}

/// A client stream: each message takes effect as it arrives.
async fn stream_input(call: &Call, request: Request) -> Result<Response, RpcError> {
    let limit = TimeLimit::read(request.headers())?;
    let (parts, body) = request.into_parts();
    let mut frames = frames(&parts.headers, body)?;
    let work = async {
        let mut process = None;
        while let Some(bytes) = frames.next().await? {
            let message = call.wire.read(&bytes)?;
            if let Some(start) = message.message("start")? {
                process = Some(input::live(call, &start)?);
            } else if let Some(data) = message.message("data")? {
                // envd itself crashes the request here.
                let process = process.as_ref().ok_or_else(|| {
                    RpcError::unimplemented("invalid event type: data before start")
                })?;
                input::write(process, &data).await?;
            } else if message.message("keepalive")?.is_none() {
                return Err(RpcError::unimplemented("invalid event type <nil>"));
            }
        }
        Ok(())
    };
    tokio::select! {
        biased;
        () = limit.passed() => return Err(RpcError::deadline()),
        outcome = work => outcome?,
    }
    let mut body = envelope(0, &call.wire.write(&call.route, json!({}))).to_vec();
    body.extend_from_slice(&rpc::end_of_stream(&call.route, None));
    Ok(respond(StatusCode::OK, call.wire.content_type(), body))
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
