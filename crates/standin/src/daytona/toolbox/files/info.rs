//! Facts about files, as Go shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;
use crate::engine::{FileKind, FileStat};
use crate::shared::{file_mode, go_path};

/// `GET /files/info?path=`.
pub(super) async fn info(machine: &Machine) -> Result<Value, ToolError> {
    let path = machine.resolve(&machine.required("path")?);
    let stat = machine.engine().stat(&path, true, machine.who()).await;
    let stat = stat.map_err(|error| ToolError::of_file("stat", &path, &error))?;
    Ok(dto(go_path::base(&path), &stat))
}

/// `FileInfo`.
pub(super) fn dto(name: &str, stat: &FileStat) -> Value {
    let (seconds, nanos) = stat.mtime;
    let nanos = i32::try_from(nanos).unwrap_or_default();
    let modified = Timestamp::new(seconds, nanos).unwrap_or(Timestamp::UNIX_EPOCH);
    json!({
        "name": name,
        "size": stat.size,
        "mode": file_mode(stat.kind, stat.mode),
        "modTime": modified.strftime("%Y-%m-%d %H:%M:%S%.f +0000 UTC").to_string(),
        "modifiedAt": modified.to_string(),
        "isDir": stat.kind == FileKind::Directory,
        "owner": stat.uid.to_string(),
        "group": stat.gid.to_string(),
        "permissions": format!("0{:03o}", stat.mode & 0o777),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(kind: FileKind, mode: u32) -> FileStat {
        FileStat {
            name: "x".to_owned(),
            kind,
            size: 5,
            mode,
            uid: 1000,
            gid: 1000,
            mtime: (1_767_225_600, 100_000_000),
            link_target: None,
        }
    }

    #[test]
    fn times_and_permissions_as_go_writes_them() {
        let shown = dto("x", &stat(FileKind::File, 0o4604));
        assert_eq!(shown["modTime"], "2026-01-01 00:00:00.1 +0000 UTC");
        assert_eq!(shown["modifiedAt"], "2026-01-01T00:00:00.1Z");
        assert_eq!(shown["permissions"], "0604");
        let whole = FileStat {
            mtime: (1_767_225_600, 0),
            ..stat(FileKind::File, 0)
        };
        assert_eq!(dto("x", &whole)["modTime"], "2026-01-01 00:00:00 +0000 UTC");
    }
}
