//! How a process ended, in the words of Go's `ProcessState` (contract 5.4).

use serde_json::{Map, Value, json};

use crate::engine::ExitStatus;

/// The `end` event of a process; zero values are left out, as envd does.
pub(crate) fn end_event(status: ExitStatus) -> Value {
    let text = text(status);
    let (code, exited) = match status {
        ExitStatus::Code(code) => (code, true),
        ExitStatus::Signal { .. } => (-1, false),
    };
    let mut end = Map::new();
    if code != 0 {
        end.insert("exitCode".to_owned(), json!(code));
    }
    if exited {
        end.insert("exited".to_owned(), json!(true));
    }
    end.insert("status".to_owned(), json!(text));
    if code != 0 {
        end.insert("error".to_owned(), json!(text));
    }
    Value::Object(end)
}

/// Go's `ProcessState.String`.
pub(crate) fn text(status: ExitStatus) -> String {
    match status {
        ExitStatus::Code(code) => format!("exit status {code}"),
        ExitStatus::Signal { signal, core } => {
            let dumped = if core { " (core dumped)" } else { "" };
            format!("signal: {}{dumped}", signal_text(signal))
        }
    }
}

/// Go's name of a signal on Linux.
fn signal_text(signal: i32) -> String {
    const NAMES: [&str; 31] = [
        "hangup",
        "interrupt",
        "quit",
        "illegal instruction",
        "trace/breakpoint trap",
        "aborted",
        "bus error",
        "floating point exception",
        "killed",
        "user defined signal 1",
        "segmentation fault",
        "user defined signal 2",
        "broken pipe",
        "alarm clock",
        "terminated",
        "stack fault",
        "child exited",
        "continued",
        "stopped (signal)",
        "stopped",
        "stopped (tty input)",
        "stopped (tty output)",
        "urgent I/O condition",
        "CPU time limit exceeded",
        "file size limit exceeded",
        "virtual timer expired",
        "profiling timer expired",
        "window changed",
        "I/O possible",
        "power failure",
        "bad system call",
    ];
    usize::try_from(signal - 1)
        .ok()
        .and_then(|index| NAMES.get(index))
        .map_or_else(|| format!("signal {signal}"), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_read_as_envd_writes_them() {
        let signal = |signal, core| ExitStatus::Signal { signal, core };
        for (status, expected) in [
            (
                ExitStatus::Code(0),
                json!({"exited": true, "status": "exit status 0"}),
            ),
            (
                ExitStatus::Code(3),
                json!({"exitCode": 3, "exited": true, "status": "exit status 3", "error": "exit status 3"}),
            ),
            (
                signal(9, false),
                json!({"exitCode": -1, "status": "signal: killed", "error": "signal: killed"}),
            ),
            (
                signal(11, true),
                json!({"exitCode": -1, "status": "signal: segmentation fault (core dumped)", "error": "signal: segmentation fault (core dumped)"}),
            ),
        ] {
            assert_eq!(end_event(status), expected);
        }
        assert_eq!(signal_text(15), "terminated");
        assert_eq!(signal_text(31), "bad system call");
        assert_eq!(signal_text(40), "signal 40");
    }
}
