//! The file server: ordinary system calls with the rights of the process it runs in.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::export;
use super::frame::{self, Failure, FrameKind, PAYLOAD_BYTES_MAX, StatItem, item, send_json};
use super::import;
use super::op::FileOp;
use super::{serve_attributes, serve_watch};

/// Does one operation and answers over `stream`. A client that has gone away ends it.
pub(crate) fn serve(op: &FileOp, stream: &UnixStream) {
    // Whoever asked may have gone; then there is nobody to tell.
    drop(answer(op, stream));
}

/// As [`serve`], and goes on with the operations that the client sends until it hangs up.
pub(crate) fn serve_all(first: FileOp, stream: &UnixStream) {
    let mut input = BufReader::new(stream);
    let mut payload = Vec::new();
    let mut op = first;
    while answer(&op, stream).is_ok() && op.leaves_server() {
        let Ok(Some(FrameKind::Operation)) = frame::receive(&mut input, &mut payload) else {
            return;
        };
        let Ok(next) = serde_json::from_slice(&payload) else {
            return;
        };
        op = next;
    }
}

fn answer(op: &FileOp, stream: &UnixStream) -> io::Result<()> {
    let mut out = BufWriter::new(stream);
    let result = match op {
        FileOp::Read { path } => serve_read(path, &mut out),
        FileOp::Write { path } => serve_write(path, stream, &mut out),
        FileOp::List { path } => serve_list(path, &mut out),
        FileOp::Watch { path, recursive } => serve_watch::run(path, *recursive, stream),
        FileOp::Attributes {
            path,
            prefix,
            of_entries,
        } => serve_attributes::list(path, prefix, *of_entries, &mut out),
        FileOp::Export(archived) => export::run(archived, &mut out),
        FileOp::Import(archived) => import::run(archived, stream),
        other => serve_simple(other, &mut out),
    };
    let sent = match result {
        Ok(()) => frame::send(&mut out, FrameKind::Done, &[]),
        Err(failure) => send_json(&mut out, FrameKind::Failed, &failure),
    };
    sent.and_then(|()| out.flush())
}

/// Answers that the operation could not be started at all.
pub(crate) fn refuse(stream: &UnixStream, operation: &str, error: &io::Error) {
    let failure = Failure::of(operation, error);
    let mut out = BufWriter::new(stream);
    drop(send_json(&mut out, FrameKind::Refused, &failure).and_then(|()| out.flush()));
}

fn serve_simple(op: &FileOp, out: &mut impl Write) -> Result<(), Failure> {
    match op {
        FileOp::Stat { path, follow } => {
            let path = Path::new(path);
            let facts = if *follow {
                fs::metadata(path)
            } else {
                fs::symlink_metadata(path)
            };
            let facts = facts.map_err(|e| Failure::of("stat", &e))?;
            item(out, &StatItem::new(path, &facts))
        }
        FileOp::Canonicalize { path } => {
            let real = fs::canonicalize(path).map_err(|e| Failure::of("canonicalize", &e))?;
            item(out, &real.to_string_lossy())
        }
        FileOp::MakeDir { path, mode } => DirBuilder::new()
            .mode(*mode)
            .create(path)
            .map_err(|e| Failure::of("mkdir", &e)),
        FileOp::Rename { from, to } => fs::rename(from, to).map_err(|e| Failure::of("rename", &e)),
        FileOp::Remove { path, recursive } => remove(Path::new(path), *recursive),
        FileOp::SetMode { path, mode } => {
            fs::set_permissions(path, Permissions::from_mode(mode & 0o7777))
                .map_err(|e| Failure::of("chmod", &e))
        }
        FileOp::SetOwner { path, uid, gid } => {
            std::os::unix::fs::chown(path, *uid, *gid).map_err(|e| Failure::of("chown", &e))
        }
        FileOp::SetAttributes {
            path,
            prefix,
            attributes,
        } => serve_attributes::replace(path, prefix, attributes),
        FileOp::FileSystem { path } => item(out, &serve_attributes::file_system(path)?),
        FileOp::Read { .. }
        | FileOp::Write { .. }
        | FileOp::List { .. }
        | FileOp::Watch { .. }
        | FileOp::Attributes { .. }
        | FileOp::Export(_)
        | FileOp::Import(_) => Err(Failure {
            operation: "serve".to_owned(),
            errno: libc::ENOSYS,
        }),
    }
}

fn remove(path: &Path, recursive: bool) -> Result<(), Failure> {
    let facts = fs::symlink_metadata(path).map_err(|e| Failure::of("unlink", &e))?;
    let result = if !facts.is_dir() {
        fs::remove_file(path)
    } else if recursive {
        fs::remove_dir_all(path)
    } else {
        fs::remove_dir(path)
    };
    result.map_err(|e| Failure::of("unlink", &e))
}

fn serve_list(path: &str, out: &mut impl Write) -> Result<(), Failure> {
    for entry in fs::read_dir(path).map_err(|e| Failure::of("readdir", &e))? {
        let entry = entry.map_err(|e| Failure::of("readdir", &e))?;
        match entry.metadata() {
            Ok(facts) => item(out, &StatItem::new(&entry.path(), &facts))?,
            // It was removed between the two calls: then it is not an entry.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::of("stat", &error)),
        }
    }
    Ok(())
}

fn serve_read(path: &str, out: &mut impl Write) -> Result<(), Failure> {
    // Without O_NONBLOCK a FIFO without a writer would hold this server for ever.
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(|e| Failure::of("open", &e))?;
    let facts = file.metadata().map_err(|e| Failure::of("stat", &e))?;
    if facts.is_dir() {
        let error = io::Error::from_raw_os_error(libc::EISDIR);
        return Err(Failure::of("read", &error));
    }
    item(out, &StatItem::new(Path::new(path), &facts))?;
    // The client waits for the facts even where the first bytes are slow to come.
    out.flush().map_err(|e| Failure::of("send", &e))?;
    let mut buffer = vec![0; PAYLOAD_BYTES_MAX];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => frame::send(out, FrameKind::Data, &buffer[..count])
                .map_err(|e| Failure::of("send", &e))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::of("read", &error)),
        }
    }
}

fn serve_write(path: &str, mut input: &UnixStream, out: &mut impl Write) -> Result<(), Failure> {
    let mut file = open_for_writing(path)?;
    // The client's `write` returns when the file is open.
    item(out, &()).and_then(|()| out.flush().map_err(|e| Failure::of("send", &e)))?;
    let mut payload = Vec::with_capacity(PAYLOAD_BYTES_MAX);
    loop {
        match frame::receive(&mut input, &mut payload) {
            Ok(Some(FrameKind::Data)) => file
                .write_all(&payload)
                .map_err(|e| Failure::of("write", &e))?,
            Ok(Some(FrameKind::Done)) => return Ok(()),
            Ok(_) => {
                return Err(Failure::of(
                    "receive",
                    &io::Error::from_raw_os_error(libc::EPIPE),
                ));
            }
            Err(error) => return Err(Failure::of("receive", &error)),
        }
    }
}

fn open_for_writing(path: &str) -> Result<File, Failure> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o666)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(|e| Failure::of("open", &e))
}
