//! What recorded steps are played on: both stand-ins, a proxy before each that notes what passes, the
//! endpoint and MCP servers, all in this process but the servers that a signal ends.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as Socket};
use std::sync::Arc;

use async_trait::async_trait;
use cutover::surface::{RpcAnswer, ToolClient};
use cutover_base::clock::Clock;
use cutover_base::fixes::Fixes;
use cutover_js::{Array, Object, Value, fetch, json};
use cutover_mcp::Settings as McpSettings;
use cutover_platform::providers::Means;
use cutover_platform::{
    EXECUTE_TIMEOUT, Parts, Platform, Registry, Rollout, Settings, Variables, serve_once_each,
};
use cutover_sdk::Ignore;
use cutover_standin::engine::Engine;
use cutover_standin::server::{Standin, StandinOptions};
use cutover_standin::{daytona, e2b};
use golden::{Run, Stage, Tap, ask};
use tokio::io::{duplex, split};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::process::{Process, generate, variables};
use crate::value::{count, object, without_descriptions};

/// The stand-in of a provider, and the proxy before it.
struct Behind {
    name: &'static str,
    standin: Arc<dyn Standin>,
    tap: Option<Tap>,
}

/// A stage for one group.
pub(crate) struct Whole {
    e2b: Behind,
    daytona: Behind,
    /// Stays open while an endpoint follows another: its address stays, as a deployment's does.
    socket: Socket,
    served: Option<(CancellationToken, JoinHandle<()>)>,
    servers: HashMap<String, (ToolClient, JoinSet<()>)>,
    processes: HashMap<String, Process>,
}

impl Whole {
    pub(crate) async fn open(engine: &Arc<dyn Engine>) -> Self {
        let options = || StandinOptions::new(Arc::clone(engine));
        let behind = |name, standin| Behind {
            name,
            standin,
            tap: None,
        };
        let socket = Socket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self {
            socket,
            e2b: behind("e2b", e2b::start(options()).await.unwrap()),
            daytona: behind("daytona", daytona::start(options()).await.unwrap()),
            served: None,
            servers: HashMap::new(),
            processes: HashMap::new(),
        }
    }

    /// What stands for the placeholders of this stage.
    pub(crate) fn names(&self) -> [(&'static str, String); 2] {
        [
            ("e2b_key", self.e2b.standin.key().to_owned()),
            ("daytona_key", self.daytona.standin.key().to_owned()),
        ]
    }

    /// Leaves nothing behind.
    pub(crate) async fn close(mut self) {
        self.servers.clear();
        self.processes.clear();
        self.end_endpoint().await;
        self.e2b.standin.stop().await;
        self.daytona.standin.stop().await;
    }

    /// As when a process ends: what it remembered is gone, and so are its connections.
    async fn end_endpoint(&mut self) {
        if let Some((stop, served)) = self.served.take() {
            stop.cancel();
            served.await.unwrap();
        }
    }

    fn provider(&mut self, name: &Value) -> &mut Behind {
        let name = name.as_text().unwrap().to_string();
        let found = [&mut self.e2b, &mut self.daytona].into_iter();
        found.into_iter().find(|it| it.name == name).unwrap()
    }

    async fn call(&self, call: &Value) -> Value {
        let mut params = Object::new();
        params.insert("name", call.get("tool").unwrap().clone());
        if let Some(arguments) = call.get("args") {
            params.insert("arguments", arguments.clone());
        }
        self.request(call, "tools/call", Some(&params.into())).await
    }

    async fn request(&self, of: &Value, method: &str, params: Option<&Value>) -> Value {
        let (client, _) = self
            .servers
            .get(&process(of))
            .expect("a server was started");
        let params = params.map(json::stringify);
        let (name, answer) = match client.request(method, params.as_deref()).await.unwrap() {
            RpcAnswer::Result(result) => ("result", without_descriptions(&result)),
            RpcAnswer::Error(error) => ("error", error),
        };
        object(&[(name, answer)])
    }

    /// Starts an MCP server; what it said of itself, and its lines on standard error.
    async fn server(&mut self, mcp: &Value) -> Value {
        if mcp.get("which").is_some_and(|it| *it == "main".into()) {
            return self.server_of_before(mcp).await;
        }
        let variables = mcp.get("env").unwrap().clone();
        let find = |name: &str| Some(variables.get(name)?.as_text()?.to_string());
        let settings = McpSettings::from_variables(find, Fixes::none());
        let lines: Array = settings.banner().into_iter().map(Value::from).collect();
        let (ours, theirs) = duplex(64 * 1024);
        let (read, write) = split(theirs);
        let mut served = JoinSet::new();
        served.spawn(async move { cutover_mcp::serve(read, write, &settings).await });
        let (read, write) = split(ours);
        let client = ToolClient::connect(read, write).await.unwrap();
        self.introduced(mcp, client, served, lines)
    }

    /// Starts the MCP server of before in a process of its own.
    async fn server_of_before(&mut self, mcp: &Value) -> Value {
        let mut given = variables(mcp.get("env"));
        let e2b = self.e2b.tap.as_ref().unwrap().address;
        for name in ["E2B_API_URL", "E2B_SANDBOX_URL"] {
            given.push((name.to_owned(), format!("http://{e2b}")));
        }
        let (server, client, lines) = Process::start("lap-direct", &given).await;
        self.processes.insert(process(mcp), server);
        self.introduced(mcp, client, JoinSet::new(), lines)
    }

    fn introduced(
        &mut self,
        mcp: &Value,
        client: ToolClient,
        served: JoinSet<()>,
        lines: Array,
    ) -> Value {
        let mut said = client.introduced().as_object().cloned().unwrap();
        said.remove("protocolVersion");
        self.servers.insert(process(mcp), (client, served));
        object(&[
            ("initialize", object(&[("result", said.into())])),
            ("stderr", lines.into()),
        ])
    }

    async fn standin(&mut self, asked: &Value) -> Value {
        let behind = self.provider(asked.get("provider").unwrap());
        let ids = behind.standin.sandboxes();
        let is_set = |name: &str| asked.get(name).is_some();
        let done = |word: &str| object(&[(word, count(ids.len()))]);
        if is_set("kill") || is_set("expire") {
            for id in &ids {
                let hit = if is_set("kill") {
                    behind.standin.kill(id).await
                } else {
                    behind.standin.expire(id).await
                };
                assert!(hit, "{id} is there");
            }
            return done("done");
        }
        if is_set("remove") {
            for id in &ids {
                behind.control("DELETE", id, "").await;
            }
            return done("removed");
        }
        if is_set("stop") {
            for id in &ids {
                let word = if behind.name == "e2b" {
                    "/pause"
                } else {
                    "/stop"
                };
                behind.control("POST", id, word).await;
            }
            return done("stopped");
        }
        let facts = behind.standin.facts();
        let mut states: Vec<String> = facts.into_iter().map(|it| it.state.to_owned()).collect();
        states.sort();
        let states: Array = states.into_iter().map(Value::from).collect();
        object(&[("live", count(ids.len())), ("states", states.into())])
    }

    /// Kills a provider's sandboxes once what the other steps ask has reached it.
    async fn at_once(&mut self, run: &Run, steps: &[Value]) -> Value {
        let mut asked = JoinSet::new();
        let http = steps.iter().filter_map(|it| it.get("http"));
        for http in http {
            let (endpoint, http) = (run.endpoint(), http.clone());
            asked.spawn(async move { golden::request(endpoint, &http).await });
        }
        let calls = steps.iter().filter_map(|it| it.get("call"));
        let mut answers: Vec<Value> =
            futures_util::future::join_all(calls.map(|it| self.call(it))).await;
        for standin in steps.iter().filter_map(|it| it.get("standin")) {
            let behind = self.provider(standin.get("provider").unwrap());
            behind.tap.as_ref().unwrap().heard("/process/execute").await;
            answers.push(self.standin(standin).await);
        }
        let mut all: Vec<Value> = asked.join_all().await;
        all.extend(answers);
        Value::Array(all.into())
    }
}

impl Behind {
    /// Asks the provider's own control plane about a sandbox, past the proxy.
    async fn control(&self, method: &str, id: &str, word: &str) {
        let key = self.standin.key();
        let (path, header) = match self.name {
            "e2b" => (
                format!("/sandboxes/{id}{word}"),
                format!("x-api-key: {key}"),
            ),
            _ => (
                format!("/api/sandbox/{id}{word}"),
                format!("authorization: Bearer {key}"),
            ),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\r\n\
             content-length: 0\r\n\r\n"
        );
        let heard = ask(self.standin.addr(), request.as_bytes()).await.unwrap();
        assert!(heard.word(1).starts_with('2'), "{}", heard.line);
    }

    async fn tap(&mut self, run: &Run) -> SocketAddr {
        if self.tap.is_none() {
            let tap = Tap::start(self.name, self.standin.addr(), run.created.clone()).await;
            self.tap = Some(tap);
        }
        self.tap.as_ref().unwrap().address
    }
}

#[async_trait]
impl Stage for Whole {
    async fn start(&mut self, run: &Run, mut variables: Variables) -> SocketAddr {
        self.end_endpoint().await;
        let (e2b, daytona) = (self.e2b.tap(run).await, self.daytona.tap(run).await);
        for name in ["E2B_API_URL", "E2B_SANDBOX_URL"] {
            variables.insert(name.to_owned(), format!("http://{e2b}"));
        }
        // The recorded settings name it where they want it.
        if let Some(url) = variables.get_mut("DAYTONA_API_URL")
            && url == "${daytona_api}"
        {
            *url = format!("http://{daytona}/api");
        }
        let settings = Settings::read(&variables);
        let means = Means {
            fixes: Fixes::none(),
            variables,
            labels: indexmap::IndexMap::default(),
            observer: Arc::new(Ignore),
        };
        let registry = settings.as_ref().map_or_else(
            |_| Registry::default(),
            |settings| Registry::connect(settings, &means).unwrap(),
        );
        let artifacts = settings.as_ref().ok().and_then(|settings| {
            let store =
                cutover_platform::artifacts::S3Artifacts::new(settings, reqwest::Client::new());
            store.unwrap().map(|it| Arc::new(it) as _)
        });
        let platform = Platform::new(Parts {
            settings,
            fixes: Fixes::none(),
            registry,
            store: run.database.clone(),
            artifacts,
            fetch: fetch::Client::new(),
            clock: Clock::new(),
            execute_timeout: EXECUTE_TIMEOUT,
            rollout: Rollout::default(),
        });
        let platform = Arc::new(platform.unwrap());
        let listener = TcpListener::from_std(self.socket.try_clone().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let served = tokio::spawn(async move {
            serve_once_each(listener, platform, stopped).await.unwrap();
        });
        self.served = Some((stop, served));
        address
    }

    async fn step(&mut self, run: &Run, input: &Value) -> Value {
        if let Some(mcp) = input.get("mcp") {
            return self.server(mcp).await;
        }
        if let Some(call) = input.get("call") {
            return self.call(call).await;
        }
        if let Some(rpc) = input.get("rpc") {
            let method = rpc.get("method").unwrap().to_js_string().to_string();
            return self.request(rpc, &method, rpc.get("params")).await;
        }
        if let Some(standin) = input.get("standin") {
            return self.standin(standin).await;
        }
        if let Some(tap) = input.get("tap") {
            let rules = tap.get("rules").cloned().unwrap_or(Value::Null);
            let behind = self.provider(tap.get("provider").unwrap());
            behind.tap.as_ref().unwrap().set_rules(&rules);
            return object(&[]);
        }
        if let Some(Value::Array(steps)) = input.get("par") {
            return self.at_once(run, steps).await;
        }
        if let Some(stop) = input.get("stop") {
            let server = self.processes.remove(&process(stop)).unwrap();
            let signal = stop.get("signal").unwrap().to_js_string().to_string();
            return server.stop(&signal).await;
        }
        if let Some(run) = input.get("run") {
            return generate("lap-337", &variables(run.get("env"))).await;
        }
        unreachable!("no step of these groups is {input:?}")
    }

    fn take_heard(&mut self) -> Option<Vec<(&'static str, Vec<Value>)>> {
        let heard = |it: &Behind| {
            let tap = it.tap.as_ref();
            (it.name, tap.map(Tap::take_heard).unwrap_or_default())
        };
        Some(vec![heard(&self.e2b), heard(&self.daytona)])
    }
}

/// Which of several MCP servers a step is about.
fn process(of: &Value) -> String {
    let named = of.get("proc").and_then(Value::as_text);
    named.map_or_else(|| "A".to_owned(), ToString::to_string)
}
