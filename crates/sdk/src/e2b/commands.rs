//! Commands of a sandbox.

use std::time::Duration;

use cutover_js::fetch::{Body, Method};
use cutover_js::{Object, Text, Value, json, utf8};
use tokio::time::Instant;

use super::messages::{Failure, Messages};
use super::noted::{Asked, Noted};
use super::rpc::{Code, End, Event, RpcError, Stream, enveloped};
use super::sandbox::{Sandbox, USER_AGENT};
use crate::{Class, Error};

/// How much both outputs may have: as many bytes as V8's longest string has characters.
const OUTPUT_BYTES_MAX: usize = 0x1fff_ffe8;

/// A command to be run by bash.
#[derive(Debug, Clone, Copy)]
pub struct Command<'a> {
    /// The line.
    pub line: &'a Text,
    /// How long it may take.
    pub timeout: Duration,
    /// How bash is started.
    pub shell: Shell,
    /// What becomes of the bytes that it writes.
    pub decoding: Decoding,
}

/// How bash is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// As the SDK does, with the profile of a login.
    Login,
    /// Without.
    Plain,
}

/// What becomes of the bytes of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoding {
    /// Each piece is decoded by itself, as the SDK does: a character that two pieces share is lost,
    /// and so is a byte order mark at the beginning of a piece.
    EachPiece,
    /// They stay as they are.
    Whole,
}

/// What a command wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// To its output.
    pub stdout: Vec<u8>,
    /// To its error output.
    pub stderr: Vec<u8>,
}

/// A command that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// What it wrote.
    pub output: Output,
    /// Its exit code; negative if a signal ended it.
    pub exit_code: i32,
    /// What the SDK throws if the code is not zero.
    pub error: Text,
}

/// A command of which the end is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunError {
    /// What the SDK throws.
    pub error: Error,
    /// What it had written so far.
    pub output: Output,
}

/// What a stream told so far.
#[derive(Default)]
struct Told {
    has_started: bool,
    output: Output,
    /// The end, and how much had been written by then: the SDK takes no more.
    end: Option<(End, usize, usize)>,
}

impl Sandbox {
    /// `commands.run(line, { timeoutMs })`, but a code other than zero is no error yet.
    ///
    /// # Errors
    /// What the SDK throws, and what was written before.
    pub async fn run(&self, command: Command<'_>) -> Result<Ran, RunError> {
        let began = Instant::now();
        let asked = Asked {
            operation: "execute",
            method: "POST",
            url: self.url("/process.Process/Start"),
            sandbox_id: Some(self.lossy_id()),
        };
        let mut noted = Noted::begin(&self.e2b.observer, asked.clone());
        let mut told = Told::default();
        let followed = self.follow(command, began, &asked.url, &mut noted, &mut told);
        let followed = tokio::time::timeout_at(began + command.timeout, followed).await;
        let followed = followed.unwrap_or_else(|_| {
            let words = "the operation timed out";
            // The provider would have said so a moment later.
            noted.stream_error(
                Code::DeadlineExceeded.name(),
                "context deadline exceeded".into(),
            );
            Err(RpcError::new(Code::DeadlineExceeded, words).into())
        });
        let output = told.output;
        if let Err(failure) = followed {
            let error = thrown(failure, told.has_started);
            noted.broken(error.message.to_string_lossy());
            return Err(RunError { error, output });
        }
        noted.whole(&[]);
        let Some((end, stdout, stderr)) = told.end else {
            let error = Error::new("Process exited without a result");
            return Err(RunError { error, output });
        };
        Ok(ran(end, output, (stdout, stderr)))
    }

    async fn follow(
        &self,
        command: Command<'_>,
        began: Instant,
        url: &str,
        noted: &mut Noted,
        told: &mut Told,
    ) -> Result<(), Failure> {
        let started = async {
            let mut stream = self.start(command, url, noted).await?;
            let first = stream.next().await?;
            Ok::<_, Failure>((stream, first))
        };
        // The SDK gives up if the process does not start in the time for a request.
        let start_by = began + self.e2b.request_timeout;
        let Ok(started) = tokio::time::timeout_at(start_by, started).await else {
            return Err(RpcError::new(Code::Canceled, "This operation was aborted").into());
        };
        let (mut stream, first) = started?;
        match first {
            Some(Event::Start) => told.has_started = true,
            Some(_) => return Err(Error::new("Expected start event").into()),
            None => {
                let words = "Cannot read properties of undefined (reading 'event')";
                return Err(Error::new(words).into());
            }
        }
        while let Some(event) = stream.next().await? {
            told.take(command.decoding, event)?;
        }
        Ok(())
    }

    async fn start<'a>(
        &self,
        command: Command<'_>,
        url: &str,
        noted: &'a mut Noted,
    ) -> Result<Messages<'a>, Failure> {
        let timeout = command.timeout.as_millis().to_string();
        let headers = self.headers(&[
            ("user-agent", USER_AGENT),
            ("authorization", "Basic dXNlcjo="),
            ("connect-protocol-version", "1"),
            ("connect-timeout-ms", &timeout),
            ("content-type", "application/connect+json"),
            ("keepalive-ping-interval", "50"),
        ]);
        let body = Body::Bytes(enveloped(&json::stringify(&command.request())));
        let client = &self.e2b.fetch;
        let answer = client.fetch(Method::Post, url, &headers, body).await?;
        Messages::of(answer, noted).await
    }
}

impl Command<'_> {
    fn request(&self) -> Value {
        let mut args: Vec<Value> = match self.shell {
            Shell::Login => vec!["-l".into()],
            Shell::Plain => Vec::new(),
        };
        args.extend(["-c".into(), Value::String(self.line.clone())]);
        let mut process = Object::new();
        process.insert("cmd", "/bin/bash");
        process.insert("args", args);
        let mut request = Object::new();
        request.insert("process", process);
        request.into()
    }
}

impl Told {
    fn take(&mut self, decoding: Decoding, event: Event) -> Result<(), Failure> {
        let (stream, bytes) = match event {
            Event::Start | Event::Other => return Ok(()),
            Event::End(end) => {
                let output = &self.output;
                self.end = Some((end, output.stdout.len(), output.stderr.len()));
                return Ok(());
            }
            Event::Data(stream, bytes) => (stream, bytes),
        };
        let output = &mut self.output;
        let so_far = output.stdout.len() + output.stderr.len();
        let to = match stream {
            Stream::Stdout => &mut output.stdout,
            Stream::Stderr => &mut output.stderr,
            Stream::Terminal => return Ok(()),
        };
        match decoding {
            Decoding::Whole => to.extend_from_slice(&bytes),
            Decoding::EachPiece => {
                to.extend_from_slice(utf8::decode(&bytes).to_string_lossy().as_bytes());
            }
        }
        if so_far + bytes.len() > OUTPUT_BYTES_MAX {
            return Err(Error::new("Invalid string length").into());
        }
        Ok(())
    }
}

fn ran(end: End, mut output: Output, (stdout, stderr): (usize, usize)) -> Ran {
    output.stdout.truncate(stdout);
    output.stderr.truncate(stderr);
    Ran {
        output,
        exit_code: end.exit_code,
        error: end.error,
    }
}

/// What the SDK makes of a failure.
fn thrown(failure: Failure, has_started: bool) -> Error {
    match failure {
        Failure::Thrown(error) => error,
        Failure::Rpc(error) if !has_started && error.code == Code::Unavailable => {
            let words = "Sandbox is probably not running anymore";
            Error::of(Class::SandboxGone, words)
        }
        Failure::Rpc(error) => error.thrown(),
    }
}
