//! What our own machine cannot do is not blamed on the provider.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use cutover::call::Provider;
use cutover::driver::{DriverError, Labels, SandboxHandle};
use cutover_base::blob::BlobStore;
use cutover_base::redact::Redactor;
use serde_json::json;

use super::server::{Script, answer, json as json_answer};
use super::setup::{command, setup};

const VARS: [(&str, &str); 2] = [
    (
        "E2B_API_KEY",
        "e2b_0123456789abcdef0123456789abcdef01234567",
    ),
    ("DAYTONA_API_KEY", "dtn_0123456789abcdef0123456789abcdef"),
];

fn ours<T: std::fmt::Debug>(result: Result<T, DriverError>, words: &str) {
    match result {
        Err(DriverError::Harness(what)) => assert!(what.contains(words), "{what}"),
        other => panic!("not ours: {other:?}"),
    }
}

/// Run by `no_sockets_left_is_ours` in a process of its own, which it leaves without files.
#[tokio::test]
#[ignore = "run by `no_sockets_left_is_ours` in a process of its own"]
async fn with_no_sockets_left() {
    let (e2b, daytona) = ("http://127.0.0.1:9/", "http://127.0.0.1:9/api");
    let vars = [
        VARS[0],
        VARS[1],
        ("E2B_API_URL", e2b),
        ("DAYTONA_API_URL", daytona),
    ];
    let drivers = [Provider::E2b, Provider::Daytona].map(|provider| setup(provider, &vars));
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    for t in &drivers {
        ours(t.driver.list(&Labels::new(), &t.cx).await, "os error 24");
    }
}

#[test]
fn no_sockets_left_is_ours() {
    let myself = std::env::current_exe().unwrap();
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""])
        .arg(myself)
        .args(["--ignored", "--exact", "ours::with_no_sockets_left"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[tokio::test]
async fn no_room_for_what_is_captured_is_ours() {
    let large = "x".repeat(200_000);
    let script = Script::serve(vec![
        answer(
            "GET /files?path=%2Ff ",
            200,
            "Content-Disposition: inline; filename=f\r\n",
            &large,
        ),
        json_answer(
            "POST /toolbox/i1/process/execute ",
            200,
            format!("{{\"exitCode\":0,\"result\":\"{large}\"}}"),
        ),
    ])
    .await;
    let daytona = format!("{}/api", script.url);
    let vars = [
        VARS[0],
        VARS[1],
        ("E2B_SANDBOX_URL", script.url.as_str()),
        ("DAYTONA_API_URL", daytona.as_str()),
    ];
    let at = SandboxHandle {
        id: "i1".to_owned(),
        private: json!({ "token": "t", "toolbox": format!("{}/toolbox", script.url) }),
    };
    // No folder can be made below a file.
    let nowhere = || BlobStore::new(Path::new("/dev/null/blobs").to_owned(), Redactor::noop());
    let mut t = setup(Provider::E2b, &vars);
    t.cx.blobs = nowhere();
    ours(
        t.driver.read_file(&at, "/f", &t.cx).await,
        "could not be kept",
    );
    let mut t = setup(Provider::Daytona, &vars);
    t.cx.blobs = nowhere();
    let executed = t.driver.execute(&at, &command("x"), &t.cx).await;
    ours(executed, "could not be kept");
    script.done();
}
