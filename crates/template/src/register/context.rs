//! What a source of `COPY` takes from the folder: files, folders and links, in a fixed order.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use serde::Serialize;

use crate::folder::Folder;
use crate::register::findings::Findings;
use crate::register::ignored::Ignored;

const MISSING: &str = "missing-source";
const LINK: &str = "link";

/// Something that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its path in the folder; the folder itself is ".".
    pub(crate) path: String,
    pub(crate) kind: EntryKind,
    /// Type and permissions as the system has them.
    pub(crate) mode: u32,
    /// Bytes; of a folder nothing that means anything.
    pub(crate) size: u64,
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    Folder,
    /// A link and where it leads to, as it is written.
    Link(String),
}

/// One source of one `COPY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The line that names it.
    pub(crate) line: usize,
    /// As the line spells it, with variables put in.
    pub(crate) source: String,
    /// By path.
    pub(crate) entries: Vec<Entry>,
    /// Where these are on this machine.
    pub(crate) root: PathBuf,
}

/// How much that is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Taken {
    /// How much it is.
    pub(crate) fn amount(&self) -> Amount {
        let files = self.entries.iter().filter(|it| it.kind == EntryKind::File);
        files.fold(Amount::default(), |sum, file| Amount {
            files: sum.files + 1,
            bytes: sum.bytes.saturating_add(file.size),
        })
    }
}

/// What a source takes; what is wrong with it goes to the findings.
pub(crate) fn take(
    folder: &Folder,
    ignored: &Ignored,
    (line, source): (usize, &str),
    findings: &mut Findings<'_>,
) -> Option<Taken> {
    if source.contains('$') {
        let message = format!("{source} has a variable without a value");
        let help = "give the ARG a default, or write the path itself";
        findings.error(line, "variable", message, help);
        return None;
    }
    if source.split('/').any(|part| part == "..") {
        let message = format!("{source} lies outside of the folder");
        let help = "a build takes nothing from outside of its folder: put it into it";
        findings.error(line, MISSING, message, help);
        return None;
    }
    let named = folder.whole(source);
    if named.is_empty() {
        let message = format!("{source} is not in the folder");
        findings.error(line, MISSING, message, "add it, or leave the line out");
        return None;
    }
    let mut entries = Vec::new();
    let mut is_wrong = false;
    for path in named.iter().filter(|path| !ignored.has(path)) {
        match entry(folder, path) {
            Ok(entry) => entries.push(entry),
            Err((rule, message)) => {
                is_wrong = true;
                let help = "put the file itself there";
                findings.error(line, rule, message, help);
            }
        }
    }
    if is_wrong {
        return None;
    }
    if entries.is_empty() {
        let message = format!(".dockerignore leaves out all that {source} names");
        let help = "take the pattern out of .dockerignore, or leave the line out";
        findings.error(line, MISSING, message, help);
        return None;
    }
    Some(Taken {
        line,
        source: source.to_owned(),
        entries,
        root: folder.path(""),
    })
}

fn entry(folder: &Folder, path: &str) -> Result<Entry, (&'static str, String)> {
    let at = folder.path(path);
    let unreadable = |error: io::Error| ("unreadable", format!("{path} cannot be read: {error}"));
    let found = fs::symlink_metadata(&at).map_err(unreadable)?;
    let kind = found.file_type();
    let kind = if kind.is_symlink() {
        let outside = || {
            (
                LINK,
                format!("{path} is a link that leads out of the folder or nowhere"),
            )
        };
        let root = folder.path("").canonicalize().map_err(unreadable)?;
        let stays = at.canonicalize().is_ok_and(|it| it.starts_with(&root));
        let target = fs::read_link(&at).map_err(unreadable)?;
        let target = target.to_str().map(str::to_owned);
        EntryKind::Link(target.filter(|_| stays).ok_or_else(outside)?)
    } else if kind.is_dir() {
        EntryKind::Folder
    } else if kind.is_file() {
        fs::File::open(&at).map_err(unreadable)?;
        EntryKind::File
    } else {
        let message = format!("{path} is a device, pipe or socket");
        return Err(("special-file", message));
    };
    let path = if path.is_empty() { "." } else { path };
    Ok(Entry {
        path: path.to_owned(),
        kind,
        mode: found.mode(),
        size: found.size(),
    })
}

/// Whether nothing of these lies in a folder.
pub(crate) fn is_empty(entries: &[Entry], folder: &str) -> bool {
    !entries.iter().any(|it| {
        it.path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

/// Tells what is larger in all than it may be.
pub(crate) fn check_size(all: &[&Taken], max_bytes: u64, findings: &mut Findings<'_>) {
    let bytes = all
        .iter()
        .map(|it| it.amount().bytes)
        .fold(0, u64::saturating_add);
    let Some(largest) = all.iter().max_by_key(|it| it.amount().bytes) else {
        return;
    };
    if bytes > max_bytes {
        let message = format!(
            "what COPY takes has {}, more than {}; most of it is {}",
            mib(bytes),
            mib(max_bytes),
            largest.source
        );
        let help = "take out what the image does not need, or allow more with --max-context MIB";
        findings.error(largest.line, "context-size", message, help);
    }
}

fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1024 * 1024))
}
