//! Lists: filters, order, pages (contract 1.5).

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let world = World::start().await;
    for name in ["a1", "a2", "b1"] {
        world
            .make(json!({"name": name, "labels": {"team": &name[..1]}}))
            .await;
    }
    let names = |body: &Value| -> Vec<String> {
        let items = body["items"].as_array().unwrap().iter();
        items
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let cases = [
        ("sort=name&order=asc", vec!["a1", "a2", "b1"]),
        ("name=A&sort=name&order=asc", vec!["a1", "a2"]),
        ("labels=%7B%22team%22%3A%22b%22%7D", vec!["b1"]),
        ("states=stopped", vec![]),
        (
            "states=started&states=stopped&order=asc",
            vec!["a1", "a2", "b1"],
        ),
    ];
    for (query, expected) in cases {
        let (status, body) = world
            .call(&format!("GET /api/sandbox?{query}"), Value::Null)
            .await;
        assert_eq!(
            (status, names(&body)),
            (200, expected.iter().map(|&s| s.to_owned()).collect()),
            "{query}"
        );
        assert_eq!(body["nextCursor"], Value::Null);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let route = format!("GET /api/sandbox?limit=2&cursor={cursor}");
        let (_, body) = world.call(&route, Value::Null).await;
        seen.extend(names(&body));
        assert!(
            body["items"]
                .as_array()
                .unwrap()
                .iter()
                .all(|item| item.get("env").is_none())
        );
        match body["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(seen, ["b1", "a2", "a1"]);
    let (status, _) = world.call("GET /api/sandbox?limit=201", Value::Null).await;
    assert_eq!(status, 400);
    let (_, page) = world
        .call("GET /api/sandbox/paginated?limit=2&page=2", Value::Null)
        .await;
    assert_eq!(
        (&page["total"], &page["totalPages"], names(&page)),
        (&json!(3), &json!(2), vec!["a1".to_owned()])
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn every_filter_has_its_effect() {
    let world = World::start().await;
    world
        .make(json!({"name": "one", "public": true, "ttlMinutes": 60}))
        .await;
    world
        .standin
        .clock()
        .advance(Duration::from_secs(3600 * 24));
    world
        .make(json!({"name": "two", "target": "eu", "snapshot": "litellm"}))
        .await;
    world
        .make(json!({"name": "three", "autoStopInterval": 0}))
        .await;
    let cases = [
        ("isPublic=true", ""),
        ("isPublic=false", "three,two"),
        ("isRecoverable=true", ""),
        ("isRecoverable=false", "three,two"),
        ("regionIds=eu", "two"),
        ("snapshots=litellm", "two"),
        ("sandboxClasses=container", "three,two"),
        ("sandboxClasses=linux-vm", ""),
        ("minCpu=1&maxCpu=1", "three,two"),
        ("minCpu=2", ""),
        ("minMemoryGiB=2", ""),
        ("maxDiskGiB=2", ""),
        ("createdAtAfter=2020-01-01T00:00:00Z", "three,two"),
        ("createdAtBefore=2020-01-01", ""),
        ("lastEventBefore=2020-01-01T00:00:00Z", ""),
        ("autoDestroyAtBefore=2100-01-01T00:00:00Z", ""),
        (
            "states=started,error&includeErroredDeleted=true",
            "three,two",
        ),
        ("sort=cpu&order=asc&name=t", "two,three"),
    ];
    world.until_gone("one").await;
    for (query, expected) in cases {
        // The first of a name counts, so that a case may sort for itself.
        let route = format!("GET /api/sandbox?{query}&sort=name&order=asc");
        let (status, body) = world.call(&route, Value::Null).await;
        assert_eq!(status, 200, "{query}: {body}");
        let items = body["items"].as_array().unwrap().iter();
        let names: Vec<&str> = items.map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(names.join(","), expected, "{query}");
    }
    world.standin.stop().await;
}

#[tokio::test]
async fn a_filter_of_a_wrong_kind_is_refused() {
    let world = World::start().await;
    world
        .refuses(&[
            (
                "GET /api/sandbox?limit=0",
                Value::Null,
                400,
                "limit must not be less than 1",
            ),
            (
                "GET /api/sandbox?cursor=%21",
                Value::Null,
                400,
                "Invalid cursor",
            ),
            (
                "GET /api/sandbox?labels=x",
                Value::Null,
                400,
                "labels must be a json string",
            ),
            (
                "GET /api/sandbox?minCpu=x",
                Value::Null,
                400,
                "minCpu must be an integer number",
            ),
            (
                "GET /api/sandbox?isPublic=x",
                Value::Null,
                400,
                "isPublic must be a boolean value",
            ),
            (
                "GET /api/sandbox?createdAtAfter=x",
                Value::Null,
                400,
                "createdAtAfter must be a Date instance",
            ),
            (
                "GET /api/sandbox?order=x",
                Value::Null,
                400,
                "order must be one of the following values: asc, desc",
            ),
            (
                "GET /api/sandbox?sort=x",
                Value::Null,
                400,
                "sort must be one of the following values: name, cpu, memoryGib, diskGib, \
                 lastActivityAt, createdAt",
            ),
        ])
        .await;
    world.standin.stop().await;
}

#[tokio::test]
async fn a_cursor_survives_what_goes_away() {
    let world = World::start().await;
    for name in ["a", "b", "c", "d"] {
        world.make(json!({"name": name})).await;
    }
    let page = |cursor: String| {
        let world = &world;
        async move {
            let route = format!("GET /api/sandbox?sort=name&order=asc&limit=2&cursor={cursor}");
            world.call(&route, Value::Null).await.1
        }
    };
    let first = page(String::new()).await;
    world.call("DELETE /api/sandbox/a", Value::Null).await;
    world.until_gone("a").await;
    let second = page(first["nextCursor"].as_str().unwrap().to_owned()).await;
    let names: Vec<_> = second["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["name"])
        .collect();
    assert_eq!(names, ["c", "d"]);
    assert_eq!(second["nextCursor"], Value::Null);
    world.standin.stop().await;
}
