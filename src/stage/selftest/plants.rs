//! The plants: each kind of difference, each field, and the noise that must stay silent.

use std::sync::Arc;

use cutover_standin::fault::Tamper;
use serde_json::{Value, json};

use crate::call::Provider;
use crate::stage::selftest::wire::{Change, Content, ExitCodeIsPid, Flicker, Message, Output, Set};
use crate::stage::selftest::{Expected, Plant};

const START: &str = "/process.Process/Start";
const STAT: &str = "/filesystem.Filesystem/Stat";
const LIST: &str = "/filesystem.Filesystem/ListDir";
const EXECUTE: &str = "/process/execute";

/// Every plant.
pub fn plants() -> Vec<Plant> {
    let mut plants = Vec::new();
    plants.extend(outputs());
    plants.extend(exits());
    plants.extend(files());
    plants.extend(identities());
    plants.extend(noise());
    plants
}

fn plant(
    name: &'static str,
    provider: Provider,
    steps: &str,
    tamper: impl Tamper + 'static,
) -> Plant {
    Plant {
        name,
        provider,
        scenario: scenario(steps),
        tamper: Some(Arc::new(tamper)),
        expected: Expected::Divergence,
    }
}

fn silent(name: &'static str, provider: Provider, steps: &str) -> Plant {
    Plant {
        name,
        provider,
        scenario: scenario(steps),
        tamper: None,
        expected: Expected::Nothing,
    }
}

fn scenario(steps: &str) -> String {
    format!("why: A plant of the self-test.\nsteps:\n{steps}")
}

/// Each provider's output path, and each way in which text can be wrong.
fn outputs() -> Vec<Plant> {
    // The program writes once, so that the wire carries it in one message.
    let lines = "  - execute: '/usr/bin/printf \"one\\ntwo\\nthree\\n\"'\n";
    let changes: [(&str, &str, Change); 6] = [
        ("lost-newline", "lost-newline-daytona", |mut bytes| {
            bytes.pop();
            bytes
        }),
        ("reordered-lines", "reordered-lines-daytona", |bytes| {
            let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
            lines.reverse();
            lines.concat()
        }),
        ("changed-byte", "changed-byte-daytona", |mut bytes| {
            if let Some(first) = bytes.first_mut() {
                *first = b'O';
            }
            bytes
        }),
        ("added-line", "added-line-daytona", |mut bytes| {
            bytes.extend_from_slice(b"four\n");
            bytes
        }),
        ("trailing-space", "trailing-space-daytona", |mut bytes| {
            bytes.pop();
            bytes.extend_from_slice(b" \n");
            bytes
        }),
        ("carriage-returns", "carriage-returns-daytona", |bytes| {
            String::from_utf8_lossy(&bytes)
                .replace('\n', "\r\n")
                .into_bytes()
        }),
    ];
    let mut plants: Vec<Plant> = changes
        .into_iter()
        .flat_map(|(e2b, daytona, change)| {
            [
                plant(e2b, Provider::E2b, lines, Output(change)),
                plant(daytona, Provider::Daytona, lines, Output(change)),
            ]
        })
        .collect();
    plants.push(plant(
        "stream-exchanged",
        Provider::E2b,
        "  - execute: 'echo here'\n",
        Message {
            route: START,
            change: exchange_streams,
        },
    ));
    plants.push(Plant {
        expected: Expected::UnstableTarget,
        ..plant(
            "flickering-side",
            Provider::E2b,
            "  - execute: 'echo steady'\n",
            Flicker::default(),
        )
    });
    plants
}

/// One field of one message, set to a value that is wrong.
type SetRow = (
    &'static str,
    Provider,
    &'static str,
    &'static str,
    &'static str,
    Value,
);

fn set_plants(rows: Vec<SetRow>) -> Vec<Plant> {
    rows.into_iter()
        .map(|(name, provider, steps, route, pointer, value)| {
            plant(
                name,
                provider,
                steps,
                Set {
                    route,
                    pointer,
                    value,
                },
            )
        })
        .collect()
}

fn exits() -> Vec<Plant> {
    let fails = "  - execute: 'exit 3'\n";
    let killed = "  - execute: 'kill -9 $$'\n";
    let end = "/event/end/exitCode";
    let status = "/event/end/status";
    let mut plants = set_plants(vec![
        ("exit-code", Provider::E2b, fails, START, end, json!(4)),
        (
            "exit-code-daytona",
            Provider::Daytona,
            fails,
            EXECUTE,
            "/exitCode",
            json!(4),
        ),
        (
            "exit-code-minus-one",
            Provider::Daytona,
            fails,
            EXECUTE,
            "/exitCode",
            json!(-1),
        ),
        (
            "signal",
            Provider::E2b,
            killed,
            START,
            status,
            json!("signal: terminated"),
        ),
    ]);
    // The exit code equals the process id: a rule that erased pids everywhere would hide it. The
    // command's own exit code is one that no process id of a fresh sandbox is.
    plants.push(plant(
        "exit-code-equal-to-a-pid",
        Provider::E2b,
        "  - execute: 'exit 200'\n",
        ExitCodeIsPid::default(),
    ));
    plants
}

fn files() -> Vec<Plant> {
    let stat = "  - write_file: { path: /home/user/f, data: { text: hello } }\n  \
                - stat_file: { path: /home/user/f }\n";
    let list = "  - execute: 'mkdir d; echo a > d/a; echo b > d/b'\n  \
                - list_files: { path: /home/user/d }\n";
    let read = "  - write_file: { path: /home/user/f, data: { text: hello } }\n  \
                - read_file: /home/user/f\n";
    let mtime = "  - execute: 'touch -d 2024-02-03T04:05:06Z f'\n  \
                 - stat_file: { path: /home/user/f }\n    \
                 compare: { \"$.entries[0].mtime\": exact }\n";
    // One status, code and form have several classes: the words of the operating system tell which.
    let below_a_file = "  - write_file: { path: /home/user/f, data: hello }\n  \
                        - stat_file: { path: /home/user/f/x }\n";
    let denied = json!("error getting file info: lstat /home/user/f/x: permission denied");
    let (e2b, directory) = (Provider::E2b, json!("FILE_TYPE_DIRECTORY"));
    let a_day_later = json!("2024-02-04T04:05:06Z");
    let mut plants = set_plants(vec![
        ("file-size", e2b, stat, STAT, "/entry/size", json!("6")),
        ("file-kind", e2b, stat, STAT, "/entry/type", directory),
        (
            "renamed-entry",
            e2b,
            list,
            LIST,
            "/entries/0/name",
            json!("c"),
        ),
        (
            "mtime-a-day-off",
            e2b,
            mtime,
            STAT,
            "/entry/modifiedTime",
            a_day_later,
        ),
        ("failure-class", e2b, below_a_file, STAT, "/message", denied),
    ]);
    plants.push(plant(
        "file-content",
        e2b,
        read,
        Content(|body| body.push(b'!')),
    ));
    plants.push(plant(
        "missing-entry",
        e2b,
        list,
        Message {
            route: LIST,
            change: drop_entry,
        },
    ));
    plants
}

/// An id swapped between two sandboxes: equal to the eye of a rule that erases ids, and wrong.
fn identities() -> Vec<Plant> {
    let steps = "  - provision: { name: main }\n  \
                 - provision: { name: other }\n  \
                 - execute: 'echo ${{ sandbox.main }} ${{ sandbox.other }}'\n";
    vec![plant(
        "swapped-ids",
        Provider::E2b,
        steps,
        Output(|bytes| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let mut words: Vec<&str> = text.split_whitespace().collect();
            words.reverse();
            format!("{}\n", words.join(" ")).into_bytes()
        }),
    )]
}

/// What differs between any two runs and means nothing.
fn noise() -> Vec<Plant> {
    let id = "  - execute: 'echo ${{ sandbox.main }}'\n";
    let time = "  - execute: 'date -u +%Y-%m-%dT%H:%M:%S.%NZ'\n";
    let pid = "  - start_background: { as: p, cmd: 'true' }\n  - wait: { process: p }\n";
    let stepped = "  - execute: 'echo pid $$ port $((40000 + RANDOM % 1000))'\n    \
                   normalise:\n      \
                   - { field: output, pattern: 'pid (\\d+)', as: pid, why: pids differ }\n      \
                   - { field: output, pattern: 'port (\\d+)', as: port, why: ports differ }\n      \
                   - { field: stdout, pattern: 'pid (\\d+)', as: pid, why: pids differ }\n      \
                   - { field: stdout, pattern: 'port (\\d+)', as: port, why: ports differ }\n";
    vec![
        silent("noise-sandbox-id", Provider::E2b, id),
        silent("noise-sandbox-id-daytona", Provider::Daytona, id),
        silent("noise-time", Provider::E2b, time),
        silent("noise-time-daytona", Provider::Daytona, time),
        silent("noise-pid", Provider::E2b, pid),
        silent("noise-pid-and-port-in-text", Provider::E2b, stepped),
    ]
}

fn drop_entry(message: &mut Value) {
    if let Some(Value::Array(entries)) = message.get_mut("entries") {
        entries.pop();
    }
}

fn exchange_streams(message: &mut Value) {
    let Some(Value::Object(data)) = message.pointer_mut("/event/data") else {
        return;
    };
    if let Some(bytes) = data.remove("stdout") {
        data.insert("stderr".to_owned(), bytes);
    }
}
