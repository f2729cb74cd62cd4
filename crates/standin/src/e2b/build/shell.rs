//! Runs one command in a sandbox and hands on what it says, line by line.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::engine::{EngineError, EngineSandbox, ExitStatus, SignalTarget, SpawnRequest};

/// Bytes of a line; a longer one is told in pieces.
const LINE_BYTES_MAX: usize = 4096;

/// How long the end of a command's output is waited for once its group is killed.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(2);

/// Where a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// With its sandbox.
    Gone,
}

impl Ended {
    /// Go's words for it, which the service shows.
    pub(super) fn words(self) -> String {
        match self {
            Self::Code(code) => format!("exit status {code}"),
            Self::Signal(signal) => format!("signal {signal}"),
            Self::Gone => "the sandbox of the build has gone".to_owned(),
        }
    }
}

/// What is written to a command's standard input.
pub(super) type Input = Box<dyn AsyncRead + Send + Unpin>;

/// Runs a command to its end. What it leaves running in its group ends with it.
pub(super) async fn run(
    engine: &dyn EngineSandbox,
    request: SpawnRequest,
    input: Option<Input>,
    mut said: impl FnMut(Stream, &str) + Send,
) -> Result<Ended, EngineError> {
    let mut process = engine.spawn(request).await?;
    let stdin = process.stdin.take();
    let feed = async {
        if let (Some(mut input), Some(mut stdin)) = (input, stdin) {
            // A command that has read enough closes its end; how it ends says more.
            let _ = tokio::io::copy(&mut input, &mut stdin).await;
            let _ = stdin.shutdown().await;
        }
    };
    let mut exit = process.exit.clone();
    let mut out = Lines::new(Some(process.stdout), Stream::Out);
    let mut err = Lines::new(process.stderr, Stream::Err);
    let watch = async {
        let ended = loop {
            tokio::select! {
                read = out.read() => out.take(read, &mut said),
                read = err.read() => err.take(read, &mut said),
                ended = exit.wait_for(Option::is_some) => break ended.ok().and_then(|it| *it),
            }
        };
        // Gone already is as good.
        let group = SignalTarget::Group(process.pid);
        let _ = engine.signal(group, libc::SIGKILL).await;
        let rest = async {
            while out.is_open() || err.is_open() {
                tokio::select! {
                    read = out.read(), if out.is_open() => out.take(read, &mut said),
                    read = err.read(), if err.is_open() => err.take(read, &mut said),
                }
            }
        };
        // Output that never ends is held by something that has left the group.
        let _ = timeout(DRAIN_TIME_MAX, rest).await;
        out.flush(&mut said);
        err.flush(&mut said);
        ended
    };
    let ended = tokio::select! {
        ended = watch => ended,
        // Never: what is fed ends before the command does, or with it.
        () = async { feed.await; std::future::pending().await } => None,
    };
    Ok(match ended {
        Some(ExitStatus::Code(code)) => Ended::Code(code),
        Some(ExitStatus::Signal { signal, .. }) => Ended::Signal(signal),
        None => Ended::Gone,
    })
}

/// One stream, cut into lines.
struct Lines {
    from: Option<Input>,
    stream: Stream,
    /// What has been read of a line that is not whole yet.
    line: Vec<u8>,
    buffer: Vec<u8>,
}

impl Lines {
    fn new(from: Option<Input>, stream: Stream) -> Self {
        Self {
            from,
            stream,
            line: Vec::new(),
            buffer: vec![0; 16 * 1024],
        }
    }

    fn is_open(&self) -> bool {
        self.from.is_some()
    }

    /// Reads once, how many bytes; never returns when there is nothing more to come. Safe to drop
    /// while it waits.
    async fn read(&mut self) -> usize {
        match &mut self.from {
            // One that breaks off has ended.
            Some(from) => from.read(&mut self.buffer).await.unwrap_or(0),
            None => std::future::pending().await,
        }
    }

    /// Tells the lines that are whole now.
    fn take(&mut self, read: usize, said: &mut (impl FnMut(Stream, &str) + Send)) {
        if read == 0 {
            self.from = None;
        }
        for at in 0..read {
            let byte = self.buffer[at];
            if byte != b'\n' {
                self.line.push(byte);
            }
            if byte == b'\n' || self.line.len() >= LINE_BYTES_MAX {
                self.tell(said);
            }
        }
    }

    fn tell(&mut self, said: &mut (impl FnMut(Stream, &str) + Send)) {
        let line = String::from_utf8_lossy(&self.line);
        said(self.stream, line.trim_end_matches('\r'));
        self.line.clear();
    }

    fn flush(&mut self, said: &mut (impl FnMut(Stream, &str) + Send)) {
        if !self.line.is_empty() {
            self.tell(said);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_told_whole_and_long_ones_in_pieces() {
        let long = vec![b'x'; LINE_BYTES_MAX + 1];
        let text = [&b"a\r\nb\xff\n\n"[..], &long].concat();
        let input: Input = Box::new(std::io::Cursor::new(text));
        let mut lines = Lines::new(Some(input), Stream::Err);
        let mut told = Vec::new();
        let mut said = |_: Stream, line: &str| told.push(line.to_owned());
        while lines.is_open() {
            let read = lines.read().await;
            lines.take(read, &mut said);
        }
        lines.flush(&mut said);
        assert_eq!(told[..3], ["a", "b\u{fffd}", ""]);
        assert_eq!((told[3].len(), told[4].as_str()), (LINE_BYTES_MAX, "x"));
    }
}
