//! The log of a command, as the client's version wants it (contract 3.5).

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::daytona::boot::Session;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;
use crate::daytona::toolbox::output::{self, Output, Part};
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
    if demux == Demux::Server {
        let log = read(machine, session, id, demux).await?;
        let mut parts = vec![Part::Text("{\"output\":".to_owned())];
        parts.extend(log.into_parts(true));
        parts.push(Part::Text("}".to_owned()));
        return respond(machine, parts).await;
    }
    plain(machine, session, id, demux).await
}

/// The answer of a synchronous command that has ended.
pub(super) async fn of_sync_command(
    machine: &Machine,
    session: &Session,
    id: &str,
    demux: Demux,
    exit_code: i32,
) -> Result<Response, ToolError> {
    let log = read(machine, session, id, demux).await?;
    let mut parts = vec![Part::Text(format!("{{\"cmdId\":\"{id}\",\"output\":"))];
    parts.extend(log.into_parts(demux == Demux::Server));
    parts.push(Part::Text(format!(",\"exitCode\":{exit_code}}}")));
    respond(machine, parts).await
}

async fn respond(machine: &Machine, parts: Vec<Part>) -> Result<Response, ToolError> {
    let response = output::answer(machine, parts).await;
    response.map_err(|error| ToolError::bare(error.to_string()))
}

/// A log, whole and taken apart.
#[derive(Debug)]
struct Log {
    whole: Output,
    stdout: Output,
    stderr: Output,
}

impl Log {
    fn new(machine: &Machine) -> Self {
        Self {
            whole: Output::new(machine),
            stdout: Output::new(machine),
            stderr: Output::new(machine),
        }
    }

    fn into_parts(self, split: bool) -> Vec<Part> {
        let text = |text: &str| Part::Text(text.to_owned());
        if !split {
            let nulls = ",\"stdout\":null,\"stderr\":null";
            return vec![Part::Output(self.whole), text(nulls)];
        }
        vec![
            Part::Output(self.whole),
            text(",\"stdout\":"),
            Part::Output(self.stdout),
            text(",\"stderr\":"),
            Part::Output(self.stderr),
        ]
    }
}

async fn read(
    machine: &Machine,
    session: &Session,
    id: &str,
    demux: Demux,
) -> Result<Log, ToolError> {
    let mut raw = RawLog::open(machine, session, id).await?;
    let failed = |error: std::io::Error| ToolError::of_output(&error);
    let mut log = Log::new(machine);
    while let Some((bytes, pieces)) = raw.next().await.map_err(failed)? {
        let whole = demux.whole(bytes, &pieces);
        log.whole.push(whole).await.map_err(failed)?;
        if demux == Demux::Server {
            log.stdout.push(&pieces.stdout).await.map_err(failed)?;
            log.stderr.push(&pieces.stderr).await.map_err(failed)?;
        }
    }
    Ok(log)
}

async fn plain(
    machine: &Machine,
    session: &Session,
    id: &str,
    demux: Demux,
) -> Result<Response, ToolError> {
    let mut raw = RawLog::open(machine, session, id).await?;
    let failed = |error: std::io::Error| ToolError::of_output(&error);
    let mut spool = machine.spool();
    while let Some((bytes, pieces)) = raw.next().await.map_err(failed)? {
        let whole = demux.whole(bytes, &pieces);
        spool.push(whole).await.map_err(failed)?;
    }
    let mut response = Response::new(spool.into_body().await.map_err(failed)?);
    *response.status_mut() = StatusCode::OK;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    Ok(response)
}

/// The file of a log, read from its start to its present end.
struct RawLog {
    file: Box<dyn AsyncRead + Send + Unpin>,
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
            file: file.bytes,
            markers: Markers::default(),
            buffer: vec![0; READ_BYTES],
            ended: false,
        })
    }

    /// The next bytes as they are, and taken apart; `None` behind the last.
    async fn next(&mut self) -> std::io::Result<Option<(&[u8], Pieces)>> {
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
