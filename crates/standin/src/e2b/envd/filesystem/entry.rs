//! `EntryInfo`: what is said of a path (contract 3.3).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::e2b::sandbox::Sandbox;
use crate::engine::{Account, FileKind, FileStat, Identity};
use crate::shared::file_mode;

/// The entry of a path whose own facts are known. Facts are the link's; type and mode are those
/// of what it points to.
pub(crate) async fn entry(
    sandbox: &Sandbox,
    path: &str,
    name: &str,
    stat: &FileStat,
    accounts: &[Account],
    metadata: Option<Value>,
) -> Value {
    let mut kind = stat.kind;
    let mut mode = stat.mode;
    let mut target = None;
    if stat.kind == FileKind::Symlink {
        let root = Identity::Root;
        let resolved = sandbox.engine.canonicalize(path, &root).await;
        let pointed = sandbox.engine.stat(path, true, &root).await;
        target = Some(resolved.unwrap_or_else(|_| path.to_owned()));
        (kind, mode) = match pointed {
            Ok(pointed) => (pointed.kind, pointed.mode),
            Err(_) => (FileKind::Other, 0),
        };
    }
    let mut entry = Map::new();
    let mut set = |name: &str, value: Value| entry.insert(name.to_owned(), value);
    set("name", json!(name));
    // A special file is UNSPECIFIED, which is the zero value and left out.
    match kind {
        FileKind::File => drop(set("type", json!("FILE_TYPE_FILE"))),
        FileKind::Directory => drop(set("type", json!("FILE_TYPE_DIRECTORY"))),
        FileKind::Symlink => drop(set("type", json!("FILE_TYPE_SYMLINK"))),
        FileKind::Other => {}
    }
    set("path", json!(path));
    if stat.size > 0 {
        set("size", json!(stat.size.to_string()));
    }
    if mode & 0o777 != 0 {
        set("mode", json!(mode & 0o777));
    }
    set("permissions", json!(file_mode(stat.kind, stat.mode)));
    set("owner", json!(owner(stat.uid, accounts)));
    set("group", json!(group(stat.gid, accounts)));
    let nanoseconds = i32::try_from(stat.mtime.1).unwrap_or(0);
    if let Ok(at) = Timestamp::new(stat.mtime.0, nanoseconds) {
        set("modifiedTime", json!(at.to_string()));
    }
    if let Some(target) = target {
        set("symlinkTarget", json!(target));
    }
    if let Some(metadata) = metadata {
        set("metadata", metadata);
    }
    Value::Object(entry)
}

fn owner(uid: u32, accounts: &[Account]) -> String {
    let found = accounts.iter().find(|account| account.uid == uid);
    found.map_or_else(|| uid.to_string(), |account| account.name.clone())
}

fn group(gid: u32, accounts: &[Account]) -> String {
    let mut named = accounts.iter().filter(|account| account.gid == gid);
    named
        .find_map(|account| account.group.clone())
        .unwrap_or_else(|| gid.to_string())
}
