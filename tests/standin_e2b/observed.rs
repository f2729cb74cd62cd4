//! Metrics, logs, templates: what is told of what is there (contract 1.4, 1.7, 7.1).

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::fake::FakeEngine;
use crate::support::{Frames, World, answer, end, shell, until};

#[tokio::test]
async fn metrics_are_measured_and_kept() {
    let world = World::start().await;
    let made = world.sandbox().await;
    // Once it has spoken it holds memory; a process that is just becoming its program holds none.
    let start = shell("echo up; sleep 600");
    let mut frames = Frames::open(world.stream(&made, "process.Process/Start", &start)).await;
    frames.pid().await;
    frames.next().await;
    let path = format!("/sandboxes/{}/metrics", made.id);
    // While the shell makes its next process, what both share is of neither.
    let all = async || world.get(&path).await.1.as_array().unwrap().clone();
    let holds = |it: &Value| it["memUsed"].as_u64() > Some(0);
    until("memory is held", || async { all().await.iter().any(holds) }).await;
    let metrics = all().await;
    let first = metrics.iter().find(|it| holds(it)).unwrap();
    for name in [
        "timestampUnix",
        "cpuCount",
        "memUsed",
        "memTotal",
        "diskTotal",
    ] {
        assert!(first[name].as_u64().unwrap() > 0, "{name}: {first}");
    }
    for name in ["cpuUsedPct", "memCache", "diskUsed"] {
        assert!(first[name].is_number(), "{name}: {first}");
    }
    let at = first["timestampUnix"].as_i64().unwrap();
    let of = async |query: String| {
        let (_, found) = world.get(&format!("{path}?{query}")).await;
        let found = found.as_array().unwrap().iter();
        found.filter(|it| it["timestampUnix"] == json!(at)).count()
    };
    assert!(of(format!("start={at}&end={at}")).await > 0);
    assert_eq!(of(format!("start={}", at + 1)).await, 0);
    assert_eq!(of(format!("end={}", at - 1)).await, 0);
    for query in ["start=x", "end=-1", "start=2&end=1"] {
        assert_eq!(
            world.get(&format!("{path}?{query}")).await.0,
            400,
            "{query}"
        );
    }
    let many = format!("/sandboxes/metrics?sandbox_ids={},inever", made.id);
    let (status, many) = world.get(&many).await;
    assert_eq!(status, 200);
    let sandboxes = many["sandboxes"].as_object().unwrap();
    assert_eq!(sandboxes.len(), 1);
    assert!(sandboxes[&made.id]["memUsed"].is_u64());
    let too_many = vec!["i0"; 101].join(",");
    for query in ["", "?sandbox_ids=A", &format!("?sandbox_ids={too_many}")] {
        let (status, _) = world.get(&format!("/sandboxes/metrics{query}")).await;
        assert_eq!(status, 400, "{query}");
    }
    // A paused sandbox is not measured, and what was measured is still there.
    drop(frames);
    let pause = format!("/sandboxes/{}/pause", made.id);
    assert_eq!(world.post(&pause, json!({})).await.0, 204);
    let before = world.get(&path).await;
    assert!(!before.1.as_array().unwrap().is_empty());
    assert_eq!(world.get(&path).await, before);
    assert_eq!(world.get("/sandboxes/inever/metrics").await.0, 404);
}

#[tokio::test]
async fn logs_tell_the_life_of_a_sandbox_and_of_its_processes() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let run = world.run(&made, "exit 3").await;
    assert_eq!(end(&run)["exitCode"], 3);
    let path = format!("/sandboxes/{}", made.id);
    // The end is told before it is written down.
    until("written down", || async {
        let (_, logs) = world.get(&format!("/v2{path}/logs")).await;
        logs["logs"].as_array().unwrap().len() == 3
    })
    .await;
    world.standin.clock().advance(Duration::from_secs(1));
    assert_eq!(world.post(&format!("{path}/pause"), json!({})).await.0, 204);
    let logs = async |query: &str| -> Vec<Value> {
        let (status, logs) = world.get(&format!("/v2{path}/logs?{query}")).await;
        assert_eq!(status, 200, "{query}: {logs}");
        logs["logs"].as_array().unwrap().clone()
    };
    let texts = |logs: &[Value]| -> Vec<String> {
        let text = |entry: &Value| entry["message"].as_str().unwrap().to_owned();
        logs.iter().map(text).collect()
    };
    let all = logs("").await;
    let expected = [
        "Sandbox started",
        "Process started",
        "Process ended",
        "Sandbox paused (full)",
    ];
    assert_eq!(texts(&all), expected);
    assert_eq!(all[0]["level"], "info");
    assert_eq!(all[1]["fields"]["cmd"], "/bin/bash");
    assert_eq!(all[2]["fields"]["status"], "exit status 3");
    assert_eq!(all[1]["fields"]["pid"], all[2]["fields"]["pid"]);
    let at = |entry: &Value| -> i64 {
        let at: jiff::Timestamp = entry["timestamp"].as_str().unwrap().parse().unwrap();
        at.as_millisecond()
    };
    let last = at(&all[3]);
    for (query, expected) in [
        (
            "limit=2".to_owned(),
            vec!["Sandbox started", "Process started"],
        ),
        (
            "limit=1&direction=backward".to_owned(),
            vec!["Sandbox paused (full)"],
        ),
        (format!("cursor={last}"), vec!["Sandbox paused (full)"]),
        (
            format!("cursor={}&direction=backward&limit=1", last - 1),
            vec!["Process ended"],
        ),
        ("search=PAUSED".to_owned(), vec!["Sandbox paused (full)"]),
        ("level=warn".to_owned(), vec![]),
        ("limit=0".to_owned(), vec![]),
    ] {
        assert_eq!(texts(&logs(&query).await), expected, "{query}");
    }
    for query in ["level=loud", "direction=up", "limit=1001", "cursor=x"] {
        let (status, _) = world.get(&format!("/v2{path}/logs?{query}")).await;
        assert_eq!(status, 400, "{query}");
    }
}

#[tokio::test]
async fn the_deprecated_logs_have_both_forms() {
    let world = World::start().await;
    let made = world.sandbox().await;
    let path = format!("/sandboxes/{}/logs", made.id);
    let (status, old) = world.get(&format!("{path}?limit=1&start=1")).await;
    assert_eq!(status, 200);
    assert_eq!(old["logEntries"][0]["message"], "Sandbox started");
    assert_eq!(
        old["logs"][0]["timestamp"],
        old["logEntries"][0]["timestamp"]
    );
    let line: Value = serde_json::from_str(old["logs"][0]["line"].as_str().unwrap()).unwrap();
    assert_eq!(line["message"], "Sandbox started");
    let (_, none) = world.get(&format!("{path}?start=99999999999999")).await;
    assert_eq!(none, json!({"logs": [], "logEntries": []}));
    assert_eq!(world.get("/v2/sandboxes/inever/logs").await.0, 404);
}

#[tokio::test]
async fn templates_are_those_built_in() {
    let world = World::start().await;
    let (status, all) = world.get("/templates").await;
    assert_eq!(status, 200);
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 3);
    for template in all {
        for name in ["templateID", "buildID", "envdVersion", "createdAt"] {
            assert!(template[name].is_string(), "{name}: {template}");
        }
        let alias = template["aliases"][0].as_str().unwrap();
        let (status, found) = world
            .get(&format!("/templates/aliases/{}", alias.replace('/', "%2F")))
            .await;
        let expected = json!({"templateID": template["templateID"], "public": true});
        assert_eq!((status, found), (200, expected));
        let id = template["templateID"].as_str().unwrap();
        let (status, one) = world.get(&format!("/templates/{id}")).await;
        assert_eq!((status, &one["templateID"]), (200, &json!(id)));
        assert_eq!(one["builds"][0]["buildID"], template["buildID"]);
        let (_, tags) = world.get(&format!("/templates/{id}/tags")).await;
        assert_eq!(tags[0]["tag"], "default");
    }
    let page = world
        .control(Method::GET, "/v2/templates?limit=2")
        .send()
        .await
        .unwrap();
    assert!(page.headers().contains_key("x-next-token"));
    assert_eq!(
        page.json::<Value>()
            .await
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let missing = world.get("/templates/aliases/nope").await;
    let expected = json!({"code": 404, "message": "template 'nope' not found"});
    assert_eq!(missing, (404, expected));
    assert_eq!(world.get("/templates/a%2Fb%2Fc").await.0, 400);
}

#[tokio::test]
async fn a_snapshot_is_a_template_too() {
    let engine = Arc::new(FakeEngine::new(false));
    let world = World::with(|options| options.engine = engine).await;
    let made = world.sandbox().await;
    let path = format!("/sandboxes/{}/snapshots", made.id);
    assert_eq!(world.post(&path, json!({"name": "a:v1"})).await.0, 201);
    let (_, all) = world.get("/templates").await;
    let last = all.as_array().unwrap().last().unwrap();
    assert_eq!(last["names"], json!(["local/a"]));
    assert_eq!(last["public"], json!(false));
    let (status, found) = world.get("/templates/aliases/a").await;
    let expected = json!({"templateID": last["templateID"], "public": false});
    assert_eq!((status, found), (200, expected));
    let (_, tags) = world.get("/templates/a/tags").await;
    assert_eq!(tags[0]["tag"], "v1");
    assert_eq!(
        answer(world.control(Method::DELETE, "/templates/a"))
            .await
            .0,
        204
    );
    assert_eq!(world.get("/templates/aliases/a").await.0, 404);
}
