//! The sandbox's file system: a size-limited tmpfs made inside its own mount namespace, so that
//! it goes with the last process and the host never has a folder of it.

use std::ffi::CString;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{chdir, pivot_root};

use super::etc;
use super::step::{StepError, step};
use super::wire::{Ids, Setup};
use crate::engine::files::Archived;
use crate::engine::sys;

/// Folders of the host that any distribution has: the new root is put together over one of them,
/// in our own mount namespace, where nobody else sees it.
const STAGES: [&str; 4] = ["/tmp", "/run", "/mnt", "/var/tmp"];

/// Programs and libraries of the host; links on a merged-usr system, folders elsewhere.
pub(in crate::engine) const SYSTEM: [&str; 7] =
    ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// Devices that cannot do harm.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// Terminals of one sandbox. All of a host have one count; sandboxes together can take three
/// quarters of it, and one alone a fiftieth.
const TERMINALS_MAX: u32 = 64;

/// What `/proc` tells of keys goes by user id; where that is the caller's, they are the caller's.
const KEYS_TOLD: [&str; 2] = ["keys", "key-users"];

/// Bytes of files per inode: a sandbox of empty files must end as well.
const BYTES_PER_INODE: u64 = 4096;

/// Folders of root's: path and mode.
const FOLDERS: [(&str, u32); 22] = [
    ("etc", 0o755),
    ("etc/profile.d", 0o755),
    ("etc/skel", 0o755),
    ("proc", 0o755),
    ("sys", 0o755),
    ("dev", 0o755),
    ("dev/pts", 0o755),
    ("dev/shm", 0o1777),
    ("home", 0o755),
    ("root", 0o700),
    ("run", 0o755),
    ("run/lock", 0o1777),
    ("tmp", 0o1777),
    ("var", 0o755),
    ("var/tmp", 0o1777),
    ("var/lib", 0o755),
    ("var/log", 0o755),
    ("var/cache", 0o755),
    ("var/mail", 0o755),
    ("opt", 0o755),
    ("srv", 0o755),
    ("mnt", 0o755),
];

/// What is not the sandbox's to keep, beside mounts: the host's programs, the kernel's views, and
/// what names the sandbox and its network. Docker keeps these three from an image as well.
const NOT_KEPT: [&str; 6] = [
    "proc",
    "sys",
    "dev",
    "etc/hostname",
    "etc/hosts",
    "etc/resolv.conf",
];

/// The files that a sandbox may change.
pub(super) fn changeable() -> Archived {
    let leave = SYSTEM.iter().chain(&NOT_KEPT);
    Archived {
        root: "/".to_owned(),
        leave: leave.map(|path| (*path).to_owned()).collect(),
        owner: None,
    }
}

/// The user's id and group.
const USER: u32 = 1000;

/// Makes the file system and enters it.
pub(super) fn make(setup: &Setup) -> Result<(), StepError> {
    umask(Mode::empty());
    let none = None::<&str>;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(none, "/", none, private, none).map_err(step("mount private"))?;
    // Read first: the stage may hide what `/etc/resolv.conf` points to.
    let resolv_conf = if setup.network {
        fs::read_to_string("/etc/resolv.conf").unwrap_or_default()
    } else {
        String::new()
    };
    let root = mount_stage(setup)?;
    for (path, mode) in FOLDERS {
        make_folder(&root, path, mode)?;
    }
    for name in SYSTEM {
        take_from_host(&Path::new("/").join(name), &root.join(name))?;
    }
    for name in etc::FROM_HOST {
        take_from_host(&Path::new("/etc").join(name), &root.join("etc").join(name))?;
    }
    make_files(&root, setup, resolv_conf)?;
    make_devices(&root, setup)?;
    let inert = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), &root.join("proc"), Some("proc"), inert, none)
        .map_err(step("mount proc"))?;
    if matches!(setup.ids, Ids::Single { .. }) {
        hide_keys(&root)?;
        close_to_owner(&root)?;
    }
    enter(&root)
}

fn mount_stage(setup: &Setup) -> Result<PathBuf, StepError> {
    let inodes = (setup.files_bytes_max / BYTES_PER_INODE).max(1024);
    let options = format!("size={},nr_inodes={inodes},mode=755", setup.files_bytes_max);
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let mut last = Errno::ENOENT;
    for stage in STAGES {
        match mount(
            Some("sandbox"),
            stage,
            Some("tmpfs"),
            flags,
            Some(options.as_str()),
        ) {
            Ok(()) => return Ok(PathBuf::from(stage)),
            Err(error) => last = error,
        }
    }
    Err(step("mount tmpfs")(last))
}

fn make_folder(root: &Path, path: &str, mode: u32) -> Result<(), StepError> {
    let full = root.join(path);
    fs::create_dir(&full)
        .and_then(|()| fs::set_permissions(&full, Permissions::from_mode(mode)))
        .map_err(step(format!("make /{path}")))
}

/// Shows something of the host read-only; recreates links; leaves out what is not there.
fn take_from_host(source: &Path, target: &Path) -> Result<(), StepError> {
    let name = || format!("bind {}", source.display());
    let Ok(facts) = fs::symlink_metadata(source) else {
        return Ok(());
    };
    if facts.is_symlink() {
        let to = fs::read_link(source).map_err(step(name()))?;
        return symlink(to, target).map_err(step(name()));
    }
    if facts.is_dir() {
        fs::create_dir(target).map_err(step(name()))?;
    } else {
        fs::File::create(target).map_err(step(name()))?;
    }
    bind(source, target).map_err(step(name()))?;
    let path = CString::new(target.as_os_str().as_bytes())
        .map_err(|e| step(name())(io::Error::other(e)))?;
    sys::mount_read_only(&path).map_err(step(format!("mount_setattr {}", source.display())))
}

fn bind(source: &Path, target: &Path) -> Result<(), Errno> {
    let none = None::<&str>;
    mount(
        Some(source),
        target,
        none,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        none,
    )
}

fn make_files(root: &Path, setup: &Setup, resolv_conf: String) -> Result<(), StepError> {
    for file in etc::system_files(&setup.hostname, resolv_conf) {
        write(root, &file)?;
    }
    symlink("/proc/mounts", root.join("etc/mtab")).map_err(step("make /etc/mtab"))?;
    symlink("/run", root.join("var/run")).map_err(step("make /var/run"))?;
    make_folder(root, "home/user", 0o755)?;
    own(&root.join("home/user"))?;
    for file in etc::user_files() {
        write(root, &file)?;
        own(&root.join(file.path))?;
    }
    Ok(())
}

fn write(root: &Path, file: &etc::Generated) -> Result<(), StepError> {
    let full = root.join(file.path);
    fs::write(&full, &file.text)
        .and_then(|()| fs::set_permissions(&full, Permissions::from_mode(file.mode)))
        .map_err(step(format!("make /{}", file.path)))
}

/// Gives a path to `user`.
fn own(path: &Path) -> Result<(), StepError> {
    chown(path, Some(USER), Some(USER)).map_err(step("chown home"))
}

fn make_devices(root: &Path, setup: &Setup) -> Result<(), StepError> {
    for name in DEVICES {
        let source = Path::new("/dev").join(name);
        let target = root.join("dev").join(name);
        fs::File::create(&target).map_err(step(format!("make /dev/{name}")))?;
        bind(&source, &target).map_err(step(format!("bind /dev/{name}")))?;
    }
    let links = [
        ("/proc/self/fd", "fd"),
        ("/proc/self/fd/0", "stdin"),
        ("/proc/self/fd/1", "stdout"),
        ("/proc/self/fd/2", "stderr"),
        ("pts/ptmx", "ptmx"),
    ];
    for (to, name) in links {
        symlink(to, root.join("dev").join(name)).map_err(step(format!("make /dev/{name}")))?;
    }
    // The group `tty` exists only where there is a range of ids.
    let group = match setup.ids {
        Ids::Range { .. } => ",gid=5",
        Ids::Single { .. } | Ids::Container => "",
    };
    let options = format!("newinstance,ptmxmode=0666,mode=0620,max={TERMINALS_MAX}{group}");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    mount(
        Some("devpts"),
        &root.join("dev/pts"),
        Some("devpts"),
        flags,
        Some(options.as_str()),
    )
    .map_err(step("mount devpts"))
}

/// Lays an empty file over what tells of keys, where the kernel has it.
fn hide_keys(root: &Path) -> Result<(), StepError> {
    for path in KEYS_TOLD.map(|name| root.join("proc").join(name)) {
        match bind(Path::new("/dev/null"), &path) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(error) => return Err(step("hide keys")(error)),
        }
    }
    Ok(())
}

/// With one id everything is the user's own; without the write bit it is at least not writable
/// by accident. Root's file operations have the capability to write nevertheless.
fn close_to_owner(root: &Path) -> Result<(), StepError> {
    let closed = FOLDERS.iter().filter(|(_, mode)| *mode == 0o755);
    let folders = closed
        .map(|(path, _)| root.join(path))
        .filter(|path| !path.ends_with("proc"));
    for path in folders
        .chain([root.to_path_buf()])
        .filter(|path| !path.ends_with("dev/pts"))
    {
        fs::set_permissions(&path, Permissions::from_mode(0o555)).map_err(step("chmod"))?;
    }
    for file in etc::system_files("", String::new()) {
        let mode = Permissions::from_mode(file.mode & 0o444);
        fs::set_permissions(root.join(file.path), mode).map_err(step("chmod"))?;
    }
    Ok(())
}

fn enter(root: &Path) -> Result<(), StepError> {
    chdir(root).map_err(step("chdir"))?;
    pivot_root(".", ".").map_err(step("pivot_root"))?;
    // The old root now lies over the new one; taking it off leaves nothing of the host.
    umount2(".", MntFlags::MNT_DETACH).map_err(step("umount"))?;
    chdir("/").map_err(step("chdir"))
}
