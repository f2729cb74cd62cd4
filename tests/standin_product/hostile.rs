//! Bad clients of the server as a whole: what each gets, and that it costs the server nothing.

use futures_util::stream;
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::child::{Served, until};
use crate::client::{BOTH, Caller, Made, Provider, json_of};
use crate::{Case, case, isolated};

pub(crate) const CASES: &[Case] = &[
    case("strangers_get_the_providers_refusals", strangers),
    case("dead_sandboxes_answer_as_the_proxy_does", dead),
    case("clients_that_leave_in_the_middle_leave_nothing", leavers),
    isolated("a_gibibyte_goes_through_in_bounded_memory", gibibyte),
];

/// Memory of the server in any of these tests. A debug build serving small requests needs about
/// a third; what is claimed is that a body's size does not show.
const PEAK_KIB_MAX: u64 = 96 * 1024;

fn strangers(runtime: &Runtime, engine: &str) {
    let served = Served::start(&["both", "--engine", engine]);
    let others = Served::start(&["both", "--engine", engine]);
    runtime.block_on(async {
        for provider in BOTH {
            let ours = Caller::new(&served, provider);
            let theirs = Caller::new(&others, provider);
            let made = theirs.create().await;
            let (list, one, wrong) = match provider {
                Provider::E2b => ("/v2/sandboxes", "/sandboxes/", "e2b_00112233445566778899"),
                Provider::Daytona => ("/api/sandbox", "/api/sandbox/", "dtn_00112233445566778899"),
            };
            for key in [
                None,
                Some(wrong),
                Some("nonsense"),
                Some(theirs.key.as_str()),
            ] {
                let mut stranger = ours.clone();
                stranger.key = key.unwrap_or_default().to_owned();
                let request = match key {
                    None => ours.http.get(format!("{}{list}", ours.origin)),
                    Some(_) => stranger.ask(Method::GET, list),
                };
                let (status, body) = json_of(request.send().await.unwrap()).await;
                assert_eq!(status, 401, "{provider:?} {key:?} {body}");
                assert!(body["message"].is_string(), "{body}");
                assert!(!body.to_string().contains(&ours.key));
            }
            // Another team's sandbox does not exist, on either plane.
            let path = format!("{one}{}", made.id);
            for method in [Method::GET, Method::DELETE] {
                let sent = ours.ask(method, &path).send().await.unwrap();
                let (status, body) = json_of(sent).await;
                assert_eq!(status, 404, "{provider:?} {body}");
            }
            let sent = ours.command(&made, "echo stolen").send().await.unwrap();
            let (status, body) = json_of(sent).await;
            let expected = if provider == Provider::E2b { 502 } else { 401 };
            assert_eq!(status, expected, "{provider:?} {body}");
            assert!(!body.to_string().contains("stolen"));
            assert_eq!(theirs.execute(&made, "echo mine").await, "mine\n");
        }
    });
    others.stop();
    served.stop();
}

fn dead(runtime: &Runtime, engine: &str) {
    let served = Served::start(&["both", "--engine", engine]);
    runtime.block_on(async {
        for provider in BOTH {
            let caller = Caller::new(&served, provider);
            let made = caller.create().await;
            let kill = format!("sandboxes/{}/kill", made.id);
            assert_eq!(caller.desk(Method::POST, &kill, "").await.0, 200);
            for request in [
                caller.command(&made, "true"),
                caller.upload(&made, "/tmp/x", "text".into()),
            ] {
                let (status, body) = json_of(request.send().await.unwrap()).await;
                assert_eq!(status, 502, "{provider:?} {body}");
            }
            let deleted = made.clone();
            assert!(caller.kill(&deleted).await < 500);
        }
        until("nothing is left", || served.children() == 0).await;
    });
    served.stop();
}

/// What is sent before the connection is closed; `{id}` and `{key}` stand for the sandbox's.
const HALVES: &[(Provider, &str)] = &[
    (Provider::E2b, "GET /v2/sand"),
    (
        Provider::E2b,
        "POST /v2/sandboxes HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nContent-Length: 99\r\n\r\n{\"templ",
    ),
    (
        Provider::E2b,
        "POST /files?path=/tmp/a HTTP/1.1\r\nHost: localhost\r\nE2b-Sandbox-Id: {id}\r\nE2b-Sandbox-Port: 49983\r\nX-Access-Token: {token}\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
    ),
    (
        Provider::E2b,
        "POST /process.Process/Start HTTP/1.1\r\nHost: localhost\r\nE2b-Sandbox-Id: {id}\r\nE2b-Sandbox-Port: 49983\r\nX-Access-Token: {token}\r\nContent-Type: application/connect+json\r\nContent-Length: 999\r\n\r\n\0\0\0\u{3}{",
    ),
    (
        Provider::Daytona,
        "GET /api/sandbox/{id} HTTP/1.1\r\nHost: x\r\nAuthor",
    ),
    (
        Provider::Daytona,
        "POST /toolbox/{id}/process/execute HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: 99\r\n\r\n{\"comm",
    ),
    (
        Provider::Daytona,
        "POST /toolbox/{id}/files/upload?path=/tmp/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 999\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nhalf",
    ),
    // Upgrades: a first frame that announces more than it holds, and none at all.
    (
        Provider::Daytona,
        "GET /toolbox/{id}/process/session/s/command/c/logs?follow=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
    (
        Provider::Daytona,
        "GET /toolbox/{id}/process/pty/p/connect HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\u{1}\u{7e}",
    ),
    (
        Provider::Daytona,
        "GET /api/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\u{1}\u{5}a",
    ),
];

fn leavers(runtime: &Runtime, engine: &str) {
    let served = Served::start(&["both", "--engine", engine]);
    runtime.block_on(async {
        let mut places: Vec<(Caller, Made)> = Vec::new();
        for provider in BOTH {
            let caller = Caller::new(&served, provider);
            let made = caller.create().await;
            caller.execute(&made, "true").await;
            places.push((caller, made));
        }
        let before = (served.descriptors(), served.children());
        for (provider, text) in HALVES {
            let (caller, made) = &places[usize::from(*provider == Provider::Daytona)];
            let token = made.token().to_owned();
            let text = text
                .replace("{id}", &made.id)
                .replace("{key}", &caller.key)
                .replace("{token}", &token);
            for linger in [false, true] {
                let mut half = TcpStream::connect(caller.addr()).await.unwrap();
                half.write_all(text.as_bytes()).await.unwrap();
                if linger {
                    // Half closed: the answer, if there is one, can still be read.
                    half.shutdown().await.unwrap();
                    let mut answer = Vec::new();
                    let read = half.read_to_end(&mut answer);
                    let read = tokio::time::timeout(crate::child::PATIENCE, read).await;
                    let _reset_or_end = read.expect("the server ends what cannot go on");
                }
            }
        }
        for (caller, made) in &places {
            // Streams that are not read to their end, and answers that nobody waits for.
            for script in [
                "yes | head -c 5000000",
                "echo one; sleep 2",
                "head -c 9000000 /dev/zero",
            ] {
                let sent = caller.command(made, script).send();
                let sent = tokio::time::timeout(std::time::Duration::from_millis(300), sent);
                if let Ok(Ok(mut response)) = sent.await {
                    let _some = response.chunk().await;
                }
            }
        }
        for (caller, made) in &places {
            assert_eq!(caller.execute(made, "echo well").await, "well\n");
        }
        let made: Vec<Made> = places.iter().map(|it| it.1.clone()).collect();
        // A client keeps idle connections of its own; they go with it.
        drop(places);
        until("descriptors and processes are as before", || {
            served.descriptors() <= before.0 && served.children() <= before.1
        })
        .await;
        for (provider, made) in BOTH.into_iter().zip(&made) {
            let caller = Caller::new(&served, provider);
            assert!(caller.kill(made).await < 300);
            assert_eq!(caller.desk(Method::POST, "reset", "").await.0, 200);
        }
        until("no process is left", || served.children() == 0).await;
    });
    assert!(
        served.peak_kib() < PEAK_KIB_MAX,
        "{} KiB",
        served.peak_kib()
    );
    served.stop();
}

fn gibibyte(runtime: &Runtime, engine: &str) {
    let piece = bytes::Bytes::from(vec![b'x'; 1 << 20]);
    let served = Served::start(&["both", "--engine", engine]);
    runtime.block_on(async {
        for provider in BOTH {
            let caller = Caller::new(&served, provider);
            let made = caller.create().await;
            let pieces = std::iter::repeat_n(piece.clone(), 1024);
            let pieces = stream::iter(pieces.map(Ok::<_, std::io::Error>));
            let body = reqwest::Body::wrap_stream(pieces);
            let sent = caller.upload(&made, "/tmp/large", body).send().await;
            // A sandbox has 1 GiB of files in all, so the last piece meets a full disk; whether
            // the client still hears of it depends on how much it has yet to send.
            if let Ok(response) = sent {
                let (status, body) = json_of(response).await;
                let told = body.to_string().to_lowercase();
                let full = told.contains("space") || told.contains("disk");
                assert!(status < 300 || full, "{provider:?} {status} {body}");
            }
            let size = caller
                .execute(&made, "stat -c %s /tmp/large* /tmp/.large* 2>&1; true")
                .await;
            assert!(!size.contains("panicked"), "{size}");
            // Back again: what is there is read as a stream.
            caller
                .execute(&made, "rm -f /tmp/*; truncate -s 1G /tmp/sparse")
                .await;
            let mut response = caller.read(&made, "/tmp/sparse").await;
            assert_eq!(response.status(), 200);
            let mut read = 0;
            while let Some(chunk) = response.chunk().await.unwrap() {
                read += chunk.len();
            }
            assert_eq!(read, 1 << 30);
            caller.kill(&made).await;
        }
        until("no process is left", || served.children() == 0).await;
    });
    assert!(
        served.peak_kib() < PEAK_KIB_MAX,
        "{} KiB",
        served.peak_kib()
    );
    served.stop();
}
