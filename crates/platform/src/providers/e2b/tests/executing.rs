//! Running commands.

use std::time::Duration;

use cutover_base::fixes::Fixes;
use cutover_js::{Text, Value};
use golden::Answer;

use super::fake::{Fake, envelope, json_answer, only, out, stream};
use crate::provider::{Class, Effect, SandboxProvider, Thrown};

const LIMIT: Duration = Duration::from_secs(300);

/// What a command gave: its text and whether it failed.
async fn ran(fake: &Fake, cmd: &str) -> Result<(String, bool), Thrown> {
    let executed = fake.e2b.execute(&"abc".into(), &cmd.into(), LIMIT).await?;
    let Some(Value::String(output)) = executed.output else {
        panic!("no text");
    };
    Ok((output.to_string(), executed.failed))
}

/// What the original makes of a command that ended so.
fn done(message: &str) -> Thrown {
    Thrown::new(message).with_effect(Effect::Done)
}

fn gave(output: &str, failed: bool) -> (String, bool) {
    (output.to_owned(), failed)
}

#[tokio::test]
async fn without_fixes_all_is_as_in_the_original() {
    let fake = Fake::new(Fixes::none()).await;
    let said = ran(&fake, "echo e >&2; echo o").await;
    assert_eq!(said, Ok(gave("o\ne\n", false)));
    assert_eq!(fake.calls(), ["info", "run -l -c echo e >&2; echo o"]);
    let thrown = ran(&fake, "echo o; exit 3").await;
    assert_eq!(thrown, Err(done("exit status 3")));
    let said = ran(&fake, "kill -TERM $$").await;
    let expired =
        "error: sandbox expired — call provision to create a new one (signal: terminated)";
    assert_eq!(said, Ok(gave(expired, false)));
    let thrown = ran(&fake, "kill -KILL $$").await;
    assert_eq!(thrown, Err(done("signal: killed")));
}

#[tokio::test]
async fn one_shell_for_all_keeps_order_and_tells_how_a_command_failed() {
    let fake = Fake::new(Fixes::all()).await;
    for (cmd, output, failed) in [
        ("echo e >&2; echo o", "e\no\n", false),
        ("printf a; exit 3", "a\n[exit code 3]", true),
        ("false", "[exit code 1]", true),
        ("kill -TERM $$", "[killed by a signal]", true),
        ("echo a; kill -9 $$", "a\n[killed by a signal]", true),
        ("(exit 143)", "[exit code 143]", true),
        ("   ", "", false),
        ("cat; echo $0", "/bin/bash\n", false),
        ("printf '\\xef\\xbb\\xbfa'", "\u{feff}a", false),
        (
            "nope-nope",
            "/bin/bash: line 1: nope-nope: command not found\n[exit code 127]",
            true,
        ),
    ] {
        assert_eq!(ran(&fake, cmd).await, Ok(gave(output, failed)), "{cmd}");
    }
    fake.calls();
    ran(&fake, "echo 'a'").await.unwrap();
    let line = r"run -c exec /bin/bash --noprofile --norc -c 'echo '\''a'\''' </dev/null 2>&1";
    assert_eq!(fake.calls(), ["info", r#"extend {"timeout":3600}"#, line]);
}

#[tokio::test]
async fn each_fix_stands_alone() {
    for (fix, cmd, wanted) in [
        ("Q27", "echo a; exit 3", Ok(gave("a\n[exit code 3]", true))),
        ("Q27", "kill -9 $$", Err(done("signal: killed"))),
        ("Q35", "kill -9 $$", Ok(gave("[killed by a signal]", true))),
        ("Q35", "exit 3", Err(done("exit status 3"))),
        ("Q52", "kill -TERM $$", Err(done("signal: terminated"))),
        ("Q05", "exit 3", Err(done("exit status 3"))),
    ] {
        let fake = Fake::new(only(&[fix])).await;
        assert_eq!(ran(&fake, cmd).await, wanted, "{fix} {cmd}");
        let extended = fake.calls().iter().any(|it| it.starts_with("extend"));
        assert_eq!(extended, fix == "Q05");
    }
}

#[tokio::test]
async fn characters_are_not_lost_between_pieces() {
    let pieces = [
        out("stdout", b"\xc3"),
        out("stdout", b"\xa9"),
        envelope(0, r#"{"event":{"end":{}}}"#),
        envelope(2, "{}"),
    ];
    for (fixes, wanted) in [(only(&["Q49"]), "é"), (Fixes::none(), "\u{fffd}\u{fffd}")] {
        let fake = Fake::new(fixes).await;
        fake.state().scripted = Some(("x", stream(&pieces)));
        assert_eq!(ran(&fake, "x").await, Ok(gave(wanted, false)));
    }
}

#[tokio::test]
async fn a_time_limit_tells_what_was_printed() {
    let error = r#"{"error":{"code":"deadline_exceeded","message":"m"}}"#;
    let slow = stream(&[out("stdout", b"so far\n"), envelope(2, error)]);
    for (fixes, message) in [
        (
            Fixes::all(),
            "stopped after 300 s; output so far:\nso far\n",
        ),
        (
            Fixes::none(),
            "[deadline_exceeded] m: This error is likely due to",
        ),
    ] {
        let fake = Fake::new(fixes).await;
        fake.state().scripted = Some(("x", slow.clone()));
        let thrown = ran(&fake, "x").await.unwrap_err();
        assert_eq!(thrown.class, Class::TimeLimit);
        assert!(thrown.message.starts_with(message), "{thrown}");
    }
}

#[tokio::test]
async fn a_long_command_goes_by_a_file_that_does_not_stay() {
    let fake = Fake::new(Fixes::all()).await;
    let cmd = format!("echo {} | wc -c; exit 4", "a".repeat(100_000));
    assert_eq!(
        ran(&fake, &cmd).await,
        Ok(gave("100001\n[exit code 4]", true))
    );
    let calls = fake.calls();
    assert_eq!(calls[2], "write /tmp/.");
    assert!(
        calls[3].starts_with("run -c exec 9</tmp/.command-"),
        "{calls:?}"
    );
    assert_eq!(calls.len(), 4);
    // Where nothing runs, somebody must take it away.
    fake.state().scripted = Some(("exec 9<", json_answer(500, "{}")));
    ran(&fake, &cmd).await.unwrap_err();
    let calls = fake.calls();
    let removal = calls
        .iter()
        .find(|it| it.starts_with("run -c rm -f '/tmp/.command-"));
    assert!(removal.is_some(), "{calls:?}");
    for path in fake.state().files.keys() {
        assert!(!std::path::Path::new(path).exists(), "{path}");
    }
}

const MISSING: &str = r#"{"code":404,"message":"no"}"#;
const PAUSED: &str = r#"{"sandboxID":"abc","state":"paused"}"#;

#[tokio::test]
async fn a_sandbox_is_gone_by_status_and_not_by_words() {
    let words = Answer::Whole {
        status: 500,
        headers: Vec::new(),
        body: b"404 terminated doesn't exist".to_vec(),
    };
    for (info, class) in [
        (json_answer(404, MISSING), Class::SandboxGone),
        (json_answer(200, PAUSED), Class::SandboxGone),
        (words, Class::Other),
    ] {
        let fake = Fake::new(Fixes::all()).await;
        fake.state().info = info;
        assert_eq!(ran(&fake, "x").await.unwrap_err().class, class);
        assert!(!fake.calls().iter().any(|it| it.starts_with("run")));
    }
}

#[tokio::test]
async fn a_sandbox_that_falls_silent_is_asked_about() {
    for silence in [json_answer(502, "{}"), Answer::Dropped, stream(&[])] {
        let fake = Fake::new(Fixes::all()).await;
        fake.state().scripted = Some(("x", silence.clone()));
        assert_eq!(ran(&fake, "x").await.unwrap_err().class, Class::Other);
        let questions = fake.calls().iter().filter(|it| *it == "info").count();
        assert_eq!(questions, 2);
        assert_eq!(fake.e2b.alive(&"abc".into()).await, Ok(true));
    }
}

#[tokio::test]
async fn an_agent_is_told_in_place_of_output_unless_that_is_repaired() {
    let id = Text::from("abc");
    for (fixes, wanted) in [
        (only(&["Q52"]), None),
        (only(&["Q15"]), Some(Class::SandboxGone)),
        (only(&["Q15", "Q52"]), Some(Class::SandboxGone)),
    ] {
        let fake = Fake::new(fixes).await;
        fake.state().info = json_answer(404, MISSING);
        let said = ran(&fake, "x").await;
        if let Some(class) = wanted {
            assert_eq!(said.unwrap_err().class, class);
        } else {
            let expired = "error: sandbox expired — call provision to create a new one (404: no)";
            assert_eq!(said, Ok(gave(expired, false)));
        }
        assert_eq!(fake.e2b.alive(&id).await, Ok(false));
        fake.state().info = json_answer(200, PAUSED);
        assert_eq!(fake.e2b.alive(&id).await, Ok(false));
        fake.state().info = json_answer(500, "{}");
        fake.e2b.alive(&id).await.unwrap_err();
    }
}
