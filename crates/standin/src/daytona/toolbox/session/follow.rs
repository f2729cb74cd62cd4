//! A log as it grows: over a websocket, or as one long answer (contract 2.4).

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::ws::{Message, WebSocket};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _, stream};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::daytona::boot::Session;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::session::markers::{Markers, Pieces};
use crate::daytona::toolbox::session::reading;
use crate::daytona::toolbox::session::version::Demux;
use crate::daytona::toolbox::socket::{self, Outgoing};

/// Bytes of one frame (contract 2.4).
const FRAME_BYTES_MAX: usize = 1024;

const READ_BYTES: usize = 16 * 1024;

/// Shortest pause before a log is looked at again, as the daemon pauses.
const POLL: Duration = Duration::from_millis(20);

/// The log over a websocket; without `follow` what is there now.
pub(super) async fn over_socket(
    machine: &Machine,
    session: Arc<Session>,
    id: &str,
    follow: bool,
) -> Result<Response, ToolError> {
    let log = Follower::open(machine, session, id, follow).await?;
    socket::upgrade(machine, socket::INPUT_BYTES_MAX, |socket| talk(socket, log)).await
}

/// The log as a chunked answer that ends with the command.
pub(super) async fn as_stream(
    machine: &Machine,
    session: Arc<Session>,
    id: &str,
) -> Result<Response, ToolError> {
    let log = Follower::open(machine, session, id, true).await?;
    // Nothing runs but while the client takes the answer, so nothing is left when it goes.
    let pieces = stream::try_unfold(log, async |mut log: Follower| {
        let piece = log.next().await?;
        io::Result::Ok(piece.map(|piece| (piece, log)))
    });
    let mut response = Response::new(Body::from_stream(pieces.boxed()));
    let octets = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(CONTENT_TYPE, octets);
    Ok(response)
}

async fn talk(socket: WebSocket, log: Follower) {
    let (mut out, mut incoming) = socket.split();
    let code = {
        let send = send(&mut out, log);
        let gone = async {
            while let Some(Ok(message)) = incoming.next().await {
                if matches!(message, Message::Close(_)) {
                    break;
                }
            }
        };
        tokio::select! {
            code = send => code,
            () = gone => None,
        }
    };
    match code {
        Some(code) => socket::close(out, incoming, code, String::new()).await,
        // One more read sends the answer to the client's close frame, if there was one.
        None => socket::until_gone(incoming).await,
    }
}

/// Sends the log; the code to close with, unless the client went away.
async fn send(out: &mut Outgoing, mut log: Follower) -> Option<u16> {
    loop {
        let piece = match log.next().await {
            Ok(Some(piece)) => piece,
            Ok(None) => return Some(socket::NORMAL),
            // A boot that ends breaks the connection without a word.
            Err(_) if log.machine.boot.is_cancelled() => return None,
            Err(_) => return Some(socket::INTERNAL),
        };
        let mut rest = piece;
        while !rest.is_empty() {
            let frame = rest.split_to(rest.len().min(FRAME_BYTES_MAX));
            out.send(Message::Binary(frame)).await.ok()?;
        }
    }
}

/// A log that is read again from where it was left, until its command is over.
struct Follower {
    machine: Machine,
    session: Arc<Session>,
    id: String,
    /// Whether markers are taken away, and how far into one the last read came.
    markers: Option<Markers>,
    /// Bytes read so far.
    offset: u64,
    open: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// Whether nothing is written any more, so that the end of the file is the end.
    last: bool,
    pause: Duration,
}

impl Follower {
    async fn open(
        machine: &Machine,
        session: Arc<Session>,
        id: &str,
        follow: bool,
    ) -> Result<Self, ToolError> {
        let command = reading::look_up(machine, &session, id).await?;
        let path = session.log_of(id);
        let opened = machine.engine().read(&path, machine.who()).await;
        let file = opened.map_err(|error| ToolError::of_file("open", &path, &error))?;
        let demux = Demux::of(&machine.asked);
        Ok(Self {
            machine: machine.clone(),
            session,
            id: id.to_owned(),
            markers: (demux == Demux::Combined).then(Markers::default),
            offset: 0,
            open: Some(file.bytes),
            last: !follow || command.exit_code.is_some(),
            pause: POLL,
        })
    }

    /// The next bytes; `None` behind the last.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            if let Some(file) = &mut self.open {
                let count = file.read(&mut buffer).await?;
                if count > 0 {
                    self.offset += count as u64;
                    let piece = self.shown(&buffer[..count], false);
                    if !piece.is_empty() {
                        return Ok(Some(piece));
                    }
                    continue;
                }
                self.open = None;
            }
            if self.last {
                let held = self.shown(&[], true);
                self.markers = None;
                return Ok((!held.is_empty()).then_some(held));
            }
            self.wait().await?;
        }
    }

    fn shown(&mut self, bytes: &[u8], end: bool) -> Bytes {
        let Some(markers) = &mut self.markers else {
            return Bytes::copy_from_slice(bytes);
        };
        let mut pieces = Pieces::default();
        markers.take(bytes, end, &mut pieces);
        pieces.all.into()
    }

    /// Waits until there may be more, and opens the log again behind what was read.
    async fn wait(&mut self) -> io::Result<()> {
        tokio::select! {
            () = tokio::time::sleep(self.pause) => {}
            () = self.session.cancelled.cancelled() => {}
        }
        if self.machine.boot.is_cancelled() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let began = Instant::now();
        let command = reading::look_up(&self.machine, &self.session, &self.id).await;
        let over = command.map_or(true, |command| command.exit_code.is_some());
        // Asked before the log is read: what a command wrote is there before its exit code.
        self.last = over || self.session.cancelled.is_cancelled();
        let path = self.session.log_of(&self.id);
        let (engine, who) = (self.machine.engine(), self.machine.who());
        let grown = engine.stat(&path, true, who).await;
        let grown = grown.is_ok_and(|stat| stat.size > self.offset);
        // A deleted session has taken its log with it: then there is nothing more.
        if grown && let Ok(file) = engine.read(&path, who).await {
            let mut file = file.bytes;
            let read = (&mut file).take(self.offset);
            tokio::io::copy(&mut { read }, &mut tokio::io::sink()).await?;
            self.open = Some(file);
        }
        // The engine opens a file at its start. The longer the way to the end, the rarer it is
        // gone, so that a long log costs no more than a third of the time.
        self.pause = POLL.max(began.elapsed() * 2);
        Ok(())
    }
}
