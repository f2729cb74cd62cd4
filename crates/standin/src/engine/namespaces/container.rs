//! Init of a container: the namespaces, the root and the limits are there already, made by
//! whoever has started it as pid 1.

use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use nix::sys::prctl::set_dumpable;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, socket};

use super::init::Init;
use super::packet::{self, Packet};
use super::step::{StepError, step};
use super::wire::{Reply, Setup};

/// The account that a sandbox of the built-in image has.
const USER: &str = "user";

/// Its id and group, if nobody has them.
const USER_ID: u32 = 1000;

/// The last id of an ordinary user.
const ID_MAX: u32 = 60_000;

/// What its home has at first: nothing of it is needed.
const SKELETON: &str = "/etc/skel";

/// Connects to the socket and becomes init.
pub(super) fn run(at: &Path) -> io::Result<()> {
    let control = meet(at)?;
    let received = packet::receive::<Setup>(control.as_fd(), MsgFlags::empty())?;
    let Some((setup, _)) = received else {
        return Ok(());
    };
    let result = prepare(&setup).and_then(|()| {
        let control = control.try_clone().map_err(step("dup"))?;
        Init::new(setup, control)
            .and_then(Init::run)
            .map_err(step("run"))
    });
    result.map_err(|(step, error)| {
        let errno = error.raw_os_error().unwrap_or(libc::EINVAL);
        let packet = Packet::new(&Reply::SetupFailed { step, errno }, Vec::new());
        // A host that has gone away needs no report.
        drop(packet.and_then(|packet| packet.send(control.as_fd())));
        error
    })
}

fn meet(at: &Path) -> io::Result<OwnedFd> {
    let kind = (AddressFamily::Unix, SockType::SeqPacket);
    let control = socket(kind.0, kind.1, SockFlag::SOCK_CLOEXEC, None)?;
    connect(control.as_raw_fd(), &UnixAddr::new(at)?)?;
    Ok(control)
}

fn prepare(setup: &Setup) -> Result<(), StepError> {
    // Root inside has most of init's rights; it shall not look into init.
    set_dumpable(false).map_err(step("prctl"))?;
    if !setup.network {
        name_itself(&setup.hostname).map_err(step("write /etc/hosts"))?;
    }
    if setup.make_user {
        make_user().map_err(step("make the account `user`"))?;
    }
    Ok(())
}

/// Its own name leads to itself, which Docker forgets where there is no network.
fn name_itself(hostname: &str) -> io::Result<()> {
    let hosts = read("/etc/hosts")?;
    let mut names = hosts
        .lines()
        .flat_map(|line| line.split_whitespace().skip(1));
    if names.any(|name| name == hostname) {
        return Ok(());
    }
    append("/etc/hosts", &hosts, &format!("127.0.1.1\t{hostname}\n"))
}

/// Adds the account with a group and a home, unless there is one of its name.
fn make_user() -> io::Result<()> {
    let passwd = read("/etc/passwd")?;
    if has(&passwd, USER) {
        return Ok(());
    }
    let group = read("/etc/group")?;
    let id = free_id(&[&passwd, &group]);
    let shell = ["/bin/bash", "/bin/sh"].into_iter();
    let shell = shell.into_iter().find(|shell| Path::new(shell).exists());
    let shell = shell.unwrap_or("/bin/sh");
    append(
        "/etc/passwd",
        &passwd,
        &format!("{USER}:x:{id}:{id}::/home/{USER}:{shell}\n"),
    )?;
    if !has(&group, USER) {
        append("/etc/group", &group, &format!("{USER}:x:{id}:\n"))?;
    }
    // Without a line there PAM takes the account for a locked one, and refuses it sudo.
    if let Some(shadow) = there("/etc/shadow")?
        && !has(&shadow, USER)
    {
        append(
            "/etc/shadow",
            &shadow,
            &format!("{USER}:*:19000:0:99999:7:::\n"),
        )?;
    }
    let home = Path::new("/home").join(USER);
    fs::create_dir_all(&home)?;
    fs::set_permissions(&home, fs::Permissions::from_mode(0o755))?;
    chown(&home, Some(id), Some(id))?;
    for entry in fs::read_dir(SKELETON).into_iter().flatten().flatten() {
        let to = home.join(entry.file_name());
        if entry.file_type()?.is_file() && !to.exists() {
            fs::copy(entry.path(), &to)?;
            chown(&to, Some(id), Some(id))?;
        }
    }
    Ok(())
}

/// A table that an image without accounts has not.
fn read(path: &str) -> io::Result<String> {
    Ok(there(path)?.unwrap_or_default())
}

fn there(path: &str) -> io::Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn append(path: &str, before: &str, line: &str) -> io::Result<()> {
    fs::create_dir_all("/etc")?;
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o644)
        .open(path)?;
    if !before.is_empty() && !before.ends_with('\n') {
        file.write_all(b"\n")?;
    }
    file.write_all(line.as_bytes())
}

fn has(table: &str, name: &str) -> bool {
    table
        .lines()
        .any(|line| line.split(':').next() == Some(name))
}

/// The first id from 1000 up that is nobody's, as `useradd` takes it.
fn free_id(tables: &[&str]) -> u32 {
    let taken = |id: u32| {
        let lines = tables.iter().flat_map(|table| table.lines());
        let mut ids = lines.filter_map(|line| line.split(':').nth(2)?.parse::<u32>().ok());
        ids.any(|taken| taken == id)
    };
    (USER_ID..=ID_MAX).find(|id| !taken(*id)).unwrap_or(USER_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_nobodys() {
        assert_eq!(free_id(&["root:x:0:0::/:/bin/sh\n", "root:x:0:\n"]), 1000);
        assert_eq!(free_id(&["node:x:1000:1000::/:/bin/sh", "a:x:1001:"]), 1002);
        assert_eq!(free_id(&["", "broken", ":::"]), 1000);
    }

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        assert!(has("root:x:0:0\nuser:x:1:1\n", USER));
        assert!(!has("user2:x:0:0\n", USER));
        assert!(!has("", USER));
    }
}
