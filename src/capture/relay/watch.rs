//! The calls of tools in the messages of both directions.

use std::collections::HashMap;

use serde_json::Value;

use super::lines::{Line, Lines};
use crate::capture::tool_use::{Answer, ToolUse};

/// Calls that are kept; what comes behind them is counted.
const CALLS_MAX: usize = 2000;

/// Bytes of calls and answers that are kept.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Seen {
    /// The calls in the order in which they were sent.
    pub(crate) calls: Vec<ToolUse>,
    /// Calls that were too long to read.
    pub(crate) too_long: usize,
    /// Calls that could not be read.
    pub(crate) unreadable: usize,
    /// Calls behind the last one that is kept.
    pub(crate) behind: usize,
}

impl Seen {
    /// Calls in all.
    pub(crate) const fn count(&self) -> usize {
        self.calls.len() + self.too_long + self.unreadable + self.behind
    }
}

/// Reads along.
#[derive(Debug)]
pub(crate) struct Watch {
    seen: Seen,
    calls_max: usize,
    bytes_max: usize,
    /// Bytes that the calls take.
    bytes: usize,
    /// Calls without an answer, by the ids of their messages.
    waiting: HashMap<String, usize>,
    from_host: Lines,
    from_server: Lines,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            seen: Seen::default(),
            calls_max: CALLS_MAX,
            bytes_max: BYTES_MAX,
            bytes: 0,
            waiting: HashMap::new(),
            from_host: Lines::default(),
            from_server: Lines::default(),
        }
    }
}

impl Watch {
    /// For messages of a log, which is in memory already: all are kept.
    pub(crate) fn of_a_log() -> Self {
        Self {
            calls_max: usize::MAX,
            bytes_max: usize::MAX,
            ..Self::default()
        }
    }

    /// Takes a message of either direction.
    pub(crate) fn message(&mut self, message: Value) {
        match message {
            Value::Array(batch) => batch.into_iter().for_each(|it| self.message(it)),
            message if message.get("method").is_some() => self.call(message),
            message => self.answer(&message),
        }
    }

    /// Takes bytes that go from the host to the server.
    pub(crate) fn host_sent(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.from_host);
        lines.push(bytes, |line| self.asked(&line));
        self.from_host = lines;
    }

    /// Takes bytes that go from the server to the host.
    pub(crate) fn server_sent(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.from_server);
        lines.push(bytes, |line| self.answered(&line));
        self.from_server = lines;
    }

    /// What was seen until now, with last lines that have no end.
    pub(crate) fn finish(mut self) -> Seen {
        let mut lines = std::mem::take(&mut self.from_host);
        lines.finish(|line| self.asked(&line));
        let mut lines = std::mem::take(&mut self.from_server);
        lines.finish(|line| self.answered(&line));
        self.seen
    }

    fn asked(&mut self, line: &Line<'_>) {
        let bytes = match line {
            Line::Whole(bytes) => *bytes,
            Line::Cut { head, .. } => {
                self.seen.too_long += usize::from(is_call(head));
                return;
            }
        };
        match serde_json::from_slice(bytes) {
            Ok(Value::Array(batch)) => batch.into_iter().for_each(|it| self.call(it)),
            Ok(message) => self.call(message),
            Err(_) => self.seen.unreadable += usize::from(is_call(bytes)),
        }
    }

    fn call(&mut self, mut message: Value) {
        if message.get("method").and_then(Value::as_str) != Some("tools/call") {
            return;
        }
        let Some(id) = message
            .get("id")
            .filter(|id| !id.is_null())
            .map(Value::to_string)
        else {
            return;
        };
        let mut params = message
            .get_mut("params")
            .map(Value::take)
            .unwrap_or_default();
        let Some(tool) = params
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_owned)
        else {
            self.seen.unreadable += 1;
            return;
        };
        let call = ToolUse {
            tool,
            arguments: params.get_mut("arguments").map(Value::take),
            answer: Answer::Missing,
            overlaps: !self.waiting.is_empty(),
        };
        let bytes = call.bytes();
        if self.seen.calls.len() >= self.calls_max || self.bytes + bytes > self.bytes_max {
            self.seen.behind += 1;
            return;
        }
        self.bytes += bytes;
        self.waiting.insert(id, self.seen.calls.len());
        self.seen.calls.push(call);
    }

    fn answered(&mut self, line: &Line<'_>) {
        match line {
            Line::Whole(bytes) => match serde_json::from_slice(bytes) {
                Ok(Value::Array(batch)) => batch.iter().for_each(|it| self.answer(it)),
                Ok(message) => self.answer(&message),
                Err(_) => self.not_kept(bytes, bytes),
            },
            Line::Cut { head, tail } => self.not_kept(head, tail),
        }
    }

    fn answer(&mut self, message: &Value) {
        let id = message.get("id").map(Value::to_string);
        if message.get("method").is_some() {
            return;
        }
        let Some(index) = id.and_then(|id| self.waiting.remove(&id)) else {
            return;
        };
        let mut answer = read(message);
        let bytes = answer.shown().map_or(0, str::len);
        if self.bytes + bytes > self.bytes_max {
            answer = Answer::NotKept;
        } else {
            self.bytes += bytes;
        }
        if let Some(call) = self.seen.calls.get_mut(index) {
            call.answer = answer;
        }
    }

    /// An answer that cannot be read: whose it is stands at its beginning or at its end.
    fn not_kept(&mut self, head: &[u8], tail: &[u8]) {
        let head = String::from_utf8_lossy(&head[..head.len().min(256)]);
        let tail = String::from_utf8_lossy(&tail[tail.len().saturating_sub(256)..]);
        let has = |id: &&String| {
            [format!("\"id\":{id}"), format!("\"id\": {id}")]
                .iter()
                .any(|key| {
                    [&head, &tail].iter().any(|text| {
                        let behind = text
                            .find(key)
                            .and_then(|at| text[at + key.len()..].chars().next());
                        behind.is_some_and(|c| matches!(c, ',' | '}' | ' '))
                    })
                })
        };
        let Some(id) = self.waiting.keys().find(has).cloned() else {
            return;
        };
        if let Some(call) = self
            .waiting
            .remove(&id)
            .and_then(|at| self.seen.calls.get_mut(at))
        {
            call.answer = Answer::NotKept;
        }
    }
}

/// The answer in a message.
pub(crate) fn read(message: &Value) -> Answer {
    if let Some(error) = message.get("error") {
        let told = error.get("message").and_then(Value::as_str);
        return Answer::Refused(told.unwrap_or_default().to_owned());
    }
    let Some(result) = message.get("result") else {
        return Answer::NotKept;
    };
    let is_error = result.get("isError").and_then(Value::as_bool);
    let parts = result.get("content").and_then(Value::as_array);
    let text = |part: &Value| part.get("text").and_then(Value::as_str).map(str::to_owned);
    match parts.map(Vec::as_slice) {
        Some([only]) => {
            let text = text(only).unwrap_or_else(|| only.to_string());
            Answer::text(&text, is_error)
        }
        None | Some([]) => Answer::text("", is_error),
        Some(parts) => Answer::text(&Value::from(parts.to_vec()).to_string(), is_error),
    }
}

/// Whether what cannot be read calls a tool, by its looks.
fn is_call(bytes: &[u8]) -> bool {
    let wanted = b"\"tools/call\"";
    bytes.windows(wanted.len()).any(|part| part == wanted)
}

#[cfg(test)]
mod tests {
    use super::super::lines::LINE_BYTES_MAX;
    use super::*;

    fn call(id: &str, cmd: &str) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"execute","arguments":{{"cmd":"{cmd}"}}}}}}"#
        ) + "\n"
    }

    fn answer(id: &str, text: &str) -> String {
        format!(
            r#"{{"result":{{"content":[{{"type":"text","text":"{text}"}}]}},"jsonrpc":"2.0","id":{id}}}"#
        ) + "\n"
    }

    #[test]
    fn answers_find_their_calls() {
        let mut watch = Watch::default();
        watch.host_sent(b"{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\"}\nrubbish\n\n");
        watch.host_sent(call("1", "a").as_bytes());
        watch.host_sent(call("\"1\"", "b").as_bytes());
        watch.server_sent(answer("\"1\"", "of b").as_bytes());
        // A question of the server has ids of its own.
        watch.server_sent(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n");
        watch.server_sent(answer("1", "of a").as_bytes());
        watch.host_sent(call("1", "c").as_bytes());
        watch.server_sent(b"{\"id\":1,\"error\":{\"code\":1,\"message\":\"no\"}}\n");
        watch.host_sent(call("2", "d").as_bytes());
        let seen = watch.finish();
        let answers: Vec<Option<&str>> = seen.calls.iter().map(|it| it.answer.shown()).collect();
        assert_eq!(answers, [Some("of a"), Some("of b"), None, None]);
        assert_eq!(seen.calls[2].answer, Answer::Refused("no".to_owned()));
        assert_eq!(seen.calls[3].answer, Answer::Missing);
        let overlaps: Vec<bool> = seen.calls.iter().map(|it| it.overlaps).collect();
        assert_eq!(overlaps, [false, true, false, false]);
    }

    #[test]
    fn what_is_too_long_is_counted() {
        let mut watch = Watch::default();
        watch.host_sent(call("1", &"x".repeat(LINE_BYTES_MAX)).as_bytes());
        watch.host_sent(call("2", "a").as_bytes());
        watch.server_sent(answer("2", &"y".repeat(LINE_BYTES_MAX)).as_bytes());
        watch.host_sent(b"{\"method\":\"tools/call\",\"params\":{\"a\":\"\\ud800\"\n");
        let seen = watch.finish();
        assert_eq!(
            (seen.too_long, seen.unreadable, seen.calls.len()),
            (1, 1, 1)
        );
        assert_eq!(seen.calls[0].answer, Answer::NotKept);
        assert_eq!(seen.count(), 3);
    }

    #[test]
    fn many_calls_are_counted_and_not_kept() {
        let mut watch = Watch::default();
        for id in 0..CALLS_MAX + 10 {
            watch.host_sent(call(&id.to_string(), "a").as_bytes());
        }
        assert_eq!(watch.waiting.len(), CALLS_MAX);
        let seen = watch.finish();
        assert_eq!((seen.calls.len(), seen.behind), (CALLS_MAX, 10));
    }
}
