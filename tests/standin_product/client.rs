//! The least of each provider's wire that a test of the whole server needs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::child::{PATIENCE, Served};

/// Which provider's wire is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    E2b,
    Daytona,
}

pub(crate) const BOTH: [Provider; 2] = [Provider::E2b, Provider::Daytona];

/// A client of one stand-in.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) provider: Provider,
    pub(crate) origin: String,
    pub(crate) key: String,
    pub(crate) http: Client,
}

/// A sandbox.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) id: String,
    token: String,
}

impl Made {
    /// What E2B's envd asks for; empty on Daytona.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

impl Caller {
    pub(crate) fn new(served: &Served, provider: Provider) -> Self {
        let (url, key) = match provider {
            Provider::E2b => ("E2B_API_URL", "E2B_API_KEY"),
            Provider::Daytona => ("DAYTONA_API_URL", "DAYTONA_API_KEY"),
        };
        let http = Client::builder()
            .no_proxy()
            .tls_certs_only(std::iter::empty::<reqwest::Certificate>())
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self {
            provider,
            origin: served.env[url].trim_end_matches("/api").to_owned(),
            key: served.env[key].clone(),
            http,
        }
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn addr(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    /// A request with the key in the provider's own header.
    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.origin));
        match self.provider {
            Provider::E2b => request.header("X-API-Key", &self.key),
            Provider::Daytona => request.bearer_auth(&self.key),
        }
    }

    /// A request of the desk; status and body.
    pub(crate) async fn desk(&self, method: Method, path: &str, body: &str) -> (u16, Value) {
        let url = format!("{}/__cutover/{path}", self.origin);
        let request = self.http.request(method, url);
        let request = request.header("X-Cutover-Key", &self.key);
        json_of(request.body(body.to_owned()).send().await.unwrap()).await
    }

    pub(crate) async fn create(&self) -> Made {
        let (path, body) = match self.provider {
            Provider::E2b => (
                "/v2/sandboxes",
                json!({"templateID": "base", "timeout": 600}),
            ),
            Provider::Daytona => ("/api/sandbox", json!({})),
        };
        let sent = self
            .ask(Method::POST, path)
            .json(&body)
            .send()
            .await
            .unwrap();
        let (status, made) = json_of(sent).await;
        assert!((200..300).contains(&status), "{status} {made}");
        let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        let (id, token) = match self.provider {
            Provider::E2b => (text("sandboxID"), text("envdAccessToken")),
            Provider::Daytona => (text("id"), String::new()),
        };
        let made = Made { id, token };
        if self.provider == Provider::E2b {
            return made;
        }
        loop {
            let path = format!("/api/sandbox/{}", made.id);
            let got = self.ask(Method::GET, &path).send().await.unwrap();
            match json_of(got).await.1["state"].as_str() {
                Some("started") => return made,
                Some("creating" | "starting" | "restoring") => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// A request to the API inside a sandbox.
    pub(crate) fn inside(&self, made: &Made, method: Method, path: &str) -> RequestBuilder {
        match self.provider {
            Provider::E2b => self
                .http
                .request(method, format!("{}{path}", self.origin))
                .header("E2b-Sandbox-Id", &made.id)
                .header("E2b-Sandbox-Port", "49983")
                .header("X-Access-Token", &made.token),
            Provider::Daytona => self.ask(method, &format!("/toolbox/{}{path}", made.id)),
        }
    }

    /// The request that runs a command.
    pub(crate) fn command(&self, made: &Made, script: &str) -> RequestBuilder {
        match self.provider {
            Provider::E2b => {
                let message = json!({
                    "process": {"cmd": "/bin/bash", "args": ["-l", "-c", script]},
                    "stdin": false,
                });
                let message = message.to_string().into_bytes();
                let mut frame = vec![0];
                frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
                frame.extend(message);
                self.inside(made, Method::POST, "/process.Process/Start")
                    .header("Content-Type", "application/connect+json")
                    .body(frame)
            }
            Provider::Daytona => self
                .inside(made, Method::POST, "/process/execute")
                .json(&json!({"command": script})),
        }
    }

    /// Runs a command and gives its output.
    pub(crate) async fn execute(&self, made: &Made, script: &str) -> String {
        let response = self.command(made, script).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let body = response.bytes().await.unwrap();
        match self.provider {
            Provider::E2b => frames_output(&body),
            Provider::Daytona => {
                let answer: Value = serde_json::from_slice(&body).unwrap();
                answer["result"].as_str().unwrap().to_owned()
            }
        }
    }

    /// The request that writes a file.
    pub(crate) fn upload(&self, made: &Made, path: &str, body: reqwest::Body) -> RequestBuilder {
        match self.provider {
            Provider::E2b => self
                .inside(made, Method::POST, &format!("/files?path={path}"))
                .header("Content-Type", "application/octet-stream")
                .body(body),
            Provider::Daytona => {
                let part = reqwest::multipart::Part::stream(body).file_name("file");
                let form = reqwest::multipart::Form::new().part("file", part);
                self.inside(made, Method::POST, &format!("/files/upload?path={path}"))
                    .multipart(form)
            }
        }
    }

    pub(crate) async fn read(&self, made: &Made, path: &str) -> Response {
        let path = match self.provider {
            Provider::E2b => format!("/files?path={path}"),
            Provider::Daytona => format!("/files/download?path={path}"),
        };
        self.inside(made, Method::GET, &path).send().await.unwrap()
    }

    pub(crate) async fn kill(&self, made: &Made) -> u16 {
        let path = match self.provider {
            Provider::E2b => format!("/sandboxes/{}", made.id),
            Provider::Daytona => format!("/api/sandbox/{}", made.id),
        };
        let sent = self.ask(Method::DELETE, &path).send().await.unwrap();
        sent.status().as_u16()
    }

    /// How many sandboxes the stand-in has.
    pub(crate) async fn count(&self) -> usize {
        let (status, all) = self.desk(Method::GET, "sandboxes", "").await;
        assert_eq!(status, 200, "{all}");
        all["sandboxes"].as_array().unwrap().len()
    }
}

fn frames_output(mut body: &[u8]) -> String {
    let mut output = Vec::new();
    while body.len() >= 5 {
        let length = u32::from_be_bytes(body[1..5].try_into().unwrap());
        let end = 5 + usize::try_from(length).unwrap();
        let message: Value = serde_json::from_slice(&body[5..end]).unwrap();
        for stream in ["stdout", "stderr"] {
            if let Some(text) = message["event"]["data"][stream].as_str() {
                output.extend(STANDARD.decode(text).unwrap());
            }
        }
        body = &body[end..];
    }
    String::from_utf8(output).unwrap()
}

/// Status and JSON; a string when it is none.
pub(crate) async fn json_of(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let value = serde_json::from_str(&text);
    (status, value.unwrap_or(Value::String(text)))
}
