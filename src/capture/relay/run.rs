//! The server as a child, and everything that passes between it and whoever started us.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal as Number, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::pass::{Look, Passed, Progress, pass};
use super::watch::{Seen, Watch};

/// How long after the server's end something may still come: a child of it may hold its output
/// open for ever. What the server wrote itself is there at once.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// How a relay ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; of a server that a signal ended the one that a shell gives.
    pub(crate) code: u8,
    /// What was seen.
    pub(crate) seen: Seen,
}

/// Starts a server and passes everything on until it ends: both streams, its exit code, and signals
/// that come. Its standard error is ours.
///
/// # Errors
/// The server cannot be started, or signals cannot be watched.
pub(crate) async fn relay(
    (program, arguments): (&OsString, &[OsString]),
    mut host_in: impl AsyncRead + Unpin,
    mut host_out: impl AsyncWrite + Unpin,
) -> Result<Ended, String> {
    let unwatched = |error| format!("signals cannot be watched: {error}");
    let mut signals = Signals::watch().map_err(unwatched)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Signals of a terminal come to us and are passed on: the server gets each once.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("`{}` cannot be started: {error}", program.display()))?;
    let (Some(mut server_in), Some(server_out)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(format!("`{}` has no streams", program.display()));
    };
    let watch = Mutex::new(Watch::default());
    let progress = Progress::default();
    let asking = async {
        let look: Look<'_> = (&watch, Watch::host_sent);
        if pass(&mut host_in, &mut server_in, look, &Progress::default()).await == Passed::Refused {
            // The host goes on as if the server read: what it finds out is that no answer comes.
            let _ = tokio::io::copy(&mut host_in, &mut tokio::io::sink()).await;
        }
        // The end of the host's stream is that of the server's.
        drop(server_in);
    };
    let answering = async {
        let mut from = server_out;
        let look: Look<'_> = (&watch, Watch::server_sent);
        pass(&mut from, &mut host_out, look, &progress).await;
        // Where the host is gone, the server notices as if it wrote to it.
        drop(from);
    };
    let mut asking = std::pin::pin!(asking);
    let mut answering = std::pin::pin!(answering);
    let (mut asked, mut answered) = (false, false);
    let status = loop {
        tokio::select! {
            () = &mut asking, if !asked => asked = true,
            () = &mut answering, if !answered => answered = true,
            number = signals.next() => forward(&child, number),
            status = child.wait() => break status,
        }
    };
    while !answered {
        let before = progress.bytes();
        let waited = tokio::time::timeout(LAST_WORDS, &mut answering).await;
        // What the host has not taken yet is waited for.
        answered = waited.is_ok() || !(progress.is_writing() || progress.bytes() > before);
    }
    let seen = std::mem::take(&mut *watch.lock().unwrap_or_else(PoisonError::into_inner)).finish();
    Ok(Ended {
        code: status.map_or(1, code),
        seen,
    })
}

fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|number| 128 + number));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn forward(child: &Child, number: Number) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(id) = id {
        // One that has ended already hears nothing.
        let _ = kill(Pid::from_raw(id), number);
    }
}

/// The signals that are passed on.
struct Signals {
    streams: Vec<(Signal, Number)>,
}

impl Signals {
    fn watch() -> std::io::Result<Self> {
        let kinds = [
            (SignalKind::interrupt(), Number::SIGINT),
            (SignalKind::terminate(), Number::SIGTERM),
            (SignalKind::hangup(), Number::SIGHUP),
            (SignalKind::quit(), Number::SIGQUIT),
            (SignalKind::user_defined1(), Number::SIGUSR1),
            (SignalKind::user_defined2(), Number::SIGUSR2),
        ];
        let streams = kinds
            .into_iter()
            .map(|(kind, number)| Ok((signal(kind)?, number)));
        Ok(Self {
            streams: streams.collect::<std::io::Result<_>>()?,
        })
    }

    async fn next(&mut self) -> Number {
        std::future::poll_fn(|cx| {
            for (stream, number) in &mut self.streams {
                if let std::task::Poll::Ready(Some(())) = stream.poll_recv(cx) {
                    return std::task::Poll::Ready(*number);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}
