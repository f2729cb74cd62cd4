//! Uploaded files: a tar, gzipped or not, looked at before anything unpacks it.

use std::collections::BTreeSet;
use std::io::{self, BufReader, Read};

use async_compression::tokio::bufread::GzipDecoder;
use tar::EntryType;
use tokio::io::AsyncReadExt as _;

use crate::shared::Archive;

/// What gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Problems of one tar that are told.
const PROBLEMS_MAX: usize = 5;

/// Links of one tar that are kept in mind.
const LINKS_MAX: usize = 100_000;

/// A tar that may be unpacked.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// Without gzip.
    pub(super) archive: Archive,
    /// What is odd about it and does no harm.
    pub(super) notes: Vec<String>,
}

/// Takes gzip away and looks at every entry.
///
/// # Errors
/// In words: what is wrong with it.
pub(super) async fn open(upload: &Archive, bytes_max: u64) -> Result<Unpacked, String> {
    let mut start = Vec::new();
    let read = upload.reader().take(2).read_to_end(&mut start).await;
    read.map_err(|error| format!("the upload cannot be read: {error}"))?;
    let archive = if start == GZIP {
        let mut decoder = GzipDecoder::new(tokio::io::BufReader::new(upload.reader()));
        decoder.multiple_members(true);
        let plain = Archive::bounded(None, Box::new(decoder), bytes_max).await;
        plain.map_err(|error| format!("the upload is no whole gzip file: {error}"))?
    } else {
        let plain = Archive::bounded(None, upload.reader(), bytes_max).await;
        plain.map_err(|error| format!("the upload cannot be read: {error}"))?
    };
    let reader = archive.blocking_reader();
    let looked = tokio::task::spawn_blocking(move || look(reader)).await;
    let notes = looked.map_err(|_| "the upload could not be looked at".to_owned())??;
    Ok(Unpacked { archive, notes })
}

/// What is odd about a tar.
///
/// # Errors
/// What must not be unpacked, and that it breaks off.
fn look(reader: impl Read) -> Result<Vec<String>, String> {
    let mut tar = tar::Archive::new(BufReader::new(reader));
    let broken = |error: io::Error| format!("the upload is no whole tar file: {error}");
    let mut seen = Seen::default();
    let mut entries = 0_u64;
    for entry in tar.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let target = entry.link_name_bytes();
        let target = target.map(|it| String::from_utf8_lossy(&it).into_owned());
        let kind = entry.header().entry_type();
        seen.look_at(&path, target.as_deref(), kind);
        entries += 1;
        // To its end, so that one that breaks off is told.
        io::copy(&mut entry, &mut io::sink()).map_err(broken)?;
    }
    if entries == 0 {
        return Err("the upload holds no file".to_owned());
    }
    if seen.problems.is_empty() {
        return Ok(seen.notes);
    }
    let more = seen.count - seen.problems.len();
    let more = (more > 0).then(|| format!("and {more} more"));
    let problems: Vec<String> = seen.problems.into_iter().chain(more).collect();
    Err(format!("the upload is refused: {}", problems.join("; ")))
}

#[derive(Debug, Default)]
struct Seen {
    links: BTreeSet<String>,
    problems: Vec<String>,
    count: usize,
    notes: Vec<String>,
}

impl Seen {
    fn look_at(&mut self, path: &str, target: Option<&str>, kind: EntryType) {
        let shown = path.escape_debug();
        if path.starts_with('/') {
            return self.problem(format!("`{shown}` is an absolute path"));
        }
        if leaves(path) {
            return self.problem(format!("`{shown}` leads out of the folder with `..`"));
        }
        let name = clean(path);
        if let Some(link) = self.link_above(&name) {
            return self.problem(format!("`{shown}` lies behind the link `{link}`"));
        }
        let target = target.unwrap_or_default();
        let to = target.escape_debug();
        match kind {
            EntryType::Regular
            | EntryType::Continuous
            | EntryType::GNUSparse
            | EntryType::Directory => {}
            EntryType::Symlink => {
                if self.links.len() >= LINKS_MAX {
                    return self.problem(format!("it has more than {LINKS_MAX} links"));
                }
                let below = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                if target.starts_with('/') || leaves(&format!("{below}/{target}")) {
                    let note = format!("the link `{shown}` points out of the folder, to `{to}`");
                    self.notes.truncate(PROBLEMS_MAX);
                    self.notes.push(note);
                }
                self.links.insert(name);
            }
            EntryType::Link => {
                let behind = self.links.contains(&clean(target));
                if target.starts_with('/') || leaves(target) || behind {
                    self.problem(format!("the hard link `{shown}` points out, to `{to}`"));
                } else if let Some(link) = self.link_above(&clean(target)) {
                    self.problem(format!(
                        "the hard link `{shown}` points behind the link `{link}`"
                    ));
                }
            }
            other => {
                let kind = char::from(other.as_byte()).escape_debug().to_string();
                self.problem(format!(
                    "`{shown}` is no file, folder or link (type `{kind}`)"
                ));
            }
        }
    }

    fn problem(&mut self, text: String) {
        self.count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(text);
        }
    }

    /// The link on the way to a path.
    fn link_above(&self, name: &str) -> Option<String> {
        let ends = name.match_indices('/').map(|(at, _)| &name[..at]);
        let mut found = ends.filter(|above| self.links.contains(*above));
        found.next().map(|link| link.escape_debug().to_string())
    }
}

/// Whether a relative path leads above where it begins.
fn leaves(path: &str) -> bool {
    let mut depth = 0_i64;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

fn clean(path: &str) -> String {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tar of paths, kinds and targets; names are written as they are.
    fn tar_of(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, target) in entries {
            let mut header = tar::Header::new_gnu();
            let raw = header.as_old_mut();
            raw.name[..path.len()].copy_from_slice(path.as_bytes());
            raw.linkname[..target.len()].copy_from_slice(target.as_bytes());
            header.set_entry_type(*kind);
            let content: &[u8] = if kind.is_file() { b"content" } else { b"" };
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn what_must_not_be_unpacked_is_told_by_name() {
        use EntryType as E;
        for (entries, expected) in [
            (vec![("a/b", E::Regular, ""), ("a", E::Directory, "")], ""),
            (
                vec![("/etc/x", E::Regular, "")],
                "`/etc/x` is an absolute path",
            ),
            (
                vec![("a/../../x", E::Regular, "")],
                "leads out of the folder with `..`",
            ),
            (
                vec![("l", E::Symlink, "/etc"), ("l/passwd", E::Regular, "")],
                "`l/passwd` lies behind the link `l`",
            ),
            (
                vec![("h", E::Link, "/etc/passwd")],
                "the hard link `h` points out",
            ),
            (
                vec![("l", E::Symlink, "x"), ("h", E::Link, "l/y")],
                "points behind the link `l`",
            ),
            (
                vec![("n", E::Block, "")],
                "`n` is no file, folder or link (type `4`)",
            ),
            (vec![], "holds no file"),
        ] {
            let outcome = look(&tar_of(&entries)[..]);
            let text = outcome.err().unwrap_or_default();
            assert!(text.contains(expected), "{expected}: {text}");
            assert_eq!(text.is_empty(), expected.is_empty(), "{text}");
        }
        let many = vec![("/x", E::Regular, ""); PROBLEMS_MAX + 2];
        assert!(
            look(&tar_of(&many)[..])
                .unwrap_err()
                .ends_with("and 2 more")
        );
    }

    #[test]
    fn a_link_out_is_noted_and_kept() {
        let entries = [
            ("v/bin/python", EntryType::Symlink, "/usr/bin/python3"),
            ("v/lib", EntryType::Symlink, "../v/bin"),
        ];
        let notes = look(&tar_of(&entries)[..]).unwrap();
        assert_eq!(
            notes,
            ["the link `v/bin/python` points out of the folder, to `/usr/bin/python3`"]
        );
    }

    async fn opened(bytes: &[u8], bytes_max: u64) -> String {
        let bytes = io::Cursor::new(bytes.to_vec());
        let upload = Archive::unnamed(Box::new(bytes)).await.unwrap();
        let opened = open(&upload, bytes_max).await;
        opened.err().unwrap_or_default()
    }

    #[tokio::test]
    async fn what_breaks_off_is_told() {
        let tar = tar_of(&[("a", EntryType::Regular, "")]);
        assert_eq!(opened(&tar, 1 << 20).await, "");
        assert!(
            opened(&tar[..515], 1 << 20)
                .await
                .contains("no whole tar file")
        );
        assert!(
            opened(b"rubbish, and not a tar", 1 << 20)
                .await
                .contains("no whole tar file")
        );
        assert!(opened(&tar, 10).await.contains("more than 10 bytes"));
        let mut gzip = Vec::new();
        let mut encoder =
            async_compression::tokio::bufread::GzipEncoder::new(io::Cursor::new(tar.clone()));
        encoder.read_to_end(&mut gzip).await.unwrap();
        assert_eq!(opened(&gzip, 1 << 20).await, "");
        let half = &gzip[..gzip.len() / 2];
        assert!(opened(half, 1 << 20).await.contains("no whole gzip file"));
        assert!(opened(&gzip, 10).await.contains("more than 10 bytes"));
    }
}
