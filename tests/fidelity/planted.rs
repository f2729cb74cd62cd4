//! Mistakes planted in a recording: each must be noticed, at its exchange, or the suite shows
//! nothing.

use std::sync::Arc;

use cutover_standin::e2b;
use cutover_standin::engine::process::ProcessEngine;
use cutover_standin::server::StandinOptions;
use libtest_mimic::{Failed, Trial};
use tokio::runtime::Runtime;

use crate::format::Recording;
use crate::play;

/// What fits; `plant` replaces one piece of it.
const RIGHT: &str = r#"
why: A sandbox is made, asked and ended.
source: planted
exchanges:
  - name: make
    send: { method: POST, path: /v2/sandboxes, headers: { X-API-KEY: "${key}", content-type: application/json }, json: { templateID: base } }
    answer: { status: 201, headers: { content-type: application/json, x-next-token: ~ }, json: { templateID: <token>, sandboxID: <id>, clientID: <token>, envdVersion: 0.6.13, domain: ~, alias: base, envdAccessToken: <token> } }
    capture: { id: $.sandboxID, token: $.envdAccessToken }
  - name: run
    send: { method: POST, path: /process.Process/Start, headers: { Host: "49983-${id}.e2b.app", X-Access-Token: "${token}", content-type: application/connect+json }, frames: [{ json: { process: { cmd: /bin/echo, args: [hi] }, stdin: false } }] }
    answer: { status: 200, frames: [{ flags: 0, json: { event: { start: { pid: <int> } } } }, { flags: 0, json: { event: { data: { stdout: aGkK } } } }, { flags: 0, json: { event: { end: { exited: true, status: exit status 0 } } } }, { flags: 2, json: {} }] }
  - name: end
    send: { method: DELETE, path: "/sandboxes/${id}", headers: { X-API-KEY: "${key}" } }
    answer: { status: 204, empty: true }
  - name: look
    send: { method: GET, path: "/sandboxes/${id}", headers: { X-API-KEY: "${key}" } }
    answer: { status: 404, text: '<matches:\{"code":404,"message":"Sandbox \\"${id}\\" .*\}>' }
"#;

/// Piece, what stands in its place, the exchange that must notice, and a part of what it says.
const PLANTED: &[(&str, &str, &str, &str)] = &[
    (
        "status: 201",
        "status: 200",
        "make",
        "wanted status 200, came 201",
    ),
    (
        "content-type: application/json, x-next",
        "content-type: text/plain, x-next",
        "make",
        "header content-type",
    ),
    (
        "x-next-token: ~",
        "x-next-token: <any>",
        "make",
        "no header x-next-token",
    ),
    (
        "content-type: application/json, x-next-token: ~",
        "content-type: ~",
        "make",
        "wanted no header content-type",
    ),
    (
        "alias: base, ",
        "",
        "make",
        "`alias` is there and not wanted",
    ),
    ("alias: base", "alias: base, mcp: <any>", "make", "no `mcp`"),
    (
        "sandboxID: <id>",
        "sandboxID: <uuid>",
        "make",
        "at $.sandboxID",
    ),
    ("domain: ~", "domain: e2b.app", "make", "at $.domain"),
    ("id: $.sandboxID", "id: $.nothing", "make", "$.nothing"),
    ("aGkK", "aGoK", "run", "at $[1].json.event.data.stdout"),
    (
        ", { flags: 2, json: {} }] }",
        "] }",
        "run",
        "wanted 3 items, came 4",
    ),
    ("flags: 2", "flags: 0", "run", "at $[3].flags"),
    (
        "status: 204, empty: true",
        "status: 204, json: {}",
        "end",
        "no JSON",
    ),
    ("Sandbox \\\\", "sandbox \\\\", "look", "wanted"),
];

/// Two: what fits fits, and every mistake is noticed.
pub(crate) fn trials(runtime: &Arc<Runtime>) -> Vec<Trial> {
    let (fits, planted) = (Arc::clone(runtime), Arc::clone(runtime));
    vec![
        Trial::test("runner/what fits fits", move || {
            Ok(fits.block_on(outcome(RIGHT))?)
        }),
        Trial::test("runner/every planted mistake is noticed", move || {
            for (piece, instead, exchange, says) in PLANTED {
                let text = RIGHT.replacen(piece, instead, 1);
                assert_ne!(text, RIGHT, "{piece} is not there to be replaced");
                let Err(why) = planted.block_on(outcome(&text)) else {
                    return Err(Failed::from(format!(
                        "nobody noticed {instead:?} for {piece:?}"
                    )));
                };
                let place = format!("planted: {exchange:?}: ");
                if !why.starts_with(&place) || !why.contains(says) || !why.contains("what came: ") {
                    return Err(Failed::from(format!(
                        "{instead:?} for {piece:?} says: {why}"
                    )));
                }
            }
            Ok(())
        }),
    ]
}

async fn outcome(text: &str) -> Result<(), String> {
    let recording: Recording =
        cutover::scenario::yaml::from_str(text).map_err(|error| error.to_string())?;
    let options = StandinOptions::new(Arc::new(ProcessEngine::new()));
    let standin = e2b::start(options)
        .await
        .map_err(|error| error.to_string())?;
    play::play(standin, "planted", &recording).await
}
