//! Files of a Daytona sandbox.

use std::time::Duration;

use bytes::Bytes;
use cutover_base::blob::Blob;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::download::downloaded;
use super::wire::Wire;
use crate::driver::http::{Ask, HttpError, Payload, Reply, Retry};
use crate::driver::{CallContext, DriverResult, Entry, SandboxHandle};

/// Time for one transfer (the SDKs' own), and the longest silence in it.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(30 * 60);
const TRANSFER_IDLE: Duration = Duration::from_secs(60);

/// What the daemon tells of a path.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FileInfo {
    name: String,
    size: Option<u64>,
    mode: String,
    mod_time: Option<String>,
    modified_at: Option<String>,
    is_dir: bool,
    owner: Option<String>,
    permissions: Option<String>,
}

/// The answer to an upload.
#[derive(Debug, Deserialize)]
struct Uploaded {
    files: Vec<UploadedFile>,
}

#[derive(Debug, Deserialize)]
struct UploadedFile {
    path: String,
    bytes: u64,
}

impl FileInfo {
    /// What a daemon tells of a path has its name and mode at the least.
    fn checked(self) -> Result<Self, HttpError> {
        if self.name.is_empty() || self.mode.is_empty() {
            return Err(HttpError::Unusable(
                "a file without name or mode".to_owned(),
            ));
        }
        Ok(self)
    }

    fn into_entry(self) -> Entry {
        // Go's letters: `d` directory, `-` none, `L` link; p, S, D, c are other things.
        let kind = match self.mode.chars().next() {
            _ if self.is_dir => "directory",
            Some('-') | None => "file",
            Some('L') => "symlink",
            Some('p' | 'S' | 'D' | 'c' | '?') => "other",
            // `u`, `g`, `t` mark bits of an ordinary file.
            Some(_) => "file",
        };
        Entry {
            name: self.name,
            kind: kind.to_owned(),
            size: self.size,
            mode: self.permissions,
            mtime: self.modified_at.or(self.mod_time),
            owner: self.owner,
            target: None,
        }
    }
}

impl Wire {
    /// The home folder of the image's user, as the daemon tells it.
    pub(crate) async fn home(
        &self,
        sandbox: &SandboxHandle,
        cx: &CallContext,
    ) -> DriverResult<String> {
        #[derive(Deserialize)]
        struct Answer {
            dir: String,
        }
        let ask = self.toolbox("home", Method::GET, sandbox, &["user-home-dir"])?;
        let told = async |reply: Reply| reply.of_status(&[200])?.object::<Answer>().await;
        let dir = self.of_toolbox(sandbox, &ask, cx, told).await?.dir;
        if dir.starts_with('/') {
            return Ok(dir);
        }
        let words = format!("a home folder that is no path from the root: `{dir}`");
        Err(HttpError::Unusable(words).plain())
    }

    /// Reads a file into a blob, piece by piece.
    pub(crate) async fn read_file(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<Blob> {
        let ask = self
            .toolbox(
                "read_file",
                Method::POST,
                sandbox,
                &["files", "bulk-download"],
            )?
            .header("accept", "multipart/form-data")?
            .json(&json!({ "paths": [path] }))
            .retry(Retry::Safe)
            .limits(Some(TRANSFER_TIMEOUT), TRANSFER_IDLE);
        let read = async { downloaded(self.http.send(&ask, cx).await?, cx).await };
        match read.await {
            Ok(blob) => Ok(blob),
            Err(error) => Err(self.settle(sandbox, error, cx).await),
        }
    }

    /// Writes a file whole. Sending it twice is the same as once.
    pub(crate) async fn write_file(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        data: &Bytes,
        cx: &CallContext,
    ) -> DriverResult<()> {
        let payload = Payload::Upload {
            path: path.to_owned(),
            data: data.clone(),
        };
        let ask = self
            .toolbox(
                "write_file",
                Method::POST,
                sandbox,
                &["files", "bulk-upload"],
            )?
            .payload(payload)
            .retry(Retry::Safe)
            .limits(Some(TRANSFER_TIMEOUT), TRANSFER_TIMEOUT);
        let told = async |reply: Reply| reply.of_status(&[200])?.object::<Uploaded>().await;
        let uploaded = self.of_toolbox(sandbox, &ask, cx, told).await?;
        match uploaded.files.as_slice() {
            [file] if !file.path.is_empty() && file.bytes == data.len() as u64 => Ok(()),
            other => {
                let words = format!(
                    "an upload of {} bytes was answered with {other:?}",
                    data.len()
                );
                Err(HttpError::Unusable(words).plain())
            }
        }
    }

    /// Lists a directory.
    pub(crate) async fn list_files(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        depth: Option<u32>,
        cx: &CallContext,
    ) -> DriverResult<Vec<Entry>> {
        let mut ask = self.files("list_files", Method::GET, sandbox, &[], &[("path", path)])?;
        if let Some(depth) = depth {
            ask.url
                .query_pairs_mut()
                .append_pair("depth", &depth.to_string());
        }
        let told = async |reply: Reply| {
            let infos = reply.of_status(&[200])?.json::<Vec<FileInfo>>().await?;
            let infos = infos.into_iter().map(FileInfo::checked);
            infos.collect::<Result<Vec<_>, _>>()
        };
        let infos = self.of_toolbox(sandbox, &ask, cx, told).await?;
        Ok(infos.into_iter().map(FileInfo::into_entry).collect())
    }

    /// Facts about a path.
    pub(crate) async fn stat_file(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<Entry> {
        let query = [("path", path)];
        let ask = self.files("stat_file", Method::GET, sandbox, &["info"], &query)?;
        let told = async |reply: Reply| {
            let info = reply.of_status(&[200])?.object::<FileInfo>().await?;
            info.checked()
        };
        let info = self.of_toolbox(sandbox, &ask, cx, told).await?;
        Ok(info.into_entry())
    }

    /// Renames a path.
    pub(crate) async fn move_file(
        &self,
        sandbox: &SandboxHandle,
        from: &str,
        to: &str,
        cx: &CallContext,
    ) -> DriverResult<()> {
        let query = [("source", from), ("destination", to)];
        let ask = self.files("move_file", Method::POST, sandbox, &["move"], &query)?;
        self.of_toolbox(sandbox, &ask, cx, moved).await
    }

    /// Makes a directory. One that is there is left alone, so sending it twice is safe.
    pub(crate) async fn make_dir(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<()> {
        let query = [("path", path), ("mode", "755")];
        let ask = self.files("make_dir", Method::POST, sandbox, &["folder"], &query)?;
        let made = async |reply: Reply| reply.of_status(&[201])?.empty().await;
        self.of_toolbox(sandbox, &ask.retry(Retry::Safe), cx, made)
            .await
    }

    /// Removes a path. A second send would not find what the first removed, so there is none.
    pub(crate) async fn remove_file(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        recursive: bool,
        cx: &CallContext,
    ) -> DriverResult<()> {
        let recursive = if recursive { "true" } else { "false" };
        let query = [("path", path), ("recursive", recursive)];
        let ask = self.files("remove_file", Method::DELETE, sandbox, &[], &query)?;
        let removed = async |reply: Reply| reply.of_status(&[204])?.empty().await;
        self.of_toolbox(sandbox, &ask.retry(Retry::Unsent), cx, removed)
            .await
    }

    fn files(
        &self,
        op: &'static str,
        method: Method,
        sandbox: &SandboxHandle,
        last: &[&str],
        query: &[(&str, &str)],
    ) -> DriverResult<Ask> {
        let mut segments = vec!["files"];
        segments.extend_from_slice(last);
        let mut ask = self.toolbox(op, method, sandbox, &segments)?;
        ask.url.query_pairs_mut().extend_pairs(query);
        Ok(ask)
    }
}

/// A move answers nothing, or that the source stayed where it was, which is a success as well.
async fn moved(reply: Reply) -> Result<(), HttpError> {
    #[derive(Deserialize)]
    struct Stayed {
        message: String,
    }
    let reply = reply.of_status(&[200])?;
    if reply.header("content-type").is_empty() {
        return reply.empty().await;
    }
    let stayed = reply.object::<Stayed>().await?;
    if stayed.message.starts_with("file copied successfully") {
        return Ok(());
    }
    Err(HttpError::Unusable(format!(
        "a move was answered with `{}`",
        stayed.message
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mode: &str, is_dir: bool, kind: &str) {
        let info = FileInfo {
            mode: mode.to_owned(),
            is_dir,
            ..FileInfo::default()
        };
        assert_eq!(info.into_entry().kind, kind, "{mode}");
    }

    #[test]
    fn kinds_are_read_off_gos_letters() {
        check("-rw-r--r--", false, "file");
        check("drwxr-xr-x", true, "directory");
        check("dtrwxrwxrwx", true, "directory");
        check("urwxr-xr-x", false, "file");
        check("prw-r--r--", false, "other");
        check("Dcrw-rw-rw-", false, "other");
    }

    #[test]
    fn an_entry_says_what_the_daemon_said() {
        let info: FileInfo = serde_json::from_value(json!({
            "name": "a.txt", "size": 5, "mode": "-rw-r--r--",
            "modTime": "2026-01-01 00:00:00 +0000 UTC", "modifiedAt": "2026-01-01T00:00:00Z",
            "isDir": false, "owner": "0", "group": "0", "permissions": "0644"
        }))
        .unwrap();
        let entry = info.into_entry();
        assert_eq!(entry.size, Some(5));
        assert_eq!(entry.mode.as_deref(), Some("0644"));
        assert_eq!(entry.mtime.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(entry.owner.as_deref(), Some("0"));
    }
}
