//! Messages of a process stream, read and nothing more.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One event of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// It runs.
    Start {
        /// Its process id.
        pid: u64,
    },
    /// It wrote to standard output.
    Stdout(Vec<u8>),
    /// It wrote to standard error.
    Stderr(Vec<u8>),
    /// It has ended.
    End(Ended),
    /// Nothing that concerns us: a keepalive, or what a newer envd added.
    Other,
}

/// How a process ended, as told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Ended {
    /// The exit code; left out when zero, -1 after a signal.
    #[serde(alias = "exit_code")]
    pub(crate) exit_code: i64,
    /// Go's words, e.g. `exit status 3`, `signal: killed`.
    pub(crate) status: String,
}

impl Ended {
    /// The signal's name without `SIG`, when the words name a signal.
    pub(crate) fn signal(&self) -> Option<String> {
        let words = self.status.strip_prefix("signal: ")?;
        let words = words.strip_suffix(" (core dumped)").unwrap_or(words);
        let name = SIGNALS.iter().find(|(go, _)| *go == words);
        Some(name.map_or_else(|| words.to_owned(), |(_, name)| (*name).to_owned()))
    }
}

/// Go's words for signals on Linux, and their names.
const SIGNALS: [(&str, &str); 16] = [
    ("aborted", "ABRT"),
    ("alarm clock", "ALRM"),
    ("bad system call", "SYS"),
    ("broken pipe", "PIPE"),
    ("bus error", "BUS"),
    ("CPU time limit exceeded", "XCPU"),
    ("file size limit exceeded", "XFSZ"),
    ("floating point exception", "FPE"),
    ("hangup", "HUP"),
    ("illegal instruction", "ILL"),
    ("interrupt", "INT"),
    ("killed", "KILL"),
    ("quit", "QUIT"),
    ("segmentation fault", "SEGV"),
    ("terminated", "TERM"),
    ("trace/breakpoint trap", "TRAP"),
];

#[derive(Deserialize)]
struct Message {
    event: Option<RawEvent>,
}

#[derive(Deserialize)]
struct RawEvent {
    start: Option<RawStart>,
    data: Option<RawData>,
    end: Option<Ended>,
}

#[derive(Deserialize)]
struct RawStart {
    #[serde(default)]
    pid: u64,
}

#[derive(Deserialize)]
struct RawData {
    stdout: Option<String>,
    stderr: Option<String>,
}

/// Reads one message of a process stream.
pub(crate) fn read(payload: &[u8]) -> Result<Event, String> {
    let message: Message = object(payload)
        .map_err(|why| format!("an event that is not JSON of the contract: {why}"))?;
    let Some(event) = message.event else {
        return Ok(Event::Other);
    };
    if let Some(start) = event.start {
        if start.pid == 0 {
            return Err("a process without a pid".to_owned());
        }
        return Ok(Event::Start { pid: start.pid });
    }
    if let Some(end) = event.end {
        if end.status.is_empty() {
            return Err("an end that does not say how it ended".to_owned());
        }
        return Ok(Event::End(end));
    }
    match event.data {
        Some(RawData {
            stdout: Some(text), ..
        }) => Ok(Event::Stdout(bytes(&text)?)),
        Some(RawData {
            stderr: Some(text), ..
        }) => Ok(Event::Stderr(bytes(&text)?)),
        _ => Ok(Event::Other),
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    STANDARD
        .decode(text)
        .map_err(|error| format!("output that is not base64: {error}"))
}

/// The error of a trailer, if it has one: code and message.
pub(crate) fn read_trailer(payload: &[u8]) -> Result<Option<RpcError>, String> {
    #[derive(Deserialize)]
    struct Trailer {
        error: Option<RpcError>,
    }
    object::<Trailer>(payload)
        .map(|trailer| trailer.error)
        .map_err(|why| format!("a trailer that is not JSON of the contract: {why}"))
}

/// Reads an object. A list of its values would be read as one too.
fn object<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    if !payload.trim_ascii_start().starts_with(b"{") {
        return Err("it is no object".to_owned());
    }
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}

/// A Connect error, of a trailer or of a unary call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RpcError {
    /// A code of the Connect protocol, e.g. `not_found`.
    pub(crate) code: String,
    /// The words.
    #[serde(default)]
    pub(crate) message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_envd_writes_them() {
        let check = |text: &str, event| assert_eq!(read(text.as_bytes()), Ok(event), "{text}");
        check(r#"{"event":{"start":{"pid":7}}}"#, Event::Start { pid: 7 });
        check(
            r#"{"event":{"data":{"stdout":"aGkK"}}}"#,
            Event::Stdout(b"hi\n".to_vec()),
        );
        check(
            r#"{"event":{"data":{"stderr":"/w=="}}}"#,
            Event::Stderr(vec![0xff]),
        );
        check(r#"{"event":{"keepalive":{}}}"#, Event::Other);
        check("{}", Event::Other);
        check(
            r#"{"event":{"end":{"exited":true,"status":"exit status 0"}}}"#,
            Event::End(Ended {
                exit_code: 0,
                status: "exit status 0".to_owned(),
            }),
        );
    }

    #[test]
    fn a_signal_is_named_only_when_the_words_name_it() {
        let check = |status: &str, signal: Option<&str>| {
            let ended = Ended {
                exit_code: -1,
                status: status.to_owned(),
            };
            assert_eq!(ended.signal().as_deref(), signal, "{status}");
        };
        check("signal: killed", Some("KILL"));
        check("signal: segmentation fault (core dumped)", Some("SEGV"));
        check("signal: signal 34", Some("signal 34"));
        check("exit status 137", None);
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        assert!(read(b"<html>").is_err());
        assert!(read(b"[null]").is_err());
        assert!(read(br#"{"event":{"start":{}}}"#).is_err());
        assert!(read(br#"{"event":{"end":{}}}"#).is_err());
        assert!(read(br#"{"event":{"end":{"status":"a","status":"b"}}}"#).is_err());
        assert!(read_trailer(b"[null]").is_err());
        assert!(read(br#"{"event":{"data":{"stdout":"%"}}}"#).is_err());
        assert!(read_trailer(b"").is_err());
    }
}
