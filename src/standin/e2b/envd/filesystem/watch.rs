//! `WatchDir`, `CreateWatcher`, `GetWatcherEvents` and `RemoveWatcher` (contract 3.3).

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::standin::e2b::envd::call::Call;
use crate::standin::e2b::envd::filesystem::look;
use crate::standin::e2b::envd::frames::{FrameReader, envelope};
use crate::standin::e2b::envd::message::Message;
use crate::standin::e2b::envd::paths;
use crate::standin::e2b::envd::process::{first_message, keepalive};
use crate::standin::e2b::envd::rpc::{self, STREAM_TYPE, TimeLimit};
use crate::standin::e2b::error::{Code, RpcError};
use crate::standin::e2b::reply::respond;
use crate::standin::e2b::watchers::Watcher;
use crate::standin::engine::{FileKind, Identity, WatchEvent, WatchKind};

/// `CreateWatcher`.
pub(crate) async fn create(call: &Call, message: &Message) -> Result<Value, RpcError> {
    let watcher = open(call, message).await?;
    let id = call.sandbox.watchers.add(watcher).ok_or_else(|| {
        let text = "error creating watcher: too many open files";
        RpcError::internal(text)
    })?;
    Ok(json!({"watcherId": id}))
}

/// `GetWatcherEvents`: what happened since the last time.
pub(crate) async fn events(call: &Call, message: &Message) -> Result<Value, RpcError> {
    let id = watcher_id(message)?;
    let taken = call.sandbox.watchers.take(id);
    let taken = taken.ok_or_else(|| unknown(id))?;
    let mut events = Vec::new();
    for event in &taken.events {
        events.push(view(call, &taken.path, taken.entries, event).await);
    }
    Ok(if events.is_empty() {
        json!({})
    } else {
        json!({"events": events})
    })
}

/// `RemoveWatcher`.
pub(crate) fn remove(call: &Call, message: &Message) -> Result<Value, RpcError> {
    let id = watcher_id(message)?;
    if call.sandbox.watchers.remove(id) {
        return Ok(json!({}));
    }
    Err(unknown(id))
}

fn watcher_id(message: &Message) -> Result<&str, RpcError> {
    let id = message.text("watcherId")?;
    Ok(id.or(message.text("watcher_id")?).unwrap_or_default())
}

fn unknown(id: &str) -> RpcError {
    RpcError::new(Code::NotFound, format!("watcher with id {id} not found"))
}

/// Begins to watch what a request names.
async fn open(call: &Call, message: &Message) -> Result<Watcher, RpcError> {
    let user = call.user().await?;
    let given = message.text("path")?.unwrap_or_default();
    let path = paths::resolve(given, &user.home, &user.name)
        .map_err(|foreign| RpcError::invalid(foreign.message))?;
    let recursive = message.boolean("recursive")?.unwrap_or(false);
    let entries = message.boolean("includeEntry")?;
    let entries = entries.or(message.boolean("include_entry")?);
    let root = Identity::Root;
    let found = call.sandbox.engine.stat(&path, true, &root).await;
    let stat = found.map_err(|error| {
        let (code, what) = if error.errno() == Some(libc::ENOENT) {
            (
                Code::NotFound,
                format!("path {path} not found: stat {path}: "),
            )
        } else {
            (
                Code::Internal,
                format!("error statting path {path}: stat {path}: "),
            )
        };
        RpcError::engine(code, &what, &error)
    })?;
    if stat.kind != FileKind::Directory {
        // The real envd wraps an error that is not there (sic).
        let text = format!("path {path} not a directory: %!w(<nil>)");
        return Err(RpcError::invalid(text));
    }
    let events = call.sandbox.engine.watch(&path, recursive, &root).await;
    let events = events
        .map_err(|error| RpcError::engine(Code::Internal, "error creating watcher: ", &error))?;
    Ok(Watcher {
        path,
        entries: entries.unwrap_or(false),
        events,
    })
}

/// `FilesystemEvent`; an entry only of what is there after it.
async fn view(call: &Call, path: &str, entries: bool, event: &WatchEvent) -> Value {
    let (word, present) = match event.kind {
        WatchKind::Create => ("EVENT_TYPE_CREATE", true),
        WatchKind::Write => ("EVENT_TYPE_WRITE", true),
        WatchKind::Remove => ("EVENT_TYPE_REMOVE", false),
        WatchKind::Rename => ("EVENT_TYPE_RENAME", false),
        WatchKind::Chmod => ("EVENT_TYPE_CHMOD", true),
    };
    let mut view = Map::new();
    view.insert("name".to_owned(), json!(event.name));
    view.insert("type".to_owned(), json!(word));
    if entries && present {
        let path = paths::join(path, &event.name);
        // It may have gone in the meantime; then the event has no entry.
        if let Ok(entry) = look::stat(&call.sandbox, &path).await {
            view.insert("entry".to_owned(), entry);
        }
    }
    Value::Object(view)
}

/// `WatchDir`: events as they happen.
pub(crate) async fn stream_events(call: Call, request: Request) -> Result<Response, RpcError> {
    let limit = TimeLimit::read(request.headers())?;
    let (message, headers, frames) = first_message(request).await?;
    let watcher = open(&call, &message).await?;
    let watching = Watching {
        call,
        path: watcher.path,
        entries: watcher.entries,
        events: watcher.events,
        limit,
        keepalive: keepalive(&headers),
        _request: frames,
    };
    let messages = stream::unfold(
        (watching, Phase::Start),
        |(mut watching, phase)| async move {
            let (frame, next) = watching.next(phase).await?;
            Some((frame, (watching, next)))
        },
    );
    Ok(respond(
        StatusCode::OK,
        STREAM_TYPE,
        Body::from_stream(messages),
    ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Start,
    Events,
    Done,
}

struct Watching {
    call: Call,
    path: String,
    entries: bool,
    events: mpsc::Receiver<WatchEvent>,
    limit: TimeLimit,
    keepalive: Duration,
    /// The rest of the request, kept so that the connection stays usable.
    _request: FrameReader,
}

impl Watching {
    async fn next(&mut self, phase: Phase) -> Option<(io::Result<Bytes>, Phase)> {
        match phase {
            Phase::Start => Some((Ok(self.message(json!({"start": {}}))), Phase::Events)),
            Phase::Events => Some(self.event().await),
            Phase::Done => None,
        }
    }

    async fn event(&mut self) -> (io::Result<Bytes>, Phase) {
        let link = self.call.sandbox.link();
        let broken = || (Err(io::ErrorKind::ConnectionReset.into()), Phase::Done);
        tokio::select! {
            biased;
            () = link.cancelled() => broken(),
            () = self.limit.passed() => {
                let error = RpcError::deadline();
                let frame = rpc::end_of_stream(&self.call.route, Some(&error));
                (Ok(frame), Phase::Done)
            }
            event = self.events.recv() => match event {
                Some(event) => {
                    let event = view(&self.call, &self.path, self.entries, &event).await;
                    (Ok(self.message(json!({"filesystem": event}))), Phase::Events)
                }
                None => broken(),
            },
            () = tokio::time::sleep(self.keepalive) => {
                (Ok(self.message(json!({"keepalive": {}}))), Phase::Events)
            }
        }
    }

    fn message(&self, message: Value) -> Bytes {
        envelope(0, &self.call.route.message(message))
    }
}
