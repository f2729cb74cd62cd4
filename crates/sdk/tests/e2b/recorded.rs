//! Every recorded call comes to what it came to in the real SDK.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutover_js::{Array, Object, Text, Value, json, utf8};
use cutover_sdk::e2b::{E2b, New};
use cutover_sdk::{Error, Ignore};
use indexmap::IndexMap;

use super::heard::Heard;
use super::server::Server;
use super::{account, command};

/// What a call gave or threw.
type Came = Result<Value, Text>;

async fn play(lines: &str) {
    let mut wrong = Vec::new();
    for line in lines.lines() {
        let case = json::parse(line.as_bytes()).unwrap();
        let name = text(case.get("name")).to_string();
        let answers = items(case.get("answers"));
        let answers = answers
            .iter()
            .map(|it| STANDARD.decode(text(Some(it)).to_string()).unwrap());
        let server = Server::start(answers.collect()).await;
        let account = account(&server, Arc::new(Ignore));
        let arg = case.get("arg").map(|it| text(Some(it)));
        let call = text(case.get("call")).to_string();
        let came = came(&account, &call, arg).await;
        let wanted = match case.get("threw") {
            Some(threw) => Err(text(Some(threw))),
            None => Ok(case.get("gave").cloned().unwrap()),
        };
        if came != wanted {
            wrong.push(format!("{name}: want {wanted:?} got {came:?}"));
        }
        for (at, wanted) in items(case.get("requests")).iter().enumerate() {
            let heard = server.requests();
            let told = heard.get(at).map(told);
            if told.as_ref() != Some(wanted) {
                let (told, wanted) = (told.map(|it| json::stringify(&it)), json::stringify(wanted));
                wrong.push(format!("{name}: request {at}: want {wanted} got {told:?}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn calls_come_to_what_they_come_to_in_the_sdk() {
    play(include_str!("answers/sdk.jsonl")).await;
}

#[tokio::test]
async fn calls_come_to_what_they_came_to_in_the_original_platform() {
    play(include_str!("answers/platform.jsonl")).await;
}

async fn came(account: &E2b, call: &str, arg: Option<Text>) -> Came {
    let came = match call {
        "create" => create(account, 3_600_000, &[("B", "1"), ("A", "é")], &[]).await,
        "label" => create(account, 1500, &[], &[("a", "b")]).await,
        "connect" => {
            let id = arg.unwrap_or_else(|| "abc".into());
            account.connect(&id).await.map(|it| it.id().clone().into())
        }
        "kill" => account.kill(&"abc".into()).await.map(Value::Bool),
        "extend" => {
            let hour = Duration::from_secs(3600);
            let extended = account.set_timeout(&"abc".into(), hour).await;
            extended.map(|()| Value::Null)
        }
        _ => in_sandbox(account, call, arg).await,
    };
    came.map_err(|error| error.message)
}

async fn create(
    account: &E2b,
    timeout: u64,
    variables: &[(&str, &str)],
    labels: &[(&str, &str)],
) -> Result<Value, Error> {
    let map = |of: &[(&str, &str)]| -> IndexMap<String, String> {
        let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        of.iter().map(owned).collect()
    };
    let wanted = New {
        template: "tmpl",
        timeout: Duration::from_millis(timeout),
        variables: &map(variables),
        metadata: &map(labels),
    };
    let created = account.create(wanted).await?;
    // The recorded calls tell ids that are no text by what the handle holds.
    Ok(match created.id().as_str() {
        Some("5") => Value::Number(5.0),
        Some("undefined") => nothing(),
        _ => created.id().clone().into(),
    })
}

async fn in_sandbox(account: &E2b, call: &str, arg: Option<Text>) -> Result<Value, Error> {
    let sandbox = account.connect(&"abc".into()).await?;
    Ok(match call {
        "run" => {
            let line = arg.unwrap_or_else(|| "echo x".into());
            let ran = sandbox.run(command(&line)).await.map_err(|it| it.error)?;
            if ran.exit_code != 0 {
                return Err(Error::new(ran.error));
            }
            let all = [ran.output.stdout, ran.output.stderr].concat();
            utf8::decode_keeping_bom(&all).into()
        }
        "read" => {
            let path = arg.unwrap_or_else(|| "/x".into());
            sandbox.read_text(&path).await?.unwrap_or_else(nothing)
        }
        "bytes" => {
            let read = sandbox.read_bytes(&"/x".into(), usize::MAX).await?;
            let numbers = read
                .unwrap()
                .into_iter()
                .map(|it| Value::from(f64::from(it)));
            Value::Array(numbers.collect::<Vec<_>>().into())
        }
        "write" => {
            let content = arg.map_or_else(|| "h".to_owned(), |it| it.to_string());
            sandbox.write(&"/tmp/x".into(), &content).await?;
            Value::Null
        }
        "stat" => sandbox.stat(&"/x".into()).await.map(|_| Value::Null)?,
        other => panic!("no call is {other}"),
    })
}

/// A request as it was recorded: without what only this SDK sends, so that one server can be all
/// sandboxes.
fn told(heard: &Heard) -> Value {
    let boundary = heard
        .header("content-type")
        .and_then(|it| it.split_once("boundary="))
        .map_or("<no boundary>", |it| it.1);
    let headers = heard.headers.iter().filter_map(|(name, value)| {
        let value = match name.as_str() {
            "e2b-sandbox-id" | "e2b-sandbox-port" => return None,
            "host" => "<host>",
            _ => value,
        };
        let value = value.replace(boundary, "<boundary>");
        Some(Value::from(format!("{name}: {value}")))
    });
    let body = String::from_utf8_lossy(&heard.body).replace(boundary, "<boundary>");
    let mut told = Object::new();
    told.insert("line", heard.line.as_str());
    told.insert("headers", headers.collect::<Vec<_>>());
    told.insert("body", body);
    told.into()
}

fn nothing() -> Value {
    let mut nothing = Object::new();
    nothing.insert("nothing", true);
    nothing.into()
}

fn text(value: Option<&Value>) -> Text {
    value.and_then(Value::as_text).cloned().unwrap_or_default()
}

fn items(value: Option<&Value>) -> Array {
    match value {
        Some(Value::Array(items)) => items.clone(),
        _ => Array::default(),
    }
}
