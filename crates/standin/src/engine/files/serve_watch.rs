//! The watching half of the file server: inotify until the client goes away.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor};
use serde::{Deserialize, Serialize};

use super::frame::{Failure, FrameKind, send_json};
use crate::engine::{WatchEvent, WatchKind};

/// Directories one watch may hold; a deeper or wider tree answers `ENOSPC`, as the kernel does.
const DIRECTORIES_MAX: usize = 8192;

/// [`WatchEvent`] on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EventItem {
    name: String,
    kind: char,
}

impl From<EventItem> for WatchEvent {
    fn from(item: EventItem) -> Self {
        Self {
            name: item.name,
            kind: match item.kind {
                'c' => WatchKind::Create,
                'w' => WatchKind::Write,
                'd' => WatchKind::Remove,
                'm' => WatchKind::Rename,
                _ => WatchKind::Chmod,
            },
        }
    }
}

/// Sends an empty item when the watch stands, then one item per event, until the client hangs up.
pub(super) fn run(path: &str, recursive: bool, stream: &UnixStream) -> Result<(), Failure> {
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)
        .map_err(|e| errno("inotify", e))?;
    let mut watcher = Watcher {
        inotify,
        root: PathBuf::from(path),
        recursive,
        directories: HashMap::new(),
    };
    let facts = fs::metadata(path).map_err(|e| Failure::of("watch", &e))?;
    if !facts.is_dir() {
        return Err(errno("watch", Errno::ENOTDIR));
    }
    watcher.add(Path::new(""))?;
    let mut out = BufWriter::new(stream);
    send(&mut out, &())?;
    loop {
        let mut fds = [
            PollFd::new(watcher.inotify.as_fd(), PollFlags::POLLIN),
            // The client never writes: readable means that it has hung up.
            PollFd::new(stream.as_fd(), PollFlags::POLLIN | PollFlags::POLLHUP),
        ];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(errno("poll", error)),
        }
        if fds[1].any().unwrap_or(false) {
            return Ok(());
        }
        let events = match watcher.inotify.read_events() {
            Ok(events) => events,
            Err(Errno::EAGAIN | Errno::EINTR) => continue,
            Err(error) => return Err(errno("inotify", error)),
        };
        for event in events {
            for item in watcher.translate(&event)? {
                send(&mut out, &item)?;
            }
        }
    }
}

struct Watcher {
    inotify: Inotify,
    root: PathBuf,
    recursive: bool,
    /// Relative path of each watched directory.
    directories: HashMap<WatchDescriptor, PathBuf>,
}

impl Watcher {
    /// Watches a directory, and those below it when asked. One that vanishes meanwhile is left out.
    fn add(&mut self, relative: &Path) -> Result<(), Failure> {
        let mut pending = vec![relative.to_path_buf()];
        while let Some(relative) = pending.pop() {
            if self.directories.len() >= DIRECTORIES_MAX {
                return Err(errno("watch", Errno::ENOSPC));
            }
            let full = self.root.join(&relative);
            let flags = AddWatchFlags::IN_CREATE
                | AddWatchFlags::IN_MODIFY
                | AddWatchFlags::IN_ATTRIB
                | AddWatchFlags::IN_DELETE
                | AddWatchFlags::IN_MOVED_FROM
                | AddWatchFlags::IN_MOVED_TO
                | AddWatchFlags::IN_DONT_FOLLOW
                | AddWatchFlags::IN_ONLYDIR;
            // The watched directory itself may be reached by a link, those below it may not.
            let flags = if relative.as_os_str().is_empty() {
                flags - AddWatchFlags::IN_DONT_FOLLOW
            } else {
                flags
            };
            match self.inotify.add_watch(&full, flags) {
                Ok(descriptor) => self.directories.insert(descriptor, relative.clone()),
                Err(error) if relative.as_os_str().is_empty() || error == Errno::ENOSPC => {
                    return Err(errno("watch", error));
                }
                Err(_) => continue,
            };
            if self.recursive {
                let entries = fs::read_dir(&full).into_iter().flatten().flatten();
                let below = entries.filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir()));
                pending.extend(below.map(|e| relative.join(e.file_name())));
            }
        }
        Ok(())
    }

    fn translate(&mut self, event: &InotifyEvent) -> Result<Vec<EventItem>, Failure> {
        if event.mask.contains(AddWatchFlags::IN_IGNORED) {
            self.directories.remove(&event.wd);
            return Ok(Vec::new());
        }
        let (Some(directory), Some(name)) = (self.directories.get(&event.wd), &event.name) else {
            return Ok(Vec::new());
        };
        let relative = directory.join(name);
        let appeared = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO;
        let kinds = [
            (appeared, 'c'),
            (AddWatchFlags::IN_MODIFY, 'w'),
            (AddWatchFlags::IN_DELETE, 'd'),
            (AddWatchFlags::IN_MOVED_FROM, 'm'),
            (AddWatchFlags::IN_ATTRIB, 'a'),
        ];
        let items = kinds
            .iter()
            .filter(|(mask, _)| event.mask.intersects(*mask))
            .map(|(_, kind)| EventItem {
                name: relative.to_string_lossy().into_owned(),
                kind: *kind,
            })
            .collect();
        let is_directory = event.mask.contains(AddWatchFlags::IN_ISDIR);
        if self.recursive && is_directory && event.mask.intersects(appeared) {
            self.add(&relative)?;
        }
        Ok(items)
    }
}

fn send<T: Serialize>(out: &mut impl Write, value: &T) -> Result<(), Failure> {
    send_json(out, FrameKind::Item, value)
        .and_then(|()| out.flush())
        .map_err(|e| Failure::of("send", &e))
}

fn errno(operation: &str, errno: Errno) -> Failure {
    Failure::of(operation, &io::Error::from(errno))
}
