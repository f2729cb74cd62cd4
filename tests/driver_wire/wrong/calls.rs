//! Every call of both drivers, answered in every wrong way.

use std::time::{Duration, Instant};

use cutover::call::Provider;
use cutover::call::sandbox_call::{MoveFile, Provision, RemoveFile, SendStdin, StartBackground};
use cutover::driver::{
    CallContext, DriverError, Labels, ProcessHandle, SandboxDriver, SandboxHandle, Suspend,
};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde_json::json;
use tokio::time::timeout;

use super::server::WrongServer;
use super::ways::{AFTER_START, Answer, Way, all};
use crate::setup::{Setup, command, list, setup_within, write};

/// No call may take longer than some of these: a create is several calls.
const PATIENCE: Duration = Duration::from_millis(400);
const CALLS_MAX: u32 = 12;

/// Ways that are answered at a time.
const AT_ONCE: usize = 8;

pub(crate) fn driver(provider: Provider, url: &str, patience: Duration) -> Setup {
    let daytona = format!("{url}/api");
    let vars = [
        (
            "E2B_API_KEY",
            "e2b_0123456789abcdef0123456789abcdef01234567",
        ),
        ("E2B_API_URL", url),
        ("E2B_SANDBOX_URL", url),
        ("DAYTONA_API_KEY", "dtn_0123456789abcdef0123456789abcdef"),
        ("DAYTONA_API_URL", daytona.as_str()),
    ];
    setup_within(provider, &vars, patience)
}

type Call<'a> = (&'static str, BoxFuture<'a, Result<(), DriverError>>);

fn calls<'a>(
    driver: &'a dyn SandboxDriver,
    at: &'a SandboxHandle,
    process: &'a ProcessHandle,
    cx: &'a CallContext,
) -> Vec<Call<'a>> {
    macro_rules! call {
        ($name:literal, $made:expr) => {
            ($name, async move { $made.await.map(drop) }.boxed())
        };
    }
    let rest = match driver.provider() {
        Provider::E2b => Suspend::Pause,
        Provider::Daytona => Suspend::Stop,
    };
    let mut calls = vec![
        call!(
            "create",
            driver.create(&Provision::default(), &Labels::new(), cx)
        ),
        call!("destroy", driver.destroy(at, cx)),
        call!("list", driver.list(&Labels::new(), cx)),
        call!("suspend", driver.suspend(at, rest, cx)),
        call!("state", driver.state(at, cx)),
        call!("resume", driver.resume(at, cx)),
        call!("execute", async {
            driver.execute(at, &command("x"), cx).await
        }),
        call!("start_background", async {
            let start = StartBackground {
                process: "p".to_owned(),
                cmd: "x".to_owned(),
                ..StartBackground::default()
            };
            driver.start_background(at, &start, cx).await
        }),
        call!("send_stdin", async {
            let send = SendStdin {
                process: "p".to_owned(),
                data: "x".into(),
                close: false,
            };
            driver.send_stdin(at, process, &send, cx).await
        }),
        call!("home", driver.home(at, cx)),
        call!("read_file", driver.read_file(at, "/f", cx)),
        call!("write_file", async {
            driver.write_file(at, &write("/f", "x"), cx).await
        }),
        call!("list_files", async {
            driver.list_files(at, &list("/", None), cx).await
        }),
        call!("stat_file", driver.stat_file(at, "/f", cx)),
        call!("move_file", async {
            let (from, to) = ("/f".to_owned(), "/g".to_owned());
            driver.move_file(at, &MoveFile { from, to }, cx).await
        }),
        call!("make_dir", driver.make_dir(at, "/d", cx)),
        call!("remove_file", async {
            let (path, recursive) = ("/f".to_owned(), true);
            driver
                .remove_file(at, &RemoveFile { path, recursive }, cx)
                .await
        }),
    ];
    match driver.provider() {
        Provider::E2b => {
            calls.push(call!(
                "send_signal",
                driver.send_signal(at, process, "TERM", cx)
            ));
        }
        Provider::Daytona => {
            // As long as any call may take: how fast the machine is does not decide.
            let limit = PATIENCE * CALLS_MAX;
            calls.push(call!("wait_process", async move {
                // As the guard of a run ends what would wait for ever.
                let waited = timeout(limit, driver.wait_process(at, process, cx)).await;
                waited.unwrap_or_else(|_| Err(DriverError::Harness("guarded".to_owned())))
            }));
        }
    }
    calls
}

/// Whether a way is the very form in which this provider tells the success of this call.
fn is_its_own(provider: Provider, call: &str, way: &Way) -> bool {
    let name = way.name.as_str();
    let empty = [
        "success without a body",
        "success without a body that says JSON",
    ]
    .contains(&name);
    match (provider, call) {
        (Provider::E2b, "destroy" | "suspend") => empty || name == "204" || is_success(way),
        (Provider::E2b, "start_background") => name.starts_with(AFTER_START),
        (Provider::E2b, "read_file") => false,
        (Provider::Daytona, "remove_file" | "send_stdin") => {
            empty || name == "204" || is_success(way)
        }
        (Provider::Daytona, "make_dir") => empty,
        (Provider::Daytona, "move_file") => name == "success without a body",
        _ => false,
    }
}

/// Of a route whose success is 204 nothing but the status is left of a whole answer.
fn is_success(way: &Way) -> bool {
    matches!(way.answer, Answer::Whole(0, ..))
}

async fn check(way: &Way, provider: Provider, elsewhere: &WrongServer) -> Vec<String> {
    let server = WrongServer::serve(way.answer.clone(), false).await;
    let t = driver(provider, &server.url, PATIENCE);
    let at = SandboxHandle {
        id: "i1".to_owned(),
        private: json!({
            "token": "t", "envd": "0.6.13", "toolbox": format!("{}/toolbox", server.url)
        }),
    };
    let process = ProcessHandle {
        id: "7".to_owned(),
        private: json!({ "session": "s" }),
    };
    let begun = Instant::now();
    let calls = calls(&*t.driver, &at, &process, &t.cx);
    let results = join_all(
        calls
            .into_iter()
            .map(|(name, call)| async move { (name, call.await) }),
    );
    let mut wrong = Vec::new();
    for (call, result) in results.await {
        let fine = match &result {
            Err(DriverError::Failed(failure)) => {
                // A refused create is an error by its surface, whatever its class.
                failure.class.is_error() || call == "create"
            }
            Err(DriverError::Harness(_)) => false,
            Err(DriverError::Unsupported(_)) => false,
            Ok(()) => is_its_own(provider, call, way),
        };
        if !fine {
            wrong.push(format!("{provider} {call}, {}: {result:?}", way.name));
        }
    }
    if begun.elapsed() > PATIENCE * CALLS_MAX {
        wrong.push(format!(
            "{provider}, {}: took {:?}",
            way.name,
            begun.elapsed()
        ));
    }
    if elsewhere.requests() > 0 {
        wrong.push(format!("{provider}, {}: a redirect was followed", way.name));
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_answered_wrongly_is_an_error() {
    let elsewhere = WrongServer::serve(Answer::Raw(Vec::new()), false).await;
    let ways = all(&elsewhere.url);
    assert!(ways.len() > 65, "{}", ways.len());
    let mut wrong = Vec::new();
    for some in ways.chunks(AT_ONCE) {
        let checks = some.iter().flat_map(|way| {
            [Provider::E2b, Provider::Daytona].map(|provider| check(way, provider, &elsewhere))
        });
        wrong.extend(join_all(checks).await.into_iter().flatten());
    }
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What is read whole has an end, however much comes.
#[tokio::test]
async fn what_does_not_end_is_cut_off() {
    let flood = Answer::Forever(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[\"".to_vec(),
        vec![b'x'; 1 << 20],
    );
    let server = WrongServer::serve(flood, false).await;
    let t = driver(Provider::E2b, &server.url, Duration::from_secs(60));
    let listed = t.driver.list(&Labels::new(), &t.cx).await;
    let Err(DriverError::Failed(failure)) = listed else {
        panic!("{listed:?}");
    };
    assert!(
        failure.message.contains("larger than 16777216 bytes"),
        "{failure}"
    );
}
