//! A platform that is killed finds what it said there is; a database that it cannot use it names.

use std::fs;
use std::path::Path;
use std::process::Output;

use cutover_platform::store::EmbeddedStore;
use libtest_mimic::Completion;
use redb::{Database, ReadableDatabase, TableDefinition};
use reqwest::Method;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::place::{BOTH, PATIENCE, Place, until};
use crate::platform::{Platform, command};
use crate::{Case, Outcome, case};

pub(crate) const CASES: &[Case] = &[
    case("killed_between_calls_it_finds_its_sandboxes", killed),
    case("a_database_that_cannot_be_used_is_named", databases),
];

/// Kills between two calls.
const KILLS: usize = 20;

fn killed(runtime: &Runtime, place: &Place) -> Outcome {
    for provider in BOTH {
        runtime.block_on(lives_through_kills(place, provider));
    }
    Ok(Completion::Completed)
}

async fn lives_through_kills(place: &Place, provider: &str) {
    let standin = place.standin(provider).await;
    let mut platform = Platform::start(provider, &standin).await;
    let session = platform.session().await;
    platform.provision(&session, "main").await;
    let made = standin.sandboxes();
    assert_eq!(made.len(), 1);
    let mut sessions = vec![session.clone()];
    for kill in 0..KILLS {
        // What was answered before a kill is there after it.
        sessions.push(platform.session().await);
        platform.kill().await;
        platform.go_on().await;
        let line = format!("echo {kill} >>/tmp/kills; wc -l </tmp/kills");
        let told = platform.execute(&session, "main", &line).await;
        assert_eq!(told.trim(), (kill + 1).to_string(), "{provider}");
    }
    assert_eq!(standin.sandboxes(), made, "none was made instead");
    for session in &sessions {
        let path = format!("/{session}");
        let (status, told) = platform.ask(Method::GET, &path, &json!({})).await;
        assert_eq!((status, &told["id"]), (200, &json!(session)));
    }
    platform.end(&session).await;
    until("no sandbox is left", || standin.sandboxes().is_empty()).await;
    standin.stop().await;
}

fn databases(runtime: &Runtime, place: &Place) -> Outcome {
    runtime.block_on(async {
        let standin = place.standin("e2b").await;
        newer().await;
        no_database().await;
        damaged().await;
        in_use(&Platform::start("e2b", &standin).await).await;
        standin.stop().await;
    });
    Ok(Completion::Completed)
}

async fn newer() {
    let folder = folder();
    let file = folder.path().join("data/platform.redb");
    let database = Database::create(&file).unwrap();
    let writing = database.begin_write().unwrap();
    let about: TableDefinition<'_, &str, &str> = TableDefinition::new("about");
    let mut table = writing.open_table(about).unwrap();
    table.insert("format", "cutover.platform/2").unwrap();
    drop(table);
    writing.commit().unwrap();
    drop(database);
    refused(folder.path(), &["data/platform.redb", "cutover.platform/2"]).await;
    let database = Database::open(&file).unwrap();
    let reading = database.begin_read().unwrap();
    let tables = reading.list_tables().unwrap().count();
    assert_eq!(tables, 1, "it got no tables of ours");
}

/// What is no database, or only a part of one.
async fn no_database() {
    let whole = {
        let folder = folder();
        let file = folder.path().join("data/platform.redb");
        drop(Database::create(&file).unwrap());
        fs::read(file).unwrap()
    };
    let mut torn = whole.clone();
    torn[64..512].fill(0xa5);
    for bytes in [
        b"no database at all\n".repeat(1000),
        b"x".to_vec(),
        whole[..whole.len() / 2].to_vec(),
        whole[..100].to_vec(),
        torn,
    ] {
        let folder = folder();
        let file = folder.path().join("data/platform.redb");
        fs::write(&file, &bytes).unwrap();
        refused(folder.path(), &["data/platform.redb"]).await;
        assert_eq!(fs::read(&file).unwrap(), bytes, "it is left as it was");
    }
}

/// A page of it is damaged: the library that reads databases panics.
async fn damaged() {
    let folder = folder();
    let file = folder.path().join("data/platform.redb");
    drop(EmbeddedStore::open(&file).unwrap());
    let mut bytes = fs::read(&file).unwrap();
    bytes[4096..4160].iter_mut().for_each(|byte| *byte ^= 0xff);
    fs::write(&file, &bytes).unwrap();
    refused(folder.path(), &["data/platform.redb`: it is damaged"]).await;
}

async fn in_use(platform: &Platform) {
    refused(platform.folder(), &["data/platform.redb"]).await;
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    folder
}

/// A platform that does not start on a folder, and says so.
async fn refused(folder: &Path, told: &[&str]) {
    let variables = [("SANDBOX_CHOICE", "e2b"), ("E2B_API_KEY", "e2b_1")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut command = command(folder, "127.0.0.1:0", "unified", &variables);
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let Output {
        status,
        stdout,
        stderr,
    } = output.expect("it does not start").unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!((status.code(), stdout), (Some(2), Vec::new()), "{said}");
    for part in told {
        assert!(said.contains(part), "{part:?} in {said}");
    }
}
