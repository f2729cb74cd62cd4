//! The lines of a worker.

use std::io;

use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

/// Bytes of one line; the worker cuts what is printed far below it, an error's text it cannot cut.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// What a worker says, line by line.
pub(in crate::daytona) struct Lines {
    from: BufReader<Box<dyn AsyncRead + Send + Unpin>>,
    /// A line that has begun: what waits for the next one may be given up in between.
    held: Vec<u8>,
}

/// One line.
#[derive(Debug, PartialEq)]
pub(in crate::daytona) enum Line {
    /// To be passed on to the client.
    Said(Value),
    /// The order is done; whether it was interrupted.
    Done {
        interrupted: bool,
        /// The line, which a client gets as well.
        said: Value,
    },
}

impl Lines {
    pub(in crate::daytona) fn new(from: Box<dyn AsyncRead + Send + Unpin>) -> Self {
        Self {
            from: BufReader::new(from),
            held: Vec::new(),
        }
    }

    /// The next line; `None` when the worker is gone. Safe to drop at any await point.
    pub(in crate::daytona) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let room = LINE_BYTES_MAX.saturating_sub(self.held.len() as u64);
            let mut limited = (&mut self.from).take(room);
            limited.read_until(b'\n', &mut self.held).await?;
            if self.held.last() != Some(&b'\n') {
                let too_long = self.held.len() as u64 >= LINE_BYTES_MAX;
                return if too_long {
                    Err(io::ErrorKind::InvalidData.into())
                } else {
                    Ok(None)
                };
            }
            let line = std::mem::take(&mut self.held);
            // What is no message is passed over, as the daemon does.
            if let Some(line) = read(&line) {
                return Ok(Some(line));
            }
        }
    }
}

fn read(line: &[u8]) -> Option<Line> {
    let Value::Object(given) = serde_json::from_slice(line).ok()? else {
        return None;
    };
    let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut said = Map::new();
    said.insert("type".to_owned(), text("type").into());
    for name in ["text", "name", "value", "traceback"] {
        if !text(name).is_empty() {
            said.insert(name.to_owned(), text(name).into());
        }
    }
    let said = Value::Object(said);
    Some(match (text("type"), text("text")) {
        ("control", "completed") => Line::Done {
            interrupted: false,
            said,
        },
        ("control", "interrupted") => Line::Done {
            interrupted: true,
            said,
        },
        _ => Line::Said(said),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn lines_are_read_wherever_they_are_cut() {
        let said = "{\"type\":\"stdout\",\"text\":\"a\\n\"}\nnoise\n[1]\n\
                    {\"type\":\"control\",\"text\":\"interrupted\"}\n{\"type\"";
        let mut lines = Lines::new(Box::new(io::Cursor::new(said.as_bytes().to_vec())));
        let first = Line::Said(json!({"type": "stdout", "text": "a\n"}));
        assert_eq!(lines.next().await.unwrap(), Some(first));
        let done = Line::Done {
            interrupted: true,
            said: json!({"type": "control", "text": "interrupted"}),
        };
        assert_eq!(lines.next().await.unwrap(), Some(done));
        assert_eq!(lines.next().await.unwrap(), None);
        let endless = Box::new(io::Cursor::new(vec![b'x'; (4 << 20) + 1]));
        assert!(Lines::new(endless).next().await.is_err());
    }
}
