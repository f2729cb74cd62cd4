//! A server with a platform, and what an agent and the platform get.

use std::time::Duration;

use cutover_base::fixes::Fixes;
use cutover_js::{Value, json};
use cutover_mcp::{CALL_LIMIT, Settings};

use crate::client::Client;
use crate::upstream::Upstream;

pub(crate) struct Bench {
    pub(crate) upstream: Upstream,
    pub(crate) client: Client,
}

/// The fixes of these quirks.
pub(crate) fn only(ids: &[&str]) -> Fixes {
    Fixes::only(ids.iter().map(|id| (*id).to_owned()))
}

pub(crate) fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).unwrap()
}

impl Bench {
    /// A server of these fixes and variables, and `LAP_BASE_URL` where none is among them.
    pub(crate) async fn start(fixes: Fixes, variables: &[(&str, &str)]) -> Self {
        Self::start_within(CALL_LIMIT, fixes, variables).await
    }

    /// The same, with this time limit of a call, where that is repaired.
    pub(crate) async fn start_within(
        call_limit: Duration,
        fixes: Fixes,
        variables: &[(&str, &str)],
    ) -> Self {
        let upstream = Upstream::start().await;
        let base = format!("http://127.0.0.1:{}", upstream.port);
        let find = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            let found = found.map(|(_, value)| value.replace("${upstream}", &base));
            found.or_else(|| (name == "LAP_BASE_URL").then(|| base.clone()))
        };
        let mut settings = Settings::from_variables(find, fixes);
        settings.call_limit = call_limit;
        let (client, _answer) = Client::start(settings).await;
        Self { upstream, client }
    }

    /// What the platform says from here on, in the form of the recordings.
    pub(crate) fn script(&self, answers: &str) {
        let Value::Array(answers) = value(answers) else {
            panic!("a script is an array: {answers}")
        };
        self.upstream.script(answers.to_vec());
    }

    /// The text of a tool's answer, with `!` before it where it is an error.
    pub(crate) async fn call(&mut self, tool: &str, arguments: &str) -> String {
        let params = format!("{{\"name\":\"{tool}\",\"arguments\":{arguments}}}");
        let answer = self.client.ask("tools/call", Some(value(&params))).await;
        let result = answer
            .get("result")
            .expect("a result, no error of the protocol");
        let Some(Value::Array(content)) = result.get("content") else {
            panic!("no content in {answer:?}")
        };
        let text = content[0].get("text").and_then(Value::as_text).unwrap();
        let mark = match result.get("isError") {
            Some(Value::Bool(true)) => "!",
            Some(Value::Bool(false)) => "",
            other => panic!("isError is {other:?}"),
        };
        format!("{mark}{text}")
    }

    /// Paths and bodies of what reached the platform since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.upstream.take_log().into_iter().map(|request| {
            let part = |key| request.get(key).unwrap().to_js_string().to_string();
            format!("{} {}", part("path"), part("body"))
        });
        asked.collect()
    }
}
