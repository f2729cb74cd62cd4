//! `cutover mcp` over its pipes and the server that runs use within their own process say the same.

use std::process::Stdio;

use cutover::surface::{RpcAnswer, ToolClient};
use cutover_base::fixes::Fixes;
use cutover_js::json;
use cutover_mcp::{Settings, serve};
use libtest_mimic::Completion;
use tokio::io::{duplex, split};
use tokio::process::Command;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::place::Place;
use crate::platform::{MASTER_KEY, Platform};
use crate::{Case, Outcome, case};

pub(crate) const CASES: &[Case] = &[case("a_child_and_a_task_say_the_same", same)];

/// What is asked; `SESSION` stands for the server's session.
const ASKED: [(&str, Option<&str>); 33] = [
    ("ping", None),
    ("tools/list", None),
    ("tools/list", Some(r#"{"cursor":"2"}"#)),
    ("resources/list", None),
    ("no/such/method", Some("{}")),
    ("tools/call", None),
    ("tools/call", Some("{}")),
    ("tools/call", Some(r#"{"name":7}"#)),
    ("tools/call", Some(r#"{"name":"nothing","arguments":{}}"#)),
    ("tools/call", Some(r#"{"name":"execute"}"#)),
    ("tools/call", Some(r#"{"name":"execute","arguments":[]}"#)),
    ("execute", Some(r#"{"sandbox_name":"main","cmd":"true"}"#)),
    ("read_file", Some(r#"{"sandbox_name":"main","path":"/x"}"#)),
    (
        "upload_artifact",
        Some(r#"{"sandbox_name":"main","path":"/x"}"#),
    ),
    ("provision", Some("{}")),
    ("provision", Some(r#"{"name":5}"#)),
    (
        "provision",
        Some(r#"{"name":"main","session_id":"nobody"}"#),
    ),
    (
        "provision",
        Some(r#"{"name":"main","session_id":"SESSION"}"#),
    ),
    (
        "provision",
        Some(r#"{"name":"main","session_id":"SESSION"}"#),
    ),
    (
        "provision",
        Some(r#"{"name":"__proto__","session_id":"SESSION"}"#),
    ),
    ("execute", Some(r#"{"sandbox_name":"main"}"#)),
    ("execute", Some(r#"{"sandbox_name":"main","cmd":["ls"]}"#)),
    (
        "execute",
        Some(r#"{"sandbox_name":"main","cmd":"echo out; echo err >&2; exit 3"}"#),
    ),
    (
        "execute",
        Some(r#"{"sandbox_name":"main","cmd":"seq 20000"}"#),
    ),
    (
        "execute",
        Some(r#"{"sandbox_name":"main","cmd":"printf '\\303\\050 é \ud83d\ude00'"}"#),
    ),
    (
        "execute",
        Some(r#"{"sandbox_name":"main","cmd":"printf 'a\\nb' >/tmp/a; : >/tmp/empty"}"#),
    ),
    ("execute", Some(r#"{"sandbox_name":"\ud800","cmd":"true"}"#)),
    (
        "read_file",
        Some(r#"{"sandbox_name":"main","path":"/tmp/a"}"#),
    ),
    (
        "read_file",
        Some(r#"{"sandbox_name":"main","path":"/tmp/none"}"#),
    ),
    (
        "read_file",
        Some(r#"{"sandbox_name":"main","path":"/tmp"}"#),
    ),
    (
        "upload_artifact",
        Some(r#"{"sandbox_name":"main","path":"/tmp/none","session_id":"SESSION"}"#),
    ),
    (
        "upload_artifact",
        Some(r#"{"sandbox_name":"main","path":"/tmp/empty","session_id":"SESSION"}"#),
    ),
    (
        "upload_artifact",
        Some(r#"{"sandbox_name":"main","path":"/tmp/a","session_id":"SESSION"}"#),
    ),
];

fn same(runtime: &Runtime, place: &Place) -> Outcome {
    runtime.block_on(async {
        let standin = place.standin("e2b").await;
        let platform = Platform::start("e2b", &standin).await;
        for stack in ["lap-337", "unified"] {
            let sessions = [platform.session().await, platform.session().await];
            let [child, task] = [
                by_child(stack, &platform, &sessions[0]).await,
                by_task(stack, &platform, &sessions[1]).await,
            ];
            for (asked, (child, task)) in ASKED.iter().zip(child.into_iter().zip(task)) {
                assert_eq!(child, task, "{stack}: {asked:?}");
            }
            for session in &sessions {
                platform.end(session).await;
            }
        }
        standin.stop().await;
    });
    Ok(Completion::Completed)
}

fn variables(platform: &Platform) -> [(&'static str, String); 2] {
    [
        ("LAP_BASE_URL", platform.base()),
        ("LAP_AUTH_TOKEN", MASTER_KEY.to_owned()),
    ]
}

async fn by_child(stack: &str, platform: &Platform, session: &str) -> Vec<String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["mcp", "--stack", stack])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(variables(platform))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let (read, write) = (child.stdout.take().unwrap(), child.stdin.take().unwrap());
    let client = ToolClient::connect(read, write).await.unwrap();
    let said = transcript(&client, session).await;
    drop(client);
    // Its input has ended, and so does it.
    assert!(child.wait().await.unwrap().success());
    said
}

async fn by_task(stack: &str, platform: &Platform, session: &str) -> Vec<String> {
    let fixes = match stack {
        "unified" => Fixes::all(),
        _ => Fixes::none(),
    };
    let variables = variables(platform);
    let find = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    };
    let settings = Settings::from_variables(find, fixes);
    let (ours, theirs) = duplex(64 * 1024);
    let (read, write) = split(theirs);
    let mut served = JoinSet::new();
    served.spawn(async move { serve(read, write, &settings).await });
    let (read, write) = split(ours);
    let client = ToolClient::connect(read, write).await.unwrap();
    transcript(&client, session).await
}

/// Everything that is said, but for what is new in every session.
async fn transcript(client: &ToolClient, session: &str) -> Vec<String> {
    let mut said = vec![json::stringify(client.introduced())];
    for (method, params) in ASKED {
        let params = params.map(|it| it.replace("SESSION", session));
        let (method, params) = match params {
            Some(arguments) if !method.contains('/') => {
                let params = format!(r#"{{"name":"{method}","arguments":{arguments}}}"#);
                ("tools/call", Some(params))
            }
            params => (method, params),
        };
        let answer = client.request(method, params.as_deref()).await.unwrap();
        let (kind, answer) = match answer {
            RpcAnswer::Result(result) => ("result", result),
            RpcAnswer::Error(error) => ("error", error),
        };
        let text = json::stringify(&answer).replace(session, "SESSION");
        said.push(format!("{kind} {}", without_address(&text)));
    }
    said
}

/// The address of an artifact has an id and a signature of its own.
fn without_address(text: &str) -> String {
    match text.split_once("/SESSION/") {
        Some((begin, rest)) if begin.contains("\"http://") => {
            let name = rest.split_once('?').map_or(rest, |(path, _)| path);
            let name = name.rsplit('/').next().unwrap_or_default();
            format!("{begin}/SESSION/.../{name}?...")
        }
        _ => text.to_owned(),
    }
}
