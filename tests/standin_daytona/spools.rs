//! Output without end: what the stand-in keeps of it for the answer has room where the sandbox's
//! own files have, and no more.

use std::sync::Arc;

use async_trait::async_trait;
use cutover_standin::engine::{Engine, EngineError, EngineSandbox, Profile};
use serde_json::json;

use crate::support::{World, isolated};

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
