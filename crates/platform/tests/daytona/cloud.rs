//! A cloud of one sandbox: control plane, proxy and daemon in one.

use std::sync::{Arc, Mutex, OnceLock};

use cutover_js::{Value, json};
use golden::{Answer, Heard, Server};

/// What a request is answered with instead of what it would be.
struct Rule {
    method: &'static str,
    /// What its path ends with.
    path: String,
    answer: Answer,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    heard: Vec<(String, String)>,
    /// The state of the sandbox that was made; none before that.
    sandbox: Option<String>,
    files: Vec<(String, Vec<u8>)>,
    outcome: Option<(String, String)>,
    listed: Option<Answer>,
}

/// The cloud, until it is dropped.
pub(crate) struct Cloud {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let address = Arc::new(OnceLock::<String>::new());
        let (shared, known) = (Arc::clone(&state), Arc::clone(&address));
        let server = Server::start(move |request| {
            shared
                .lock()
                .unwrap()
                .answer(&request, known.get().unwrap())
        })
        .await;
        address.set(format!("http://{}", server.address)).unwrap();
        Self { server, state }
    }

    pub(crate) fn api_url(&self) -> String {
        format!("http://{}/api", self.server.address)
    }

    /// From here on requests of this method whose path ends so are answered so.
    pub(crate) fn rule(&self, method: &'static str, path: &str, answer: Answer) {
        let path = path.to_owned();
        let rule = Rule {
            method,
            path,
            answer,
        };
        self.state.lock().unwrap().rules.insert(0, rule);
    }

    /// The sandbox is in another state from here on.
    pub(crate) fn put(&self, state: &str) {
        self.state.lock().unwrap().sandbox = Some(state.to_owned());
    }

    /// The sandbox is there no more.
    pub(crate) fn remove(&self) {
        self.state.lock().unwrap().sandbox = None;
    }

    /// What is answered to whoever looks for sandboxes with a label.
    pub(crate) fn find(&self, answer: Answer) {
        self.state.lock().unwrap().listed = Some(answer);
    }

    pub(crate) fn file(&self, path: &str, content: &[u8]) {
        let file = (path.to_owned(), content.to_vec());
        self.state.lock().unwrap().files.push(file);
    }

    /// Commands end so from here on. The code is JSON; an empty one is left out.
    pub(crate) fn ends(&self, code: &str, output: &str) {
        self.state.lock().unwrap().outcome = Some((code.to_owned(), output.to_owned()));
    }

    /// What was asked since this was last called, as `POST /api/sandbox`.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        let heard = std::mem::take(&mut self.state.lock().unwrap().heard);
        heard.into_iter().map(|(line, _)| line).collect()
    }

    /// The bodies of what was asked so.
    pub(crate) fn bodies(&self, line: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let heard = state.heard.iter().filter(|(it, _)| it == line);
        heard.map(|(_, body)| body.clone()).collect()
    }

    /// The commands that were run.
    pub(crate) fn commands(&self) -> Vec<String> {
        let bodies = self.bodies("POST /toolbox/s1/process/execute");
        bodies.iter().map(|it| member(it, "command")).collect()
    }
}

/// A member of a JSON text.
pub(crate) fn member(body: &str, name: &str) -> String {
    let body = json::parse(body.as_bytes()).unwrap();
    body.get(name).unwrap().to_js_string().to_string()
}

impl State {
    fn answer(&mut self, request: &Heard, address: &str) -> Answer {
        let (method, path) = (request.word(0), request.word(1));
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let line = format!("{method} {path}");
        self.heard.push((line.clone(), body.clone()));
        let mut rules = self.rules.iter();
        if let Some(rule) = rules.find(|it| it.method == method && path.ends_with(&it.path)) {
            return rule.answer.clone();
        }
        if let Some(listed) = &self.listed
            && line.starts_with("GET /api/sandbox?labels=")
        {
            return listed.clone();
        }
        match line.as_str() {
            "POST /api/sandbox" => self.sandbox = Some("started".to_owned()),
            "DELETE /api/sandbox/s1" => self.sandbox = Some("destroying".to_owned()),
            "GET /api/sandbox/s1" => {}
            "POST /toolbox/s1/process/execute" => return self.ran(&body),
            "POST /toolbox/s1/files/bulk-upload" => return told(200, "{}"),
            "POST /toolbox/s1/files/bulk-download" => return self.file(&body),
            "GET /toolbox/s1/user-home-dir" => return told(200, r#"{"dir":"/home/u"}"#),
            _ => return self.stat(path),
        }
        let Some(state) = &self.sandbox else {
            return told(404, r#"{"message":"no such sandbox"}"#);
        };
        let toolbox = format!("{address}/toolbox");
        told(
            200,
            &format!(r#"{{"id":"s1","state":"{state}","toolboxProxyUrl":"{toolbox}"}}"#),
        )
    }

    /// A command prints itself unless it was told how to end.
    fn ran(&self, body: &str) -> Answer {
        let outcome = self.outcome.clone();
        let (code, output) = outcome.unwrap_or_else(|| {
            let command = Value::from(member(body, "command"));
            ("0".to_owned(), json::stringify(&command))
        });
        let code = match code.as_str() {
            "" => String::new(),
            code => format!(r#""exitCode":{code},"#),
        };
        told(200, &format!(r#"{{{code}"result":{output}}}"#))
    }

    fn stat(&self, path: &str) -> Answer {
        let path = path.trim_start_matches("/toolbox/s1/files/info?path=");
        let path = path.replace("%2F", "/").replace("%7E", "~");
        match self.files.iter().find(|(it, _)| *it == path) {
            Some((_, content)) => {
                let size = content.len();
                told(200, &format!(r#"{{"size":{size},"isDir":false}}"#))
            }
            None => told(404, ""),
        }
    }

    fn file(&self, body: &str) -> Answer {
        let path = member(body, "paths");
        if let Some((_, content)) = self.files.iter().find(|(it, _)| *it == path) {
            return part("file", &path, content);
        }
        let said = format!(
            r#"{{"statusCode":404,"code":"FILE_NOT_FOUND","message":"file not found: {path}"}}"#
        );
        part("error", &path, said.as_bytes())
    }
}

/// An answer in JSON.
pub(crate) fn told(status: u16, body: &str) -> Answer {
    typed(status, "application/json", body.as_bytes().to_vec())
}

fn typed(status: u16, kind: &str, body: Vec<u8>) -> Answer {
    Answer::Whole {
        status,
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body,
    }
}

/// The answer of a download with one part.
pub(crate) fn part(field: &str, path: &str, content: &[u8]) -> Answer {
    let head = format!(
        "--B\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{path}\"\r\n\
         Content-Type: application/json\r\n\r\n"
    );
    let body = [head.as_bytes(), content, b"\r\n--B--\r\n"].concat();
    typed(200, "multipart/form-data; boundary=B", body)
}
