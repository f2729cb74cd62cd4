//! The recorded answers: the same requests, the same values, the same messages.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutover_js::{Object, Text, Value, json};
use cutover_sdk::Error;
use cutover_sdk::daytona::{Create, Daytona, Ran, Sandbox, Source};
use golden::{Answer, Heard};
use indexmap::IndexMap;

use crate::bed::{Bed, member, parsed, wanted};

const ANSWERS: &str = include_str!("answers.jsonl");

#[tokio::test]
async fn the_sdk_asks_and_throws_as_recorded() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in ANSWERS.lines() {
        count += 1;
        let case = parsed(line);
        let name = member(&case, "name").unwrap();
        let (outcome, heard) = play(&case).await;
        let error = case.get("error").is_some();
        let recorded = case.get("error").or_else(|| case.get("value")).unwrap();
        if (outcome.is_err(), outcome.as_ref().unwrap_or_else(|it| it)) != (error, recorded) {
            let said = json::stringify(&outcome.unwrap_or_else(|error| error));
            wrong.push(format!("{name}: {said}, not {}", json::stringify(recorded)));
        }
        let recorded = case.get("heard").cloned().unwrap();
        if heard != lines(&recorded, &case) {
            wrong.push(format!("{name}: asked {heard:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(count, 260);
}

/// Requests as lines. How often a sandbox is looked at that does not start is a matter of time.
fn lines(heard: &Value, case: &Value) -> Vec<String> {
    let Value::Array(heard) = heard else {
        panic!("no requests");
    };
    let mut lines: Vec<String> = heard
        .iter()
        .map(|it| it.to_js_string().to_string())
        .collect();
    if member(case, "call").unwrap() == "create" {
        lines.dedup();
    }
    lines
}

async fn play(case: &Value) -> (Result<Value, Value>, Vec<String>) {
    let Some(Value::Array(answers)) = case.get("answers") else {
        panic!("no answers");
    };
    let bed = Bed::start(answers.iter().map(answer).collect()).await;
    let base = member(case, "base").unwrap_or("${server}/api".to_owned());
    let address = bed.address();
    let host = address.trim_start_matches("http://");
    let base = base.replace("${server}", &address).replace("${host}", host);
    let outcome = call(&bed.sdk_at(&base), case).await;
    let masked = |text: Text| match text.as_str() {
        Some(text) => text
            .replace(&address, "${server}")
            .replace(host, "${host}")
            .into(),
        None => text,
    };
    let outcome = outcome.map_err(|error| Value::String(masked(error.message)));
    let heard = bed
        .take_heard()
        .iter()
        .map(|it| Value::from(line(it)))
        .collect::<Vec<_>>();
    (outcome, lines(&heard.into(), case))
}

fn line(heard: &Heard) -> String {
    let line = format!("{} {}", heard.word(0), heard.word(1));
    match heard.header("content-type") {
        Some("application/json") => format!("{line} {}", String::from_utf8_lossy(&heard.body)),
        _ => line,
    }
}

fn answer(told: &Value) -> Answer {
    if told.get("drop").is_some() {
        return Answer::Dropped;
    }
    let status = member(told, "status").map_or(200, |it| it.parse().unwrap());
    let headers = told.get("headers").and_then(Value::as_object).cloned();
    let headers = headers.unwrap_or_default();
    let headers = headers.iter();
    let headers = headers
        .map(|(name, value)| (name.to_string(), value.to_js_string().to_string()))
        .collect();
    let body = member(told, "body").unwrap_or_default().into_bytes();
    match told.get("cut") {
        Some(_) => Answer::Cut {
            status,
            headers,
            body,
        },
        None => Answer::Whole {
            status,
            headers,
            body,
        },
    }
}

async fn call(sdk: &Daytona, case: &Value) -> Result<Value, Error> {
    let text = |name: &str, default: &str| {
        let text = case.get(name).and_then(Value::as_text).cloned();
        text.unwrap_or_else(|| default.into())
    };
    let call = member(case, "call").unwrap();
    if call == "create" {
        let made = sdk.create(&create(case)).await;
        return made.map(|it| shown(&it)).map_err(|failed| failed.error);
    }
    let mut sandbox = sdk.get(&text("id", "s1")).await?;
    let path = text("path", "/a");
    Ok(match call.as_str() {
        "get" => shown(&sandbox),
        "execute" => ran(sandbox.execute(&"c".into(), 7).await?),
        "read" => {
            let bytes = sandbox.download(&path).await?;
            object("bytes", STANDARD.encode(bytes))
        }
        "write" => {
            sandbox.upload(b"x", &path.to_string_lossy()).await?;
            Object::new().into()
        }
        "delete" => {
            sandbox.delete().await?;
            Object::new().into()
        }
        other => panic!("{other}"),
    })
}

fn object(name: &str, value: impl Into<Value>) -> Value {
    let mut object = Object::new();
    object.insert(name, value);
    object.into()
}

fn shown(sandbox: &Sandbox) -> Value {
    let state = match sandbox.state() {
        "" => Value::Null,
        state => state.into(),
    };
    let mut shown = Object::new();
    shown.insert("id", sandbox.id().clone());
    shown.insert("state", state);
    shown.into()
}

fn ran(ran: Ran) -> Value {
    let code = ran.exit_code.map(|code| object("is", code));
    let mut shown = Object::new();
    shown.insert("exit_code", code.unwrap_or_else(|| "undefined".into()));
    shown.insert("result", ran.result);
    shown.into()
}

fn create(case: &Value) -> Create {
    let params = case.get("params").cloned().unwrap_or(Value::Null);
    let map = |name: &str| -> IndexMap<String, String> {
        let members = params.get(name).and_then(Value::as_object).cloned();
        let members = members.unwrap_or_default();
        let members = members.iter();
        members
            .map(|(name, value)| (name.to_string(), value.to_js_string().to_string()))
            .collect()
    };
    let snapshot = member(&params, "snapshot").map(Source::Snapshot);
    let image = member(&params, "image").map(Source::Image);
    let timeout = member(case, "timeout").map(|it| it.parse().unwrap());
    Create {
        source: image.or(snapshot).unwrap_or(Source::Default),
        env: map("envVars"),
        labels: map("labels"),
        timeout: timeout.map_or(wanted().timeout, Duration::from_secs_f64),
        ..wanted()
    }
}
