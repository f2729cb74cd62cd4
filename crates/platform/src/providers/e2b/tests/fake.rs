//! An E2B with one sandbox, whose commands really run, on this machine.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutover_base::fixes::Fixes;
use cutover_base::secret::Secret;
use cutover_js::{Value, json};
use cutover_sdk::Ignore;
use golden::{Answer, Heard, Server};

use crate::providers::e2b::E2b;
use crate::providers::means::Means;
use crate::settings::{Settings, Variables};

/// The account, and what it did.
pub(super) struct Fake {
    pub(super) e2b: E2b,
    state: Arc<Mutex<State>>,
    _server: Server,
}

/// What the sandbox is like, to be changed by tests.
pub(super) struct State {
    /// What was asked, in order.
    pub(super) calls: Vec<String>,
    /// What the control plane says of the sandbox.
    pub(super) info: Answer,
    /// What comes of making a sandbox.
    pub(super) created: Answer,
    /// What is there with a label.
    pub(super) labelled: Answer,
    /// What comes in place of running commands whose line has this in it.
    pub(super) scripted: Option<(&'static str, Answer)>,
    /// What comes of writing files, if it does not work.
    pub(super) unwritable: bool,
    /// Files by path: what is told of them, and their content.
    pub(super) files: BTreeMap<String, (String, Vec<u8>)>,
}

impl Fake {
    pub(super) async fn new(fixes: Fixes) -> Self {
        let state = Arc::new(Mutex::new(State {
            calls: Vec::new(),
            info: json_answer(200, r#"{"sandboxID":"abc","state":"running"}"#),
            created: json_answer(201, r#"{"sandboxID":"abc","envdVersion":"0.2.0"}"#),
            labelled: json_answer(200, "[]"),
            scripted: None,
            unwritable: false,
            files: BTreeMap::new(),
        }));
        let shared = Arc::clone(&state);
        let server = Server::start(move |heard| shared.lock().unwrap().answer(&heard)).await;
        let url = format!("http://{}", server.address);
        let set = [
            ("MASTER_KEY", "sk-master-0"),
            ("DATABASE_URL", "x"),
            ("E2B_API_URL", url.as_str()),
            ("E2B_SANDBOX_URL", url.as_str()),
        ];
        let variables: Variables = set
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let means = Means {
            fixes,
            labels: [("run".to_owned(), "r1".to_owned())].into_iter().collect(),
            observer: Arc::new(Ignore),
            variables: variables.clone(),
        };
        let settings = Settings::read(&variables).unwrap();
        let key = Secret::new("E2B_API_KEY", "key");
        Self {
            e2b: E2b::new(key, &settings, &means).unwrap(),
            state,
            _server: server,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What was asked since this was last asked.
    pub(super) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// Puts a file there.
    pub(super) fn put(&self, path: &str, told: &str, content: &[u8]) {
        let file = (told.to_owned(), content.to_vec());
        self.state().files.insert(path.to_owned(), file);
    }
}

impl State {
    fn answer(&mut self, heard: &Heard) -> Answer {
        let (method, url) = (heard.word(0), heard.word(1));
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let body = String::from_utf8_lossy(&heard.body).into_owned();
        match (method, path) {
            ("POST", "/sandboxes") => {
                self.calls.push(format!("create {body}"));
                self.created.clone()
            }
            ("GET", "/v2/sandboxes") => {
                self.calls.push(format!("list {query}"));
                self.labelled.clone()
            }
            ("GET", "/sandboxes/abc") => {
                self.calls.push("info".to_owned());
                self.info.clone()
            }
            ("POST", "/sandboxes/abc/timeout") => {
                self.calls.push(format!("extend {body}"));
                json_answer(204, "")
            }
            ("DELETE", "/sandboxes/abc") => {
                self.calls.push("kill".to_owned());
                json_answer(204, "")
            }
            ("POST", "/process.Process/Start") => self.run(&heard.body[5..]),
            ("POST", "/filesystem.Filesystem/Stat") => self.stat(&body),
            ("POST", "/files") => self.write(query, &body),
            ("GET", "/files") => self.read(query),
            other => panic!("nobody asks for {other:?}"),
        }
    }

    fn run(&mut self, body: &[u8]) -> Answer {
        let told = json::parse(body).unwrap();
        let Some(Value::Array(args)) = told.get("process").and_then(|it| it.get("args")) else {
            panic!("no arguments");
        };
        let args: Vec<_> = args
            .iter()
            .map(|it| it.to_js_string().to_string())
            .collect();
        let shown: String = args.join(" ").chars().take(200).collect();
        self.calls.push(format!("run {shown}"));
        if let Some((part, answer)) = &self.scripted
            && shown.contains(part)
        {
            return answer.clone();
        }
        let mut bash = Command::new("/bin/bash");
        // This machine's profile is none of the tests' concern.
        let args = args.iter().filter(|it| *it != "-l");
        let ran = bash.args(args).stdin(Stdio::null()).output().unwrap();
        let (code, error) = match (ran.status.code(), ran.status.signal()) {
            (Some(code), _) => (code, format!("exit status {code}")),
            (None, Some(15)) => (-1, "signal: terminated".to_owned()),
            (None, _) => (-1, "signal: killed".to_owned()),
        };
        let end = match code {
            0 => r#"{"exited":true}"#.to_owned(),
            code => format!(r#"{{"exitCode":{code},"error":"{error}"}}"#),
        };
        let end = format!(r#"{{"event":{{"end":{end}}}}}"#);
        stream(&[
            out("stdout", &ran.stdout),
            out("stderr", &ran.stderr),
            envelope(0, &end),
            envelope(2, "{}"),
        ])
    }

    fn stat(&mut self, body: &str) -> Answer {
        let told = json::parse(body.as_bytes()).unwrap();
        let path = told.get("path").unwrap().to_js_string().to_string();
        self.calls.push(format!("stat {path}"));
        match self.files.get(&path) {
            Some((told, _)) => json_answer(200, &format!(r#"{{"entry":{told}}}"#)),
            None => json_answer(404, r#"{"code":"not_found","message":"m"}"#),
        }
    }

    fn write(&mut self, query: &str, body: &str) -> Answer {
        let path = path_of(query);
        let shown = path.split_once("command-").map_or(path.as_str(), |it| it.0);
        self.calls.push(format!("write {shown}"));
        if self.unwritable {
            return json_answer(500, r#"{"message":"disk"}"#);
        }
        let content = body.split_once("\r\n\r\n").unwrap().1;
        let content = content.rsplit_once("\r\n--").unwrap().0;
        if path.contains("command-") {
            std::fs::write(&path, content).unwrap();
        }
        self.files
            .insert(path, (String::new(), content.as_bytes().to_vec()));
        json_answer(200, "[{}]")
    }

    fn read(&mut self, query: &str) -> Answer {
        let path = path_of(query);
        self.calls.push(format!("read {path}"));
        match self.files.get(&path) {
            Some((_, content)) => Answer::Whole {
                status: 200,
                headers: Vec::new(),
                body: content.clone(),
            },
            None if path.contains("404") => json_answer(404, r#"{"message":"404: no such thing"}"#),
            None => json_answer(404, r#"{"message":"no such thing"}"#),
        }
    }
}

fn path_of(query: &str) -> String {
    let path = query.strip_prefix("path=").unwrap();
    let path = path.strip_suffix("&username=user").unwrap();
    let path = percent_encoding::percent_decode_str(path);
    path.decode_utf8().unwrap().into_owned()
}

/// An answer of JSON.
pub(super) fn json_answer(status: u16, body: &str) -> Answer {
    Answer::Whole {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

/// A stream of a process that has started.
pub(super) fn stream(frames: &[Vec<u8>]) -> Answer {
    let start = envelope(0, r#"{"event":{"start":{"pid":1}}}"#);
    let kind = "application/connect+json".to_owned();
    Answer::Whole {
        status: 200,
        headers: vec![("content-type".to_owned(), kind)],
        body: [start, frames.concat()].concat(),
    }
}

/// A piece of output.
pub(super) fn out(stream: &str, bytes: &[u8]) -> Vec<u8> {
    let bytes = STANDARD.encode(bytes);
    envelope(
        0,
        &format!(r#"{{"event":{{"data":{{"{stream}":"{bytes}"}}}}}}"#),
    )
}

/// A message of a stream.
pub(super) fn envelope(flags: u8, content: &str) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    [&[flags], &length.to_be_bytes()[..], content.as_bytes()].concat()
}

/// Fixes by id.
pub(super) fn only(ids: &[&str]) -> Fixes {
    Fixes::only(ids.iter().map(|id| (*id).to_owned()))
}
