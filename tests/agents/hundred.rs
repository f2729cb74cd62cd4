//! A hundred sessions at once: each has a sandbox of the same name, and none sees another's.

use std::sync::Arc;

use libtest_mimic::Completion;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::place::{BOTH, Place, until};
use crate::platform::Platform;
use crate::{Case, Outcome, case};

pub(crate) const CASES: &[Case] = &[case("a_hundred_sessions_do_not_see_each_other", hundred)];

const SESSIONS: usize = 100;

/// Sandboxes that may be alive at once, so that a small machine can hold them.
const ALIVE_MAX: usize = 25;

fn hundred(runtime: &Runtime, place: &Place) -> Outcome {
    for provider in BOTH {
        runtime.block_on(each_its_own(place, provider));
    }
    Ok(Completion::Completed)
}

async fn each_its_own(place: &Place, provider: &'static str) {
    let standin = place.standin(provider).await;
    let platform = Arc::new(Platform::start(provider, &standin).await);
    let room = Arc::new(Semaphore::new(ALIVE_MAX));
    let mut asking = JoinSet::new();
    for _ in 0..SESSIONS {
        let (platform, room) = (Arc::clone(&platform), Arc::clone(&room));
        asking.spawn(async move { one(&platform, &room).await });
    }
    while let Some(asked) = asking.join_next().await {
        asked.unwrap();
    }
    until("no sandbox is left", || standin.sandboxes().is_empty()).await;
    standin.stop().await;
}

async fn one(platform: &Platform, room: &Semaphore) {
    let session = platform.session().await;
    let not_there = json!({ "sandbox_name": "main", "cmd": "cat /tmp/mine" });
    let path = format!("/{session}/sandbox/execute");
    // Others have one of this name by now.
    let (status, told) = platform.ask(reqwest::Method::POST, &path, &not_there).await;
    assert_eq!(status, 404, "{told}");
    let _turn = room.acquire().await.unwrap();
    platform.provision(&session, "main").await;
    let line = format!("cat /tmp/mine 2>/dev/null; printf {session} >/tmp/mine");
    assert_eq!(platform.execute(&session, "main", &line).await, "");
    for _ in 0..3 {
        let line = "cat /tmp/mine";
        assert_eq!(platform.execute(&session, "main", line).await, session);
        let body = json!({ "sandbox_name": "main", "path": "/tmp/mine" });
        let told = platform.tool(&session, "read-file", body).await;
        assert_eq!(told["content"], json!(session));
    }
    platform.end(&session).await;
}
