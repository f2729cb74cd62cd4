//! The request log of the command: opened before anything is served, written by a thread.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use cutover_standin::request_log::{LogSink, LogWriter, RequestLog};

use crate::app::error::AppError;

/// How long the end waits for a reader that has stopped reading.
const PATIENCE: Duration = Duration::from_secs(2);

/// A log that can be written. Dropping it takes away a file that it has made.
#[derive(Debug)]
pub(crate) struct OpenLog {
    sink: LogSink,
    made: Option<Made>,
}

/// A file that was not there before.
#[derive(Debug)]
struct Made(PathBuf);

impl Drop for Made {
    fn drop(&mut self) {
        // It is empty, and whether it goes decides nothing.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A log that is being written.
#[derive(Debug)]
pub(crate) struct RunningLog {
    log: RequestLog,
    writer: JoinHandle<()>,
}

impl OpenLog {
    /// Opens the log; `-` is standard output.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub(crate) fn open(path: &PathBuf) -> Result<Self, String> {
        if path == Path::new("-") {
            return Ok(Self {
                sink: LogSink::stdout(),
                made: None,
            });
        }
        let was_there = path.symlink_metadata().is_ok();
        let sink =
            LogSink::file(path).map_err(|error| format!("--log {}: {error}", path.display()))?;
        let made = (!was_there).then(|| Made(path.clone()));
        Ok(Self { sink, made })
    }

    /// Begins to write; from now on the file stays. Lines that are lost are told.
    pub(crate) fn start(self, tell: fn(&str)) -> Result<RunningLog, AppError> {
        let Self { sink, made } = self;
        if let Some(made) = made {
            std::mem::forget(made);
        }
        let (log, writer) = RequestLog::new();
        let run = move |writer: LogWriter| writer.run(sink, tell);
        let writer = std::thread::Builder::new()
            .name("request-log".to_owned())
            .spawn(move || run(writer))
            .map_err(|error| AppError::failed(format!("request log: no thread: {error}")))?;
        Ok(RunningLog { log, writer })
    }
}

impl RunningLog {
    /// Where the stand-ins write.
    pub(crate) fn handle(&self) -> RequestLog {
        self.log.clone()
    }

    /// Writes what waits, and ends. A reader that is stuck is not waited for: the thread then goes
    /// with the process.
    pub(crate) fn finish(self) {
        self.log.close(PATIENCE);
        if self.writer.is_finished() {
            // It gave nothing, and a panic in it has been told already.
            let _ = self.writer.join();
        }
    }
}
