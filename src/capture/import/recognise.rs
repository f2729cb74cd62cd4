//! Which format a log has, and its calls.

use serde_json::Value;

use super::log::Log;
use super::mend::mend;
use super::{mini_swe_agent, opencode, openhands, simple, swe_agent};

/// What can be read, in words.
const KNOWN: &str = "lines of {\"tool\", \"arguments\", \"result\"}, JSON-RPC messages, opencode \
                     sessions, and trajectories of SWE-agent, mini-swe-agent and OpenHands";

const CUT: &str = "the log is cut here; what stands before it was read";
const NO_JSON: &str = "no JSON; the line was passed over";
const NO_TEXT: &str = "no text; the line was passed over";

/// Reads a log; `name` is for sessions that have none.
///
/// # Errors
/// Why nothing in it could be read, in one sentence.
pub(crate) fn read(bytes: &[u8], name: &str) -> Result<Log, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err("the log is empty".to_owned());
    }
    if bytes[..bytes.len().min(4096)].contains(&0) {
        return Err(format!(
            "the log is no text but binary data; known are {KNOWN}"
        ));
    }
    let whole = std::str::from_utf8(bytes).ok();
    let log = match whole.map(serde_json::from_str::<Value>) {
        Some(Ok(value)) => document(&value, name),
        Some(Err(error)) if error.is_eof() && !first_line_is_whole(bytes) => {
            cut(whole.unwrap_or_default(), name)
        }
        _ => lines(bytes, name),
    };
    let log = log.ok_or_else(|| format!("the log has no known format; known are {KNOWN}"))?;
    if log.count() == 0 {
        return Err(format!("{} without a call of a tool", log.format));
    }
    Ok(log)
}

fn first_line_is_whole(bytes: &[u8]) -> bool {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    serde_json::from_slice::<Value>(line).is_ok()
}

/// One JSON value, of which the end is missing.
fn cut(text: &str, name: &str) -> Option<Log> {
    let mended = mend(text)?;
    let value = serde_json::from_str::<Value>(&mended).ok()?;
    let mut log = document(&value, name)?;
    log.trouble(CUT, text.lines().count());
    Some(log)
}

/// One JSON value that is a log.
fn document(value: &Value, name: &str) -> Option<Log> {
    let has = |value: &Value, key: &str| value.get(key).is_some();
    let list = |key: &str| value.get(key).and_then(Value::as_array);
    if let Some(steps) = list("trajectory") {
        let is_step = steps.first().is_none_or(|step| has(step, "action"));
        return is_step.then(|| swe_agent::trajectory(value, name));
    }
    if let Some(history) = list("history") {
        let id = value
            .get("instance_id")
            .and_then(Value::as_str)
            .unwrap_or(name);
        return Some(openhands::events(history.iter(), id));
    }
    if let Some(messages) = list("messages") {
        return if messages.iter().any(|message| has(message, "parts")) {
            Some(opencode::export(value))
        } else if messages.iter().any(|message| has(message, "role")) {
            Some(mini_swe_agent::trajectory(value, name))
        } else {
            None
        };
    }
    match value {
        Value::Array(items) => {
            let first = items.iter().find(|item| !item.is_null())?;
            if has(first, "role") {
                return Some(mini_swe_agent::trajectory(value, name));
            }
            let numbered = items
                .iter()
                .cloned()
                .enumerate()
                .map(|(at, item)| (at + 1, item));
            together(numbered.collect(), name)
        }
        Value::Object(_) => together(vec![(1, value.clone())], name),
        _ => None,
    }
}

/// Lines of JSON.
fn lines(bytes: &[u8], name: &str) -> Option<Log> {
    let mut values = Vec::new();
    let mut trouble = Vec::new();
    let count = bytes.split(|byte| *byte == b'\n').count();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match (
            std::str::from_utf8(line),
            serde_json::from_slice::<Value>(line),
        ) {
            (_, Ok(value)) => values.push((index + 1, value)),
            // The last line has no end: whoever wrote it was stopped.
            (_, Err(error)) if index + 1 == count && error.is_eof() => {
                trouble.push((CUT, index + 1));
            }
            (Err(_), _) => trouble.push((NO_TEXT, index + 1)),
            _ => trouble.push((NO_JSON, index + 1)),
        }
    }
    let mut log = together(values, name)?;
    for (what, line) in trouble {
        log.trouble(what, line);
    }
    Some(log)
}

/// Values that are a log together, by the first one whose kind is known.
fn together(values: Vec<(usize, Value)>, name: &str) -> Option<Log> {
    let is_text = |value: &Value, key: &str| value.get(key).is_some_and(Value::is_string);
    let kind = values.iter().find_map(|(_, value)| {
        let rpc = |value: &Value| value.get("jsonrpc").is_some();
        if rpc(value) || value.get("message").is_some_and(rpc) {
            Some(Kind::Messages)
        } else if value.get("part").is_some() && is_text(value, "type") {
            Some(Kind::Opencode)
        } else if is_text(value, "tool") {
            Some(Kind::Simple)
        } else if is_text(value, "action") || is_text(value, "observation") {
            Some(Kind::Events)
        } else if let Some(pair) = value.as_array() {
            pair.iter()
                .any(|it| is_text(it, "action"))
                .then_some(Kind::Events)
        } else {
            let keys = ["trajectory", "history", "messages"];
            let has = keys
                .iter()
                .any(|key| value.get(*key).is_some_and(Value::is_array));
            has.then_some(Kind::Documents)
        }
    })?;
    match kind {
        Kind::Messages => Some(simple::messages(values)),
        Kind::Opencode => Some(opencode::stream(&values)),
        Kind::Simple => Some(simple::lines(values)),
        Kind::Events => Some(openhands::events(
            values.iter().map(|(_, value)| value),
            name,
        )),
        Kind::Documents => {
            let mut log: Option<Log> = None;
            for (line, value) in &values {
                match (document(value, &format!("{name}-{line}")), &mut log) {
                    (Some(one), Some(log)) => log.join(one),
                    (Some(one), none) => *none = Some(one),
                    (None, Some(log)) => {
                        log.trouble("no known format; the line was passed over", *line);
                    }
                    (None, None) => {}
                }
            }
            log
        }
    }
}

enum Kind {
    Messages,
    Opencode,
    Simple,
    Events,
    Documents,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::tool_use::ToolUse;

    fn calls(text: &str) -> (Log, Vec<ToolUse>) {
        let log = read(text.as_bytes(), "x").unwrap();
        let calls = log.sessions.values().flatten().cloned().collect();
        (log, calls)
    }

    fn told(calls: &[ToolUse]) -> Vec<String> {
        let told = calls.iter().map(|call| {
            let cmd = call
                .text("cmd")
                .or_else(|| call.text("path"))
                .unwrap_or_default();
            format!(
                "{} {cmd} = {}",
                call.tool,
                call.answer.shown().unwrap_or("-")
            )
        });
        told.collect()
    }

    #[test]
    fn every_format_is_recognised_from_its_content() {
        for (text, format, wanted) in [
            (
                "{\"tool\":\"execute\",\"arguments\":{\"cmd\":\"ls\"},\"result\":\"a\"}\n{\"tool\":\"bash\",\"arguments\":{\"command\":\"pwd\"}}\n",
                "lines of tool calls",
                vec!["execute ls = a", "execute pwd = -"],
            ),
            (
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"execute\",\"arguments\":{\"cmd\":\"ls\"}}}\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}}\n",
                "JSON-RPC messages",
                vec!["execute ls = a"],
            ),
            (
                r#"{"info":{"id":"ses_1"},"messages":[{"info":{},"parts":[{"type":"text"},{"type":"tool","tool":"bash","state":{"status":"completed","input":{"command":"ls"},"output":"a"}}]}]}"#,
                "an opencode session",
                vec!["execute ls = a"],
            ),
            (
                r#"{"environment":"swe","trajectory":[{"action":"ls\n","observation":"a"},{"action":"open f.py","observation":"b"},{"action":"","observation":""}]}"#,
                "a SWE-agent trajectory",
                vec!["execute ls = a", "open  = b"],
            ),
            (
                "{\"info\":{},\"messages\":[{\"role\":\"system\",\"content\":\"```bash\\nno\\n```\"},{\"role\":\"assistant\",\"content\":\"I look.\\n```bash\\nls\\n```\"},{\"role\":\"user\",\"content\":\"<returncode>0</returncode>\\n<output>\\na\\n</output>\"}]}",
                "a mini-swe-agent trajectory",
                vec!["execute ls = a\n"],
            ),
            (
                r#"{"messages":[{"role":"assistant","content":"","tool_calls":[{"id":"c1","function":{"name":"bash","arguments":"{\"command\":\"ls\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"a"}]}"#,
                "a mini-swe-agent trajectory",
                vec!["execute ls = a"],
            ),
            (
                r#"[{"id":1,"action":"message","args":{}},{"id":2,"action":"run","args":{"command":"ls"}},{"observation":"run","cause":2,"content":"a"},{"id":4,"action":"edit","args":{}}]"#,
                "OpenHands events",
                vec!["execute ls = a", "edit  = -"],
            ),
            (
                "{\"instance_id\":\"i\",\"history\":[[{\"action\":\"run\",\"args\":{\"command\":\"ls\"}},{\"observation\":\"run\",\"content\":\"a\"}]]}\n{\"instance_id\":\"j\",\"history\":[]}\n",
                "OpenHands events",
                vec!["execute ls = a"],
            ),
        ] {
            let (log, calls) = calls(text);
            assert_eq!(log.format, format);
            assert_eq!(told(&calls), wanted, "{format}");
        }
    }

    #[test]
    fn a_cut_log_is_read_to_the_cut() {
        let line = "{\"tool\":\"execute\",\"arguments\":{\"cmd\":\"ls\"}}\n";
        let (log, seen) = calls(&format!("{line}{line}{}", &line[..20]));
        assert_eq!(seen.len(), 2);
        assert_eq!(
            log.told(),
            ["line 3: the log is cut here; what stands before it was read"]
        );
        let whole = r#"{"trajectory":[{"action":"a","observation":"1"},{"action":"b","observation":"2"},{"action":"c"#;
        let (log, seen) = calls(whole);
        assert_eq!(seen.len(), 2);
        assert_eq!(log.trouble.len(), 1);
        let (log, seen) = calls(&format!("{line}rubbish\n{line}"));
        assert_eq!((seen.len(), log.told().len()), (2, 1));
    }

    #[test]
    fn what_is_no_log_is_told_in_one_sentence() {
        for (bytes, told) in [
            (&b" \n"[..], "is empty"),
            (b"\x7fELF\0\0", "binary"),
            (b"hello\nworld\n", "SWE-agent"),
            (b"{\"a\":1}\n", "no known format"),
            (b"[]", "no known format"),
            (b"{", "no known format"),
            (b"\xff\xfe\xfd", "no known format"),
            (b"{\"trajectory\":[]}", "without a call"),
            (
                b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
                "without a call",
            ),
        ] {
            let error = read(bytes, "x").unwrap_err();
            assert!(error.contains(told), "{error}");
            assert!(!error.contains('\n'));
        }
    }

    /// Small logs in every format.
    const SAMPLES: [&str; 6] = [
        include_str!("../../../tests/logs/calls.jsonl"),
        include_str!("../../../tests/logs/messages.jsonl"),
        include_str!("../../../tests/logs/opencode.json"),
        include_str!("../../../tests/logs/swe-agent.traj"),
        include_str!("../../../tests/logs/mini-swe-agent.traj.json"),
        include_str!("../../../tests/logs/openhands.json"),
    ];

    #[test]
    fn whatever_became_of_a_log_it_is_read_or_refused() {
        use crate::capture::story::{Source, tell};
        let (mut read_whole, mut number) = (0, 7_u32);
        for sample in SAMPLES {
            for cut in (0..sample.len()).step_by(37) {
                let mut bytes = sample.as_bytes()[..cut].to_vec();
                for _ in 0..cut % 4 {
                    number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let at = number as usize % bytes.len().max(1);
                    let by = [b'"', b'\\', b'{', b'\n', 0xff, b'`', b'$', b'(']
                        [number as usize >> 8 & 7];
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = by;
                    }
                }
                let Ok(log) = read(&bytes, "x") else {
                    continue;
                };
                for calls in log.sessions.values() {
                    let story = tell(calls, &Source::default());
                    assert_eq!(story.fates.len(), calls.len());
                    assert_eq!(story.tally.calls, calls.len());
                    if let Some(text) = story.text {
                        crate::scenario::yaml::from_str::<Value>(&text).unwrap();
                        read_whole += 1;
                    }
                }
            }
        }
        assert!(read_whole > 50, "{read_whole}");
    }
}
