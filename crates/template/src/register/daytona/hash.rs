//! The name of a context in the object store: Daytona's MD5 over its path and its files (contract 5.5).

use std::fs::File;
use std::io::{self, Read as _};

use md5::{Digest as _, Md5};

use crate::register::context::{Entry, EntryKind, Taken, is_empty};
use crate::register::hex::hex;

/// The hash of one path that a source names, with all below it.
///
/// Folders are walked as the SDK does it: the files of one by name, then its folders by name. The SDK
/// takes both as the file system gives them, so that of a folder with several it has no fixed number.
///
/// # Errors
/// What cannot be read.
pub(crate) fn hash(taken: &Taken, top: &str, archive_path: &str) -> io::Result<String> {
    let mut hash = Md5::new();
    hash.update(archive_path);
    let entry = taken.entries.iter().find(|it| it.path == top);
    match entry.map(|it| &it.kind) {
        Some(EntryKind::File) => contents(taken, top, &mut hash)?,
        _ => walk(taken, top, top, &mut hash)?,
    }
    Ok(hex(&hash.finalize()))
}

fn walk(taken: &Taken, top: &str, folder: &str, hash: &mut Md5) -> io::Result<()> {
    if is_empty_folder(&taken.entries, folder) {
        let inside = inside(folder, top);
        hash.update(if inside.is_empty() { "." } else { inside });
        return Ok(());
    }
    let children = |kind: EntryKind| {
        let all = taken.entries.iter().filter(move |it| it.kind == kind);
        all.filter(|it| parent(&it.path) == folder)
    };
    for file in children(EntryKind::File) {
        hash.update(inside(&file.path, top));
        contents(taken, &file.path, hash)?;
    }
    for below in children(EntryKind::Folder).filter(|it| it.path != ".") {
        walk(taken, top, &below.path, hash)?;
    }
    Ok(())
}

fn is_empty_folder(entries: &[Entry], folder: &str) -> bool {
    match folder {
        "." => entries.iter().all(|it| it.path == "."),
        folder => is_empty(entries, folder),
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

fn inside<'a>(path: &'a str, top: &str) -> &'a str {
    match top {
        "." => path,
        top => path
            .strip_prefix(top)
            .unwrap_or(path)
            .trim_start_matches('/'),
    }
}

fn contents(taken: &Taken, path: &str, hash: &mut Md5) -> io::Result<()> {
    let told = |error: io::Error| io::Error::new(error.kind(), format!("{path}: {error}"));
    let mut file = File::open(taken.root.join(path)).map_err(told)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer).map_err(told)?;
        if read == 0 {
            return Ok(());
        }
        hash.update(&buffer[..read]);
    }
}
