//! The desk: `/__cutover/`.

use reqwest::Method;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::child::{Served, until};
use crate::client::{BOTH, Caller, Provider, json_of};
use crate::{Case, case};

pub(crate) const CASES: &[Case] = &[
    case("the_desk_knows_its_visitors", visitors),
    case("the_desk_refuses_what_it_does_not_understand", mistakes),
    case("the_desk_shows_moves_kills_and_begins_anew", work),
    case("faults_come_and_go_and_never_reach_the_desk", faults),
];

fn visitors(runtime: &Runtime, engine: &str) {
    let served = Served::start(&["both", "--engine", engine]);
    runtime.block_on(async {
        for provider in BOTH {
            let caller = Caller::new(&served, provider);
            let port = caller.addr().rsplit_once(':').unwrap().1.to_owned();
            let local = format!("localhost:{port}");
            let same = format!("http://{local}");
            let (local, right) = (local.as_str(), Some(caller.key.as_str()));
            for (host, origin, key, expected) in [
                (caller.addr(), None, right, 200),
                (local, None, right, 200),
                (local, Some(same.as_str()), right, 200),
                // A name that a stranger's DNS leads here, and pages of other origins.
                ("evil.example", None, right, 403),
                ("127.0.0.1.evil.example", None, right, 403),
                (local, Some("http://evil.example"), right, 403),
                (local, Some("http://localhost:1"), right, 403),
                (local, Some("null"), right, 403),
                (local, None, None, 401),
                (local, None, Some("e2b_00112233"), 401),
                (local, None, Some(""), 401),
            ] {
                let url = format!("{}/__cutover/health", caller.origin);
                let mut request = caller.http.get(url).header("Host", host);
                if let Some(origin) = origin {
                    request = request.header("Origin", origin);
                }
                if let Some(key) = key {
                    request = request.header("X-Cutover-Key", key);
                }
                let (status, body) = json_of(request.send().await.unwrap()).await;
                assert_eq!(status, expected, "{host} {origin:?} {key:?} {body}");
                assert!(expected == 200 || body["message"].is_string(), "{body}");
            }
            let own = caller.ask(Method::GET, "/__cutover/").send().await.unwrap();
            let (status, all) = json_of(own).await;
            assert_eq!(status, 200, "the provider's own header");
            assert_eq!(all["endpoints"].as_array().unwrap().len(), 11);
        }
    });
    served.stop();
}

fn mistakes(runtime: &Runtime, engine: &str) {
    let served = Served::start(&["e2b", "--engine", engine]);
    let long = format!("{{\"faults\": [\"{}\"]}}", "5".repeat(70_000));
    runtime.block_on(async {
        let caller = Caller::new(&served, Provider::E2b);
        for (method, path, body, status, part) in [
            (Method::GET, "nothing", "", 404, "GET /__cutover/ lists"),
            (Method::POST, "health", "", 405, "GET"),
            (Method::DELETE, "clock", "", 405, "GET, POST"),
            (Method::POST, "clock", "", 400, "advance_seconds"),
            (Method::POST, "clock", "{", 400, "advance_seconds"),
            (
                Method::POST,
                "clock",
                "{\"advance\": 1}",
                400,
                "unknown field",
            ),
            (
                Method::POST,
                "clock",
                "{\"advance_seconds\": -1}",
                400,
                "forward",
            ),
            (
                Method::POST,
                "clock",
                "{\"advance_seconds\": 1e12}",
                400,
                "forward",
            ),
            (
                Method::POST,
                "clock",
                "{\"advance_seconds\": \"1\"}",
                400,
                "like",
            ),
            (
                Method::PUT,
                "faults",
                "{\"faults\": [\"304\", \"x\"]}",
                400,
                "`304`",
            ),
            (Method::PUT, "faults", "{\"faults\": \"503\"}", 400, "like"),
            (Method::PUT, "faults", long.as_str(), 413, "longer"),
            (
                Method::POST,
                "sandboxes/none/kill",
                "",
                404,
                "no running sandbox `none`",
            ),
            (
                Method::POST,
                "sandboxes/%1b%5b2J/expire",
                "",
                404,
                "\\u{1b}",
            ),
        ] {
            let (got, answer) = caller.desk(method.clone(), path, body).await;
            assert_eq!(got, status, "{method} {path} {body:.40} {answer}");
            let message = answer["message"].as_str().unwrap_or_default();
            assert!(message.contains(part), "{message}");
        }
    });
    served.stop();
}

fn work(runtime: &Runtime, engine: &str) {
    let served = Served::start(&["both", "--engine", engine]);
    runtime.block_on(async {
        for provider in BOTH {
            let caller = Caller::new(&served, provider);
            let [first, second, third] = [
                caller.create().await,
                caller.create().await,
                caller.create().await,
            ];
            let (_, all) = caller.desk(Method::GET, "sandboxes", "").await;
            let state = |all: &serde_json::Value, id: &str| {
                let all = all["sandboxes"].as_array().unwrap();
                let found = all.iter().find(|it| it["id"] == id);
                found.map(|it| it["state"].as_str().unwrap().to_owned())
            };
            let up = match provider {
                Provider::E2b => "running",
                Provider::Daytona => "started",
            };
            for made in [&first, &second, &third] {
                assert_eq!(state(&all, &made.id).as_deref(), Some(up));
            }
            let kill = format!("sandboxes/{}/kill", first.id);
            assert_eq!(caller.desk(Method::POST, &kill, "").await.0, 200);
            let dead = caller.command(&first, "true").send().await.unwrap();
            assert_eq!(dead.status(), 502, "its machine is gone");
            let expire = format!("sandboxes/{}/expire", second.id);
            assert_eq!(caller.desk(Method::POST, &expire, "").await.0, 200);
            let (_, all) = caller.desk(Method::GET, "sandboxes", "").await;
            let after = [&first, &second, &third].map(|made| state(&all, &made.id));
            let word = |text: &str| Some(text.to_owned());
            match provider {
                Provider::E2b => assert_eq!(after, [None, None, word(up)]),
                Provider::Daytona => {
                    assert_eq!(after, [word("dead"), word("stopped"), word(up)]);
                }
            }
            assert_eq!(caller.execute(&third, "echo up").await, "up\n");
            let (_, health) = caller.desk(Method::GET, "health", "").await;
            assert!(health["requests"].as_u64().unwrap() >= 5, "{health}");
            let (status, reset) = caller.desk(Method::POST, "reset", "").await;
            let left = if provider == Provider::E2b { 1 } else { 3 };
            assert_eq!((status, reset), (200, json!({"destroyed": left})));
            assert_eq!(caller.count().await, 0);
            let (_, health) = caller.desk(Method::GET, "health", "").await;
            assert_eq!(health["requests"], 0);
            let made = caller.create().await;
            assert_eq!(caller.execute(&made, "echo again").await, "again\n");
            caller.kill(&made).await;
        }
        until("no process is left", || served.children() == 0).await;
    });
    served.stop();
}

fn faults(runtime: &Runtime, engine: &str) {
    let served = Served::start(&["both", "--engine", engine, "--fault", "daytona=503"]);
    runtime.block_on(async {
        for provider in BOTH {
            let caller = Caller::new(&served, provider);
            let list = match provider {
                Provider::E2b => "/v2/sandboxes",
                Provider::Daytona => "/api/sandbox",
            };
            let status = async || {
                let sent = caller.ask(Method::GET, list).send().await.unwrap();
                sent.status().as_u16()
            };
            let first = if provider == Provider::E2b { 200 } else { 503 };
            assert_eq!(status().await, first);
            let body = "{\"faults\": [\"500:50%\", \"latency:1ms\"]}";
            let (code, answer) = caller.desk(Method::PUT, "faults", body).await;
            assert_eq!(code, 200);
            assert_eq!(answer["faults"], json!(["500:50%", "latency:1ms"]));
            // The desk is asked in between and takes part in no counting.
            let mut seen = Vec::new();
            for _ in 0..4 {
                seen.push(status().await);
                assert_eq!(caller.desk(Method::GET, "clock", "").await.0, 200);
            }
            assert_eq!(seen, [200, 500, 200, 500]);
            let (_, cleared) = caller.desk(Method::DELETE, "faults", "").await;
            assert_eq!(cleared["faults"], json!([]));
            assert_eq!(status().await, 200);
            let (_, health) = caller.desk(Method::GET, "health", "").await;
            let hit = if provider == Provider::E2b { 4 } else { 5 };
            assert_eq!(health["faults_hit"], hit, "{health}");
        }
    });
    served.stop();
}
