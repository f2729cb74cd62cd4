//! The log of a command, as the client's version wants it (contract 3.5).

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use tokio::io::AsyncReadExt as _;

use crate::standin::daytona::spool::Spool;
use crate::standin::daytona::toolbox::error::{ToolError, go_error};
use crate::standin::daytona::toolbox::machine::Machine;
use crate::standin::daytona::toolbox::output::{self, Output, Part};
use crate::standin::daytona::toolbox::session::reading;
use crate::standin::daytona::toolbox::session::shell::Session;
use crate::standin::daytona::toolbox::session::version::Demux;

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
#[derive(Debug, Default)]
struct Log {
    whole: Output,
    stdout: Output,
    stderr: Output,
}

impl Log {
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
    let path = format!("{}/output.log", session.dir_of(id));
    let opened = machine.engine().read(&path, machine.who()).await;
    let mut file = opened
        .map_err(|error| ToolError::bare(go_error("open", &path, &error)))?
        .bytes;
    let failed = |error: std::io::Error| ToolError::bare(error.to_string());
    let mut log = Log::default();
    let mut markers = Markers::default();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = file.read(&mut buffer).await.map_err(failed)?;
        let end = count == 0;
        let mut pieces = Pieces::default();
        markers.take(&buffer[..count], end, &mut pieces);
        match demux {
            Demux::Combined => log.whole.push(&pieces.all).await.map_err(failed)?,
            Demux::Client => log.whole.push(&buffer[..count]).await.map_err(failed)?,
            Demux::Server => {
                log.whole.push(&buffer[..count]).await.map_err(failed)?;
                log.stdout.push(&pieces.stdout).await.map_err(failed)?;
                log.stderr.push(&pieces.stderr).await.map_err(failed)?;
            }
        }
        if end {
            return Ok(log);
        }
    }
}

async fn plain(
    machine: &Machine,
    session: &Session,
    id: &str,
    demux: Demux,
) -> Result<Response, ToolError> {
    let path = format!("{}/output.log", session.dir_of(id));
    let opened = machine.engine().read(&path, machine.who()).await;
    let mut file = opened
        .map_err(|error| ToolError::bare(go_error("open", &path, &error)))?
        .bytes;
    let failed = |error: std::io::Error| ToolError::bare(error.to_string());
    let mut spool = Spool::default();
    let mut markers = Markers::default();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = file.read(&mut buffer).await.map_err(failed)?;
        if demux == Demux::Client {
            spool.push(&buffer[..count]).await.map_err(failed)?;
        } else {
            let mut pieces = Pieces::default();
            markers.take(&buffer[..count], count == 0, &mut pieces);
            spool.push(&pieces.all).await.map_err(failed)?;
        }
        if count == 0 {
            break;
        }
    }
    let mut response = Response::new(spool.into_body().await.map_err(failed)?);
    *response.status_mut() = StatusCode::OK;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    Ok(response)
}

/// What one read of a log holds for whom.
#[derive(Debug, Default)]
struct Pieces {
    all: Vec<u8>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Finds the markers of a log: three bytes 1 before standard output, three bytes 2 before standard
/// error, wherever the reads cut them.
#[derive(Debug, Default)]
struct Markers {
    /// The stream that is being read: none before the first marker.
    stream: Option<u8>,
    /// The byte of a marker that may have begun, and how many of it were seen.
    begun: (u8, usize),
}

impl Markers {
    fn take(&mut self, bytes: &[u8], end: bool, pieces: &mut Pieces) {
        for &byte in bytes {
            let (marker, count) = self.begun;
            if count > 0 && byte == marker {
                self.begun.1 += 1;
                if self.begun.1 == 3 {
                    self.stream = Some(marker);
                    self.begun = (0, 0);
                }
                continue;
            }
            self.flush(pieces);
            if byte == 1 || byte == 2 {
                self.begun = (byte, 1);
            } else {
                self.emit(byte, pieces);
            }
        }
        if end {
            self.flush(pieces);
        }
    }

    /// What looked like a marker was none.
    fn flush(&mut self, pieces: &mut Pieces) {
        let (byte, count) = std::mem::take(&mut self.begun);
        for _ in 0..count {
            self.emit(byte, pieces);
        }
    }

    fn emit(&self, byte: u8, pieces: &mut Pieces) {
        pieces.all.push(byte);
        match self.stream {
            Some(1) => pieces.stdout.push(byte),
            Some(_) => pieces.stderr.push(byte),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_wherever_they_are_cut() {
        let log = b"\x01\x01\x01out\n\x02\x02\x02err\x01\x02\n\x01\x01\x01\x01x\n\x02\x02";
        for cut in 1..=log.len() {
            let mut markers = Markers::default();
            let mut pieces = Pieces::default();
            for piece in log.chunks(cut) {
                markers.take(piece, false, &mut pieces);
            }
            markers.take(b"", true, &mut pieces);
            assert_eq!(pieces.stdout, b"out\n\x01x\n\x02\x02", "cut {cut}");
            assert_eq!(pieces.stderr, b"err\x01\x02\n", "cut {cut}");
            assert_eq!(
                pieces.all, b"out\nerr\x01\x02\n\x01x\n\x02\x02",
                "cut {cut}"
            );
        }
    }
}
