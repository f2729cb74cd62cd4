//! The recorded answers of the original, asked of this server again.
//!
//! Every step of `golden/shell.jsonl`, `upstream.jsonl` and `request.jsonl` is made against a
//! server in this process, whose platform is a scripted one, and what the client and the platform
//! got is compared as JSON text, byte for byte. What cannot be the same is listed in `LISTED`, with
//! its reason; a listed step that is the same fails.
use super::listed::LISTED;
use super::replay::{Recorded, Replay};

async fn replay(lines: &str) {
    let mut replay = Replay::start().await;
    let mut problems = Vec::new();
    let mut count = 0;
    for line in lines.lines() {
        count += 1;
        let recorded = Recorded::read(line);
        let listed = LISTED.iter().find(|(id, _)| recorded.id.starts_with(id));
        match (replay.step(&recorded).await, listed) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Err(problem), None) => problems.push(format!("{}: {problem}", recorded.id)),
            (Ok(()), Some(_)) => problems.push(format!("{}: listed and the same", recorded.id)),
        }
    }
    assert!(count > 80, "only {count} steps were found");
    assert!(
        problems.is_empty(),
        "{} of {count} steps differ:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[tokio::test]
async fn the_server_itself() {
    replay(include_str!("../golden/shell.jsonl")).await;
}

#[tokio::test]
async fn what_becomes_of_the_platforms_answers() {
    replay(include_str!("../golden/upstream.jsonl")).await;
}

#[tokio::test]
async fn what_reaches_the_platform() {
    replay(include_str!("../golden/request.jsonl")).await;
}
