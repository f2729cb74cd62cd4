//! Files of an E2B sandbox: `/files` for content, the filesystem service for the rest.

use std::time::Duration;

use bytes::Bytes;
use cutover_base::blob::Blob;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::defaults::FILE_CODINGS;
use super::envd::{Private, Wire};
use super::packed::{UnpackError, Unpacking};
use crate::call::{Failure, FailureClass};
use crate::driver::http::{Ask, HttpError, Payload, Reply, Retry};
use crate::driver::{CallContext, DriverResult, Entry, SandboxHandle};

/// Time for one transfer, and the longest silence in it.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(30 * 60);
const TRANSFER_IDLE: Duration = Duration::from_secs(60);

/// What envd tells of a path. Zero values are left out on the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EntryInfo {
    name: String,
    #[serde(rename = "type")]
    kind: Value,
    path: String,
    size: Value,
    mode: u32,
    owner: Option<String>,
    modified_time: Option<String>,
    symlink_target: Option<String>,
    is_symlink: bool,
}

/// The answer about one path.
#[derive(Debug, Deserialize)]
struct OneEntry {
    entry: EntryInfo,
}

/// The answer to a listing: without entries it is an empty object, as everything empty is left out.
#[derive(Debug, Deserialize)]
struct Listing {
    entries: Option<Vec<EntryInfo>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// An answer that tells nothing beyond its success.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// A file that was written.
#[derive(Debug, Deserialize)]
struct Written {
    path: String,
    #[serde(rename = "name")]
    _name: String,
}

impl EntryInfo {
    /// What is left out is zero, but no path is without a name.
    fn checked(self) -> DriverResult<Self> {
        if self.name.is_empty() || self.path.is_empty() {
            return Err(not_the_contract("an entry without name or path"));
        }
        Ok(self)
    }

    fn into_entry(self, name: String) -> Entry {
        let kind = match (self.kind.as_str(), self.kind.as_u64()) {
            _ if self.is_symlink => "symlink",
            (Some("FILE_TYPE_SYMLINK"), _) | (_, Some(3)) => "symlink",
            (Some("FILE_TYPE_FILE"), _) | (_, Some(1)) => "file",
            (Some("FILE_TYPE_DIRECTORY"), _) | (_, Some(2)) => "directory",
            _ => "other",
        };
        let size = match &self.size {
            Value::Null => Some(0),
            Value::String(text) => text.parse().ok(),
            number => number.as_u64(),
        };
        Entry {
            name,
            kind: kind.to_owned(),
            size,
            mode: Some(format!("{:04o}", self.mode)),
            mtime: self.modified_time,
            owner: self.owner,
            target: self.symlink_target,
        }
    }
}

impl Wire {
    fn files(
        &self,
        op: &'static str,
        method: Method,
        sandbox: &SandboxHandle,
        path: &str,
    ) -> DriverResult<Ask> {
        let mut ask = self.envd(op, method, sandbox, &["files"])?;
        ask.url.query_pairs_mut().append_pair("path", path);
        if let Some(user) = Private::old_default_user(sandbox) {
            ask.url.query_pairs_mut().append_pair("username", user);
        }
        Ok(ask)
    }

    /// Reads a file into a blob, piece by piece.
    pub(crate) async fn read_file(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<Blob> {
        let ask = self
            .files("read_file", Method::GET, sandbox, path)?
            .header("accept-encoding", FILE_CODINGS)?
            .limits(Some(TRANSFER_TIMEOUT), TRANSFER_IDLE);
        let read = async { captured(self.http.send(&ask, cx).await?, cx).await };
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
        let ask = self
            .files("write_file", Method::POST, sandbox, path)?
            .payload(Payload::Raw("application/octet-stream", data.clone()))
            .retry(Retry::Safe)
            .limits(Some(TRANSFER_TIMEOUT), TRANSFER_TIMEOUT);
        let written = async {
            let reply = self.http.send(&ask, cx).await?.of_status(&[200])?;
            // envd does not say that this is JSON.
            match reply.json_untold::<Vec<Written>>().await?.as_slice() {
                [written] if !written.path.is_empty() => Ok(()),
                other => {
                    let words = format!("an upload of one file was answered with {}", other.len());
                    Err(HttpError::Unusable(words))
                }
            }
        };
        match written.await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.settle(sandbox, error, cx).await),
        }
    }

    /// Lists a directory, `depth` levels.
    pub(crate) async fn list_files(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        depth: Option<u32>,
        cx: &CallContext,
    ) -> DriverResult<Vec<Entry>> {
        let mut body = json!({ "path": path });
        if let Some(depth) = depth {
            body["depth"] = json!(depth);
        }
        let answer: Listing = self
            .filesystem("list_files", sandbox, "ListDir", &body, Retry::Safe, cx)
            .await?;
        if answer.entries.is_none() && !answer.rest.is_empty() {
            return Err(not_the_contract("a listing without `entries`"));
        }
        let listed = answer.entries.unwrap_or_default().into_iter();
        let listed = listed
            .map(EntryInfo::checked)
            .collect::<DriverResult<Vec<_>>>()?;
        let root = listing_root(&listed);
        Ok(listed
            .into_iter()
            .map(|info| {
                let name = relative(&root, &info);
                info.into_entry(name)
            })
            .collect())
    }

    /// Facts about a path.
    pub(crate) async fn stat_file(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<Entry> {
        let body = json!({ "path": path });
        let answer: OneEntry = self
            .filesystem("stat_file", sandbox, "Stat", &body, Retry::Safe, cx)
            .await?;
        let info = answer.entry.checked()?;
        let name = info.name.clone();
        Ok(info.into_entry(name))
    }

    /// What `~` stands for, which is the home folder of envd's default user.
    pub(crate) async fn home(
        &self,
        sandbox: &SandboxHandle,
        cx: &CallContext,
    ) -> DriverResult<String> {
        let body = json!({ "path": "~" });
        let answer: OneEntry = self
            .filesystem("home", sandbox, "Stat", &body, Retry::Safe, cx)
            .await?;
        let path = answer.entry.checked()?.path;
        if path.starts_with('/') {
            return Ok(path);
        }
        let words = format!("a home folder that is no path from the root: `{path}`");
        Err(not_the_contract(&words))
    }

    /// Renames a path.
    pub(crate) async fn move_file(
        &self,
        sandbox: &SandboxHandle,
        from: &str,
        to: &str,
        cx: &CallContext,
    ) -> DriverResult<()> {
        let body = json!({ "source": from, "destination": to });
        let answer: OneEntry = self
            .filesystem("move_file", sandbox, "Move", &body, Retry::Unsent, cx)
            .await?;
        answer.entry.checked().map(drop)
    }

    /// Makes a directory. A second send would find the first one's directory, so there is none.
    pub(crate) async fn make_dir(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<()> {
        let body = json!({ "path": path });
        let answer: OneEntry = self
            .filesystem("make_dir", sandbox, "MakeDir", &body, Retry::Unsent, cx)
            .await?;
        answer.entry.checked().map(drop)
    }

    /// Removes a path, a tree as well as a file: `Remove` is `rm -rf`, so sending it twice is the
    /// same as once.
    pub(crate) async fn remove_file(
        &self,
        sandbox: &SandboxHandle,
        path: &str,
        cx: &CallContext,
    ) -> DriverResult<()> {
        let body = json!({ "path": path });
        self.filesystem::<Nothing>("remove_file", sandbox, "Remove", &body, Retry::Safe, cx)
            .await
            .map(drop)
    }

    async fn filesystem<T: DeserializeOwned>(
        &self,
        op: &'static str,
        sandbox: &SandboxHandle,
        method: &str,
        body: &Value,
        retry: Retry,
        cx: &CallContext,
    ) -> DriverResult<T> {
        let method = ["filesystem.Filesystem", method];
        self.rpc(op, sandbox, method, body, retry, cx).await
    }
}

/// Captures a body as it arrives. A page that somebody else shows in its place does not say that it
/// is a file.
async fn captured(reply: Reply, cx: &CallContext) -> Result<Blob, HttpError> {
    let mut reply = reply.of_status(&[200])?;
    if !reply.header("content-disposition").starts_with("inline") {
        return Err(reply.unusable("the answer does not say that it is a file"));
    }
    let coding = reply.header("content-encoding");
    let Some(mut unpacking) = Unpacking::of(&coding, cx.blobs.writer()) else {
        return Err(reply.unusable(format!("the file came in the coding `{coding}`")));
    };
    while let Some(bytes) = reply.chunk_open().await? {
        if let Err(error) = unpacking.push(&bytes) {
            return Err(unkept(&mut reply, error));
        }
    }
    let finished = unpacking.finish();
    let blob = finished.map_err(|error| unkept(&mut reply, error))?;
    reply.done();
    Ok(blob)
}

fn unkept(reply: &mut Reply, error: UnpackError) -> HttpError {
    match error {
        UnpackError::Broken(words) => reply.unusable(words),
        UnpackError::Unkept(error) => reply.broken(error.into()),
    }
}

fn not_the_contract(what: &str) -> crate::driver::DriverError {
    Failure::new(
        FailureClass::Internal,
        format!("the answer is not the JSON of the contract: {what}"),
    )
    .into()
}

/// The directory that was listed. The walk is pre-order, so the first entry lies directly in it;
/// the request may have been relative or with `~`, so it is read off the answer.
fn listing_root(listed: &[EntryInfo]) -> String {
    listed.first().map_or_else(String::new, |first| {
        let root = first.path.strip_suffix(&first.name);
        root.unwrap_or_default().to_owned()
    })
}

fn relative(root: &str, info: &EntryInfo) -> String {
    match info.path.strip_prefix(root) {
        Some(rest) if !rest.is_empty() && !root.is_empty() => rest.to_owned(),
        _ => info.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_what_envd_said() {
        let info: EntryInfo = serde_json::from_value(json!({
            "name": "l", "type": "FILE_TYPE_FILE", "path": "/tmp/l", "size": "3", "mode": 420,
            "permissions": "Lrwxrwxrwx", "owner": "user", "group": "user",
            "modifiedTime": "2026-01-01T00:00:00Z", "symlinkTarget": "/tmp/a"
        }))
        .unwrap();
        let entry = info.into_entry("l".to_owned());
        assert_eq!(entry.kind, "file");
        assert_eq!(entry.size, Some(3));
        assert_eq!(entry.mode.as_deref(), Some("0644"));
        assert_eq!(entry.mtime.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(entry.target.as_deref(), Some("/tmp/a"));
    }

    #[test]
    fn values_left_out_are_zero() {
        let info: EntryInfo = serde_json::from_value(json!({ "name": "p", "path": "/p" })).unwrap();
        let entry = info.into_entry("p".to_owned());
        assert_eq!((entry.kind.as_str(), entry.size), ("other", Some(0)));
        assert_eq!(entry.mode.as_deref(), Some("0000"));
    }

    #[test]
    fn names_are_relative_to_what_was_listed() {
        let listed: Vec<EntryInfo> = ["/home/user/d", "/home/user/d/e", "/home/user/f"]
            .iter()
            .map(|path| EntryInfo {
                name: path.rsplit('/').next().unwrap().to_owned(),
                path: (*path).to_owned(),
                ..EntryInfo::default()
            })
            .collect();
        let root = listing_root(&listed);
        let names: Vec<String> = listed.iter().map(|info| relative(&root, info)).collect();
        assert_eq!(names, ["d", "d/e", "f"]);
    }
}
