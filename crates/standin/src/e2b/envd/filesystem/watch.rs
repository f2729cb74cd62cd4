//! `WatchDir`, `CreateWatcher`, `GetWatcherEvents` and `RemoveWatcher` (contract 3.3).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::e2b::envd::call::Call;
use crate::e2b::envd::filesystem::look;
use crate::e2b::envd::frames::envelope;
use crate::e2b::envd::message::Message;
use crate::e2b::envd::paths;
use crate::e2b::envd::rpc::{self, TimeLimit};
use crate::e2b::envd::stream::{keepalive, only_message};
use crate::e2b::envd::users::Accounts;
use crate::e2b::error::{Code, RpcError};
use crate::e2b::reply::respond;
use crate::e2b::sandbox::Sandbox;
use crate::e2b::watchers::Queue;
use crate::engine::{FileKind, Identity, WatchEvent, WatchKind};
use crate::shared::go_path;

/// The numbers of network file systems (`linux/magic.h`): NFS, CIFS, SMB, SMB 2, FUSE.
const NETWORK_KINDS: [i64; 5] = [0x6969, 0xff53_4d42, 0x517b, 0xfe53_4d42, 0x6573_5546];

/// A directory that is watched.
struct Opened {
    /// Its path as resolved.
    path: String,
    /// Whether events carry entries.
    entries: bool,
    /// What happens.
    events: mpsc::Receiver<WatchEvent>,
}

/// `CreateWatcher`.
pub(crate) async fn create(call: &Call, message: &Message) -> Result<Value, RpcError> {
    let opened = open(call, message).await?;
    let added = call.sandbox.watchers.add().ok_or_else(|| {
        let text = "error creating watcher: too many open files";
        RpcError::internal(text)
    })?;
    let sandbox = Arc::clone(&call.sandbox);
    let dead = sandbox.dead.clone();
    let filling = fill(sandbox, opened, added.queue);
    call.app.tasks.spawn(async move {
        tokio::select! {
            biased;
            () = dead.cancelled() => {}
            () = added.removed.cancelled() => {}
            () = filling => {}
        }
    });
    Ok(json!({"watcherId": added.id}))
}

/// Keeps what happens until somebody asks; entries are those of the moment.
async fn fill(sandbox: Arc<Sandbox>, mut opened: Opened, queue: Arc<Queue>) {
    while let Some(event) = opened.events.recv().await {
        let event = view(&sandbox, &opened.path, opened.entries, &event).await;
        if !queue.push(event) {
            return;
        }
    }
    queue.fail("watcher event channel closed");
}

/// `GetWatcherEvents`: what happened since the last time.
pub(crate) fn events(call: &Call, message: &Message) -> Result<Value, RpcError> {
    let id = watcher_id(message)?;
    let queue = call.sandbox.watchers.queue(id);
    let queue = queue.ok_or_else(|| unknown(id))?;
    let events = queue.take().map_err(RpcError::internal)?;
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
    Ok(message.text("watcherId")?.unwrap_or_default())
}

fn unknown(id: &str) -> RpcError {
    RpcError::new(Code::NotFound, format!("watcher with id {id} not found"))
}

/// Begins to watch what a request names.
async fn open(call: &Call, message: &Message) -> Result<Opened, RpcError> {
    let user = call.user().await?;
    let given = message.text("path")?.unwrap_or_default();
    let recursive = message.boolean("recursive")?.unwrap_or(false);
    let entries = message.boolean("includeEntry")?.unwrap_or(false);
    let any_mount = message.boolean("allowNetworkMounts")?.unwrap_or(false);
    let path = paths::resolve(given, call.work_dir(), &user.home, &user.name)
        .map_err(|foreign| RpcError::invalid(foreign.message))?;
    let root = Identity::Root;
    let engine = &call.sandbox.engine;
    let found = engine.stat(&path, true, &root).await;
    let stat = found.map_err(|error| {
        if error.errno() == Some(libc::ENOENT) {
            let context = format!("path {path} not found: stat {path}: ");
            return RpcError::engine(Code::NotFound, &context, &error);
        }
        let context = format!("error statting path {path}: stat {path}: ");
        RpcError::engine(Code::Internal, &context, &error)
    })?;
    if stat.kind != FileKind::Directory {
        // The real envd wraps an error that is not there (sic).
        let text = format!("path {path} not a directory: %!w(<nil>)");
        return Err(RpcError::invalid(text));
    }
    if !any_mount {
        let mount = engine.file_system(&path, &root).await;
        let context = format!("error checking mount status: failed to statfs {path}: ");
        let mount = mount.map_err(|error| RpcError::engine(Code::Internal, &context, &error))?;
        if NETWORK_KINDS.contains(&mount.kind) {
            let text = format!("cannot watch path on network filesystem: {path}");
            return Err(RpcError::invalid(text));
        }
    }
    let events = engine.watch(&path, recursive, &root).await;
    let context = format!("error adding path {path} to watcher: ");
    let events = events.map_err(|error| RpcError::engine(Code::Internal, &context, &error))?;
    Ok(Opened {
        path,
        entries,
        events,
    })
}

/// `FilesystemEvent`; an entry only of what is there after it.
async fn view(sandbox: &Arc<Sandbox>, path: &str, entries: bool, event: &WatchEvent) -> Value {
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
        let path = go_path::join(path, &event.name);
        let accounts = Accounts::new(Arc::clone(sandbox));
        // It may have gone in the meantime; then the event has no entry.
        if let Ok(entry) = look::stat(sandbox, &accounts, &path).await {
            view.insert("entry".to_owned(), entry);
        }
    }
    Value::Object(view)
}

/// `WatchDir`: events as they happen.
pub(crate) async fn stream_events(call: Call, request: Request) -> Result<Response, RpcError> {
    let limit = TimeLimit::read(request.headers())?;
    let (message, headers) = only_message(&call, limit, request).await?;
    let watcher = open(&call, &message).await?;
    let content_type = call.wire.content_type();
    let watching = Watching {
        call,
        path: watcher.path,
        entries: watcher.entries,
        events: watcher.events,
        limit,
        keepalive: keepalive(&headers),
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
        content_type,
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
                    let event = view(&self.call.sandbox, &self.path, self.entries, &event).await;
                    (Ok(self.message(json!({"filesystem": event}))), Phase::Events)
                }
                None if link.is_cancelled() => broken(),
                None => {
                    let error = RpcError::internal("watcher event channel closed");
                    let frame = rpc::end_of_stream(&self.call.route, Some(&error));
                    (Ok(frame), Phase::Done)
                }
            },
            () = tokio::time::sleep(self.keepalive) => {
                (Ok(self.message(json!({"keepalive": {}}))), Phase::Events)
            }
        }
    }

    fn message(&self, message: Value) -> Bytes {
        envelope(0, &self.call.wire.write(&self.call.route, message))
    }
}
