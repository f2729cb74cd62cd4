//! Making a recorded step again.

use cutover_base::fixes::Fixes;
use cutover_js::{Object, Text, Value, json};
use cutover_mcp::Settings;

use crate::client::Client;
use crate::upstream::Upstream;

pub(crate) struct Recorded {
    pub(crate) id: String,
    step: Value,
}

impl Recorded {
    pub(crate) fn read(line: &str) -> Self {
        let step = json::parse(line.as_bytes()).unwrap();
        let id = step.get("id").and_then(Value::as_text).unwrap().to_string();
        Self { id, step }
    }
}

pub(crate) struct Replay {
    upstream: Upstream,
    /// A port where nobody listens.
    dead: u16,
    client: Option<Client>,
}

impl Replay {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            upstream: Upstream::start().await,
            dead: listener.local_addr().unwrap().port(),
            client: None,
        }
    }

    /// Makes the step, and says where it differs.
    pub(crate) async fn step(&mut self, recorded: &Recorded) -> Result<(), String> {
        self.upstream.take_log();
        let output = self.make(recorded.step.get("input").unwrap()).await;
        if let Some(expected) = recorded.step.get("output") {
            let output = output.ok_or("not made here")?;
            compare("answer", &json::stringify(expected), &self.masked(&output))?;
        }
        if recorded.step.get("ignore").is_some() {
            return Ok(());
        }
        let asked: Vec<String> = self
            .upstream
            .take_log()
            .iter()
            .map(json::stringify)
            .collect();
        let asked = format!("[{}]", asked.join(","));
        let expected = recorded.step.get("upstream").map(json::stringify);
        compare(
            "upstream",
            expected.as_deref().unwrap_or("[]"),
            &self.masked_text(&asked),
        )
    }

    async fn make(&mut self, input: &Value) -> Option<Value> {
        if let Some(mcp) = input.get("mcp") {
            return Some(self.server(mcp.get("env").unwrap()).await);
        }
        if let Some(script) = input.get("script") {
            let Value::Array(answers) = script else {
                panic!("a script is an array")
            };
            self.upstream.script(answers.to_vec());
            return None;
        }
        let client = self.client.as_mut().expect("a server was started");
        if let Some(call) = input.get("call") {
            return Some(client.ask("tools/call", Some(call_params(call))).await);
        }
        if let Some(rpc) = input.get("rpc") {
            let method = rpc.get("method").unwrap().to_js_string().to_string();
            let answer = client
                .ask_or_nothing(&method, rpc.get("params").cloned())
                .await;
            let timeout = || json::parse(br#"{"timeout":true}"#).unwrap();
            return Some(answer.unwrap_or_else(timeout));
        }
        if let Some(Value::Array(steps)) = input.get("par") {
            let mut ids = Vec::new();
            for step in steps.iter() {
                let params = call_params(step.get("call").unwrap());
                ids.push(client.send("tools/call", Some(params)).await);
            }
            let mut answers = cutover_js::Array::default();
            for id in ids {
                answers.push(client.answer(id).await);
            }
            return Some(Value::Array(answers));
        }
        None
    }

    /// Starts a server; its answer to `initialize` and what it says on standard error.
    async fn server(&mut self, variables: &Value) -> Value {
        let find = |name: &str| {
            let value = variables.get(name)?.as_text()?.to_string();
            let upstream = format!("http://127.0.0.1:{}", self.upstream.port);
            let dead = format!("http://127.0.0.1:{}", self.dead);
            Some(
                value
                    .replace("${upstream}", &upstream)
                    .replace("${dead}", &dead),
            )
        };
        let settings = Settings::from_variables(find, Fixes::none());
        let mut lines = cutover_js::Array::default();
        for line in settings.banner() {
            lines.push(Text::from(line));
        }
        let (client, answer) = Client::start(settings).await;
        self.client = Some(client);
        let mut answer = answer.as_object().cloned().unwrap();
        let mut result = answer
            .remove("result")
            .unwrap()
            .as_object()
            .cloned()
            .unwrap();
        let version = result.remove("protocolVersion");
        assert_eq!(version, Some(Value::from(Text::from("2025-06-18"))));
        answer.insert("result", result);
        let mut output = Object::new();
        output.insert("initialize", answer);
        output.insert("stderr", Value::Array(lines));
        output.into()
    }

    fn masked(&self, output: &Value) -> String {
        self.masked_text(&json::stringify(output))
    }

    fn masked_text(&self, text: &str) -> String {
        text.replace(&format!("127.0.0.1:{}", self.upstream.port), "<upstream>")
            .replace(&format!("127.0.0.1:{}", self.dead), "<dead>")
    }
}

fn call_params(call: &Value) -> Value {
    let mut params = Object::new();
    params.insert("name", call.get("tool").unwrap().clone());
    if let Some(arguments) = call.get("args") {
        params.insert("arguments", arguments.clone());
    }
    params.into()
}

/// Descriptions are masked in the recording: ours are our own.
fn compare(what: &str, expected: &str, got: &str) -> Result<(), String> {
    let got = without_descriptions(got);
    if expected == got {
        return Ok(());
    }
    Err(format!("{what}\n  recorded {expected}\n  now      {got}"))
}

fn without_descriptions(json: &str) -> String {
    const KEY: &str = "\"description\":\"";
    let mut parts = json.split(KEY);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find('"')
            .expect("a description has an end and no quotes in it");
        out.push_str(KEY);
        out.push_str("<text>");
        out.push_str(&part[end..]);
    }
    out
}
