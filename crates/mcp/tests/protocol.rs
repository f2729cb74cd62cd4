//! What the protocol's library of the original makes of odd lines, asked of this server.
//!
//! Each line of `golden/protocol.jsonl` is given to a server of its own, whose input ends then;
//! what it writes is compared byte for byte.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use cutover_base::fixes::Fixes;
use cutover_js::{Value, json};
use cutover_mcp::{Settings, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex, split};

async fn written(input: &[u8]) -> String {
    let settings = Settings::from_variables(|_| None, Fixes::none());
    let (ours, theirs) = duplex(64 * 1024);
    let (read, write) = split(theirs);
    let (mut ours_read, mut ours_write) = split(ours);
    let asked = async {
        ours_write.write_all(input).await.unwrap();
        ours_write.shutdown().await.unwrap();
        let mut output = String::new();
        ours_read.read_to_string(&mut output).await.unwrap();
        output
    };
    let ((), output) = tokio::join!(serve(read, write, &settings), asked);
    output
}

#[tokio::test]
async fn odd_lines_get_the_recorded_answers() {
    let mut problems = Vec::new();
    let recorded = include_str!("golden/protocol.jsonl");
    assert!(recorded.lines().count() > 60);
    for line in recorded.lines() {
        let step = json::parse(line.as_bytes()).unwrap();
        let text = |key| {
            step.get(key)
                .and_then(Value::as_text)
                .map(ToString::to_string)
        };
        let line = text("line").unwrap();
        let expected = text("answer").map_or_else(String::new, |answer| answer + "\n");
        let got = written(format!("{line}\n").as_bytes()).await;
        if got != expected {
            problems.push(format!("{line}\n  recorded {expected}  now      {got}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
