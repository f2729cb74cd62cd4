//! `cutover platform` as a child, and whoever asks it.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use cutover_standin::server::Standin;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::place::PATIENCE;

/// What whoever asks a platform of these tests knows.
pub(crate) const MASTER_KEY: &str = "sk-agents-0001";

/// Where a platform has its sessions.
const SESSIONS: &str = "/api/v1/managed_agents/sessions";

/// A platform, which may be killed and started again.
pub(crate) struct Platform {
    /// Its data and what it says of itself.
    folder: TempDir,
    port: u16,
    variables: Vec<(String, String)>,
    stack: String,
    running: Option<Running>,
    http: Client,
}

struct Running {
    child: Child,
    /// Held, so that its pipe stays open.
    _out: BufReader<ChildStdout>,
}

/// The command, in an environment that has these variables alone.
pub(crate) fn command(
    folder: &Path,
    listen: &str,
    stack: &str,
    variables: &[(String, String)],
) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command
        .args(["platform", "--listen", listen, "--stack", stack, "--data"])
        .arg(folder.join("data"))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("MASTER_KEY", MASTER_KEY)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The variables of a platform before a stand-in.
pub(crate) fn before(provider: &str, standin: &Arc<dyn Standin>) -> Vec<(String, String)> {
    let choice = ("SANDBOX_CHOICE".to_owned(), provider.to_owned());
    let template = ("E2B_TEMPLATE".to_owned(), "base".to_owned());
    [standin.env(), vec![choice, template]].concat()
}

/// A port that no connection is given by chance while the platform that has it is down.
fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap();
    loop {
        let port = 12_000 + first + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

impl Platform {
    /// Starts one with every fix before a stand-in.
    pub(crate) async fn start(provider: &str, standin: &Arc<dyn Standin>) -> Self {
        Self::with("unified", before(provider, standin)).await
    }

    /// Starts one with a stack and variables.
    pub(crate) async fn with(stack: &str, variables: Vec<(String, String)>) -> Self {
        let http = Client::builder()
            .no_proxy()
            .tls_certs_only(std::iter::empty::<reqwest::Certificate>())
            .timeout(PATIENCE)
            .build();
        let mut platform = Self {
            folder: tempfile::tempdir().unwrap(),
            port: port(),
            variables,
            stack: stack.to_owned(),
            running: None,
            http: http.unwrap(),
        };
        platform.go_on().await;
        platform
    }

    /// Starts it on its folder and its port, and waits until it answers.
    pub(crate) async fn go_on(&mut self) {
        let listen = format!("127.0.0.1:{}", self.port);
        let said = self.folder.path().join("said");
        let said_here = File::options().create(true).append(true).open(&said);
        let mut child = command(self.folder.path(), &listen, &self.stack, &self.variables)
            .stdout(Stdio::piped())
            .stderr(said_here.unwrap())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).await.unwrap();
        let said = fs::read_to_string(said).unwrap();
        assert_eq!(line, format!("LAP_BASE_URL=http://{listen}\n"), "{said}");
        self.running = Some(Running { child, _out: out });
    }

    /// Kills it as a machine that loses its power would, and waits until it is gone.
    pub(crate) async fn kill(&mut self) {
        let mut running = self.running.take().unwrap();
        running.child.kill().await.unwrap();
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where its data lies.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Status and body of an answer.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let request = self
            .http
            .request(method, format!("{}{SESSIONS}{path}", self.base()))
            .bearer_auth(MASTER_KEY)
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).expect(&text))
    }

    /// Makes a session.
    pub(crate) async fn session(&self) -> String {
        let (status, made) = self.ask(Method::POST, "", &json!({})).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    /// Ends a session.
    pub(crate) async fn end(&self, session: &str) {
        let path = format!("/{session}");
        let (status, told) = self.ask(Method::DELETE, &path, &json!({})).await;
        assert_eq!(status, 200, "{told}");
    }

    /// Asks for a tool, which must be answered with 200.
    pub(crate) async fn tool(&self, session: &str, tool: &str, body: Value) -> Value {
        let path = format!("/{session}/sandbox/{tool}");
        let (status, told) = self.ask(Method::POST, &path, &body).await;
        assert_eq!(status, 200, "{tool} {body}: {told}");
        told
    }

    /// Provisions a sandbox.
    pub(crate) async fn provision(&self, session: &str, name: &str) {
        let told = self
            .tool(session, "provision", json!({ "name": name }))
            .await;
        assert!(told["message"].as_str().unwrap().contains(name), "{told}");
    }

    /// What a command prints in a sandbox.
    pub(crate) async fn execute(&self, session: &str, name: &str, cmd: &str) -> String {
        let body = json!({ "sandbox_name": name, "cmd": cmd });
        let told = self.tool(session, "execute", body).await;
        assert_eq!(told.get("is_error"), None, "{cmd}: {told}");
        told["output"].as_str().unwrap().to_owned()
    }
}
