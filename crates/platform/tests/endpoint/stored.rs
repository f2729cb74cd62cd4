//! The database file: what was stored is there after `kill -9`, and what cannot be read is said.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use cutover_js::{Text, Value, json};
use cutover_platform::Store;
use cutover_platform::model::{Agent, Session};
use cutover_platform::store::{EmbeddedStore, StoreError};

fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).unwrap()
}

fn session(id: &str) -> Session {
    Session {
        session_id: id.into(),
        agent: Agent {
            env_vars: value(r#"{"A":"x"}"#),
            ..Agent::new("a1".into())
        },
        status: "ready".into(),
        sandboxes: Value::Null,
    }
}

#[tokio::test]
async fn a_session_is_as_it_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.redb");
    let store = EmbeddedStore::open(&path).unwrap();
    let id = Text::from("s1");
    assert_eq!(store.session(&id).await.unwrap(), None);
    store.set_status(&id, "dead").await.unwrap();
    assert_eq!(store.session(&id).await.unwrap(), None);
    store.add_session(&session("s1")).await.unwrap();
    store.add_session(&session("s0")).await.unwrap();
    assert_eq!(store.session(&id).await.unwrap(), Some(session("s1")));
    // A name that no Unicode text can be, and one that every JavaScript object has.
    let sandboxes = value(r#"{"\ud800":"e2b://1","__proto__":"e2b://2"}"#);
    store.set_sandboxes(&id, &sandboxes).await.unwrap();
    store.set_status(&id, "dead").await.unwrap();
    drop(store);
    let store = EmbeddedStore::open(&path).unwrap();
    let found = store.session(&id).await.unwrap().unwrap();
    assert_eq!(found.sandboxes, sandboxes);
    assert_eq!(found.status, "dead");
    assert_eq!(found.agent, session("s1").agent);
    let all = store.sessions().await.unwrap();
    let ids: Vec<_> = all.iter().map(|it| it.session_id.to_string()).collect();
    assert_eq!(ids, ["s0", "s1"]);
}

/// What the process does that gets killed: it stores session after session, and says so.
const ROLE: &str = "CUTOVER_TEST_STORE_FILE";

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how a test tells its own child what to do"
)]
fn what_was_stored_survives_a_kill() {
    if let Ok(path) = std::env::var(ROLE) {
        store_without_end(Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.redb");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "stored::what_was_stored_survives_a_kill",
            "--nocapture",
        ])
        .env(ROLE, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let stored = lines.map_while(Result::ok).filter_map(|line| {
        line.rsplit_once("stored ")
            .and_then(|(_, it)| it.parse::<u32>().ok())
    });
    let last = stored.take_while(|number| *number < 20).last().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let store = EmbeddedStore::open(&path).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for number in 0..=last {
        let id = Text::from(format!("s{number}"));
        assert!(
            runtime.block_on(store.session(&id)).unwrap().is_some(),
            "{number}"
        );
    }
}

fn store_without_end(path: &Path) -> ! {
    let store = EmbeddedStore::open(path).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut number = 0;
    loop {
        runtime
            .block_on(store.add_session(&session(&format!("s{number}"))))
            .unwrap();
        let line = format!("stored {number}\n");
        std::io::stdout().write_all(line.as_bytes()).unwrap();
        number += 1;
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.redb");
    std::fs::write(
        &path,
        "this is no database, and long enough to look like one".repeat(20),
    )
    .unwrap();
    let error = EmbeddedStore::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    assert!(error.to_string().contains("file.redb"), "{error}");
    let nowhere = folder.path().join("none/file.redb");
    assert!(
        EmbeddedStore::open(&nowhere)
            .unwrap_err()
            .to_string()
            .contains("none/file.redb")
    );
    let good = folder.path().join("good.redb");
    let first = EmbeddedStore::open(&good).unwrap();
    let error = EmbeddedStore::open(&good).unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "in use: {error}");
    drop(first);
}

#[test]
fn a_file_of_a_newer_format_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.redb");
    drop(EmbeddedStore::open(&path).unwrap());
    let about: redb::TableDefinition<'_, &str, &str> = redb::TableDefinition::new("about");
    let database = redb::Database::create(&path).unwrap();
    let writing = database.begin_write().unwrap();
    writing
        .open_table(about)
        .unwrap()
        .insert("format", "cutover.platform/2")
        .unwrap();
    writing.commit().unwrap();
    drop(database);
    let error = EmbeddedStore::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Newer { .. }), "{error}");
    let told = error.to_string();
    assert!(
        told.contains("cutover.platform/2") && told.contains("cutover.platform/1"),
        "{told}"
    );
}
