//! Output without end: what the stand-in keeps of it for the answer has room where the sandbox's
//! own files have, and no more.

use std::sync::Arc;

use async_trait::async_trait;
use cutover_standin::engine::{Engine, EngineError, EngineSandbox, Profile};
use serde_json::{Value, json};

use crate::support::{World, answer, isolated};

const FILES_BYTES_MAX: u64 = 8 << 20;

/// Makes sandboxes with little room for files.
#[derive(Debug)]
struct Small(Arc<dyn Engine>);

#[async_trait]
impl Engine for Small {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn capabilities(&self) -> Vec<String> {
        self.0.capabilities()
    }

    async fn create(&self, profile: &Profile) -> Result<Arc<dyn EngineSandbox>, EngineError> {
        let profile = Profile {
            files_bytes_max: FILES_BYTES_MAX,
            ..profile.clone()
        };
        self.0.create(&profile).await
    }
}

async fn small() -> World {
    World::with(|options| options.engine = Arc::new(Small(Arc::clone(&options.engine)))).await
}

#[tokio::test]
async fn endless_output_ends_at_the_sandboxs_disk() {
    if !isolated().await {
        return;
    }
    let world = small().await;
    let (full, neighbour) = (world.make(json!({})).await, world.make(json!({})).await);
    let endless = [
        json!({"command": "yes", "timeout": 0}),
        json!({"command": "exec 2>&1; while :; do printf %0100000d; done", "timeout": 0}),
        // A second one has the same room, not as much again.
        json!({"command": "head -c 7000000 /dev/zero > /tmp/f; yes | head -c 2000000"}),
    ];
    for body in endless {
        let (status, answer) = world.execute(&full, body.clone()).await;
        assert_eq!(status, 500, "{body}: {answer}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains("no space left on device"), "{answer}");
        let fine = json!({"command": "echo fine; pgrep -x yes"});
        let (status, answer) = world.execute(&full, fine.clone()).await;
        assert_eq!((status, &answer["result"]), (200, &json!("fine\n")));
        let (status, answer) = world.execute(&neighbour, fine).await;
        assert_eq!((status, &answer["result"]), (200, &json!("fine\n")));
    }
}

/// A byte may have six in the answer, but not on disk.
#[tokio::test]
async fn what_fits_arrives_whole() {
    if !isolated().await {
        return;
    }
    let world = small().await;
    let id = world.make(json!({})).await;
    // Twice more than half of the room: that of the first is given back.
    for _ in 0..2 {
        let body = json!({"command": "head -c 4500000 /dev/zero"});
        let (status, answer) = world.execute(&id, body).await;
        assert_eq!(status, 200, "{}", answer["message"]);
        let result = answer["result"].as_str().unwrap();
        assert_eq!(result.trim_start_matches('\0'), "");
        assert_eq!(result.len(), 4_500_000);
    }
}

#[tokio::test]
async fn many_outputs_at_once_have_one_room() {
    if !isolated().await {
        return;
    }
    let world = small().await;
    let id = world.make(json!({})).await;
    let body = json!({"command": "head -c 3000000 /dev/zero; sleep 2"});
    let all = (0..6).map(|_| world.execute(&id, body.clone()));
    let answers = futures_util::future::join_all(all).await;
    let whole = answers.iter().filter(|(status, _)| *status == 200).count();
    assert!(
        (1..=2).contains(&whole),
        "{whole} of 6 had room for 3 MB each"
    );
}

/// Runs a command in a fresh session; the path of its log, and the answer. What it appends to
/// `$log` is in its log without a way through the shell's readers, which take a byte at a time.
async fn in_session(world: &World, id: &str, script: &str) -> (String, u16, Value) {
    let base = format!("/toolbox/{id}/process/session");
    let session = json!({"sessionId": "s"});
    let (status, _) = world.call(&format!("POST {base}"), session).await;
    assert!(status == 201 || status == 409, "{status}");
    let body = json!({"command": format!("log=$__dtn/output.log; {script}")});
    let (status, answer) = world.call(&format!("POST {base}/s/exec"), body).await;
    let (_, shown) = world.call(&format!("GET {base}/s"), Value::Null).await;
    let commands = shown["commands"].as_array().unwrap();
    let newest = commands.last().unwrap()["id"].as_str().unwrap();
    (format!("{base}/s/command/{newest}/logs"), status, answer)
}

/// A log lies on the sandbox's own disk: that it is kept for its answer takes none of that.
#[tokio::test]
async fn a_log_of_nearly_the_whole_disk_is_shown() {
    if !isolated().await {
        return;
    }
    let world = small().await;
    let id = world.make(json!({})).await;
    let script = r"(printf '\1\1\1'; head -c 4000000 /dev/zero | tr '\0' o;
        printf '\n\2\2\2'; head -c 3000000 /dev/zero | tr '\0' e; echo) >>$log";
    let (logs, status, done) = in_session(&world, &id, script).await;
    let (out, err) = ("o".repeat(4_000_000) + "\n", "e".repeat(3_000_000) + "\n");
    let raw = format!("\u{1}\u{1}\u{1}{out}\u{2}\u{2}\u{2}{err}");
    // Compared without telling megabytes.
    let is = |answer: &Value, expected: &str| answer.as_str() == Some(expected);
    let split = |answer: &Value| {
        is(&answer["output"], &raw) && is(&answer["stdout"], &out) && is(&answer["stderr"], &err)
    };
    assert_eq!((status, done.get("message")), (200, None));
    assert!(split(&done));
    for _ in 0..2 {
        let (status, shown) = world.call(&format!("GET {logs}"), Value::Null).await;
        assert_eq!((status, shown.get("message")), (200, None));
        assert!(split(&shown));
    }
    for (version, text) in [("0.30.0", raw), ("0.20.0", out + &err)] {
        let url = format!("http://{}{logs}", world.standin.addr());
        let request = world.client.get(url).bearer_auth(world.standin.key());
        let request = request.header("X-Daytona-SDK-Version", version);
        let (status, shown) = answer(request).await;
        assert!(status == 200 && is(&shown, &text), "{version}: {status}");
    }
}

/// Only a log with holes is longer than the disk it lies on.
#[tokio::test]
async fn a_log_that_is_longer_than_the_disk_is_told_as_a_limit() {
    if !isolated().await {
        return;
    }
    let world = small().await;
    let id = world.make(json!({})).await;
    let (logs, status, answer) = in_session(&world, &id, "truncate -s 100M $log").await;
    let again = world.call(&format!("GET {logs}"), Value::Null).await;
    for (status, answer) in [(status, answer), again] {
        let message = answer["message"].as_str().unwrap_or_default();
        assert_eq!(status, 507, "{message}");
        assert!(
            message.starts_with("the stand-in keeps at most 8388608 bytes of a sandbox's logs"),
            "{message}"
        );
    }
    let cut = json!({"command": "truncate -s 2 ~/.daytona/sessions/s/*/output.log"});
    world.execute(&id, cut).await;
    let (status, shown) = world.call(&format!("GET {logs}"), Value::Null).await;
    assert_eq!((status, &shown["output"]), (200, &json!("\0\0")));
}
