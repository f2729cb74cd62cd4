//! The log of a command, as the client's version wants it (contract 3.5).

use std::io;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::io::{AsyncRead, AsyncReadExt as _, Take};

use crate::daytona::boot::Session;
use crate::daytona::reply::text;
use crate::daytona::spool::{Holds, Kept};
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::output::{self, Measure, Part};
use crate::daytona::toolbox::session::markers::{Markers, Pieces};
use crate::daytona::toolbox::session::reading;
use crate::daytona::toolbox::session::version::Demux;

const READ_BYTES: usize = 64 * 1024;

/// `GET .../command/{cid}/logs`.
pub(super) async fn of_command(
    machine: &Machine,
    session: &Session,
    id: &str,
) -> Result<Response, ToolError> {
    reading::look_up(machine, session, id).await?;
    let demux = Demux::of(&machine.asked);
    let log = Log::read(machine, session, id, demux).await?;
    if demux == Demux::Server {
        let mut parts = vec![Part::text("{\"output\":")];
        parts.extend(log.into_parts());
        parts.push(Part::text("}"));
        return output::answer(machine, parts).await;
    }
    Ok(text(StatusCode::OK, Body::from_stream(log.kept.stream())))
}

/// The answer of a synchronous command that has ended.
pub(super) async fn of_sync_command(
    machine: &Machine,
    session: &Session,
    id: &str,
    demux: Demux,
    exit_code: i32,
) -> Result<Response, ToolError> {
    let log = Log::read(machine, session, id, demux).await?;
    let mut parts = vec![Part::Text(format!("{{\"cmdId\":\"{id}\",\"output\":"))];
    parts.extend(log.into_parts());
    parts.push(Part::Text(format!(",\"exitCode\":{exit_code}}}")));
    output::answer(machine, parts).await
}

/// A log as it was when it was asked for, and how long its strings will be. It is kept once: its
/// two streams are taken apart when they are sent.
#[derive(Debug)]
struct Log {
    demux: Demux,
    kept: Kept,
    whole: Measure,
    stdout: Measure,
    stderr: Measure,
}

impl Log {
    async fn read(
        machine: &Machine,
        session: &Session,
        id: &str,
        demux: Demux,
    ) -> Result<Self, ToolError> {
        let mut raw = RawLog::open(machine, session, id).await?;
        let failed = |error: io::Error| ToolError::of_output(&error);
        let mut spool = machine.spool(Holds::Log);
        let (mut whole, mut stdout, mut stderr) = <(Measure, Measure, Measure)>::default();
        while let Some((bytes, pieces)) = raw.next().await.map_err(failed)? {
            let bytes = demux.whole(bytes, &pieces);
            spool.push(bytes).await.map_err(failed)?;
            whole.push(bytes);
            if demux == Demux::Server {
                stdout.push(&pieces.stdout);
                stderr.push(&pieces.stderr);
            }
        }
        let kept = spool.keep().await.map_err(failed)?;
        Ok(Self {
            demux,
            kept,
            whole,
            stdout,
            stderr,
        })
    }

    /// The strings of its answer, from the value of `output` on.
    fn into_parts(self) -> Vec<Part> {
        let whole = Part::of(self.whole, self.kept.stream());
        if self.demux != Demux::Server {
            let nulls = Part::text(",\"stdout\":null,\"stderr\":null");
            return vec![whole, nulls];
        }
        vec![
            whole,
            Part::text(",\"stdout\":"),
            Part::of(self.stdout, only(&self.kept, |pieces| pieces.stdout)),
            Part::text(",\"stderr\":"),
            Part::of(self.stderr, only(&self.kept, |pieces| pieces.stderr)),
        ]
    }
}

/// What a log has of one stream.
fn only(kept: &Kept, of: fn(Pieces) -> Vec<u8>) -> BoxStream<'static, io::Result<Bytes>> {
    let raw = kept.stream().map(Some).chain(stream::once(async { None }));
    let mut markers = Markers::default();
    let taken_apart = raw.map(move |piece| {
        let mut pieces = Pieces::default();
        match piece {
            Some(bytes) => markers.take(&bytes?, false, &mut pieces),
            None => markers.take(&[], true, &mut pieces),
        }
        Ok(of(pieces).into())
    });
    taken_apart.boxed()
}

/// The file of a log, read from its start to what was its end when it was opened: one that grows
/// on meanwhile has an end as well.
struct RawLog {
    file: Take<Box<dyn AsyncRead + Send + Unpin>>,
    markers: Markers,
    buffer: Vec<u8>,
    ended: bool,
}

impl RawLog {
    async fn open(machine: &Machine, session: &Session, id: &str) -> Result<Self, ToolError> {
        let path = session.log_of(id);
        let opened = machine.engine().read(&path, machine.who()).await;
        let file = opened.map_err(|error| ToolError::of_file("open", &path, &error))?;
        Ok(Self {
            file: file.bytes.take(file.stat.size),
            markers: Markers::default(),
            buffer: vec![0; READ_BYTES],
            ended: false,
        })
    }

    /// The next bytes as they are, and taken apart; `None` behind the last.
    async fn next(&mut self) -> io::Result<Option<(&[u8], Pieces)>> {
        if self.ended {
            return Ok(None);
        }
        let count = self.file.read(&mut self.buffer).await?;
        self.ended = count == 0;
        let bytes = &self.buffer[..count];
        let mut pieces = Pieces::default();
        self.markers.take(bytes, self.ended, &mut pieces);
        Ok(Some((bytes, pieces)))
    }
}
