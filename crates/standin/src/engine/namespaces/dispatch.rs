//! The helper: makes the namespaces, starts init in them and waits for its end.

use std::ffi::OsString;
use std::fs;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::ExitCode;

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_dumpable;
use nix::sys::socket::MsgFlags;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Gid, Pid, Uid, dup2_stdin, setgroups, setresgid, setresuid, setsid};

use super::container;
use super::init::Init;
use super::keys::{self, Keys};
use super::limits;
use super::packet::{self, Packet};
use super::rootfs;
use super::step::{StepError, step};
use super::sysv;
use super::wire::{Ids, Reply, Setup};
use crate::engine::sys;

/// The hidden first argument that makes this binary the helper.
pub(in crate::engine) const HELPER_ARGUMENT: &str = "__sandbox-init";

/// Becomes the helper of a sandbox if the arguments say so. To be called first thing in `main`,
/// while the process has one thread; the control socket is its standard input. With the path of
/// a socket it becomes init of the container that it is in.
pub fn dispatch(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().skip(1);
    if arguments.next()? != HELPER_ARGUMENT {
        return None;
    }
    let done = match arguments.next() {
        Some(socket) => container::run(Path::new(&socket)),
        None => run(),
    };
    let code = match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    };
    Some(code)
}

fn run() -> io::Result<()> {
    let control = io::stdin().as_fd().try_clone_to_owned()?;
    let null = fs::File::open("/dev/null")?;
    dup2_stdin(&null)?;
    let received = packet::receive::<Setup>(control.as_fd(), MsgFlags::empty())?;
    let Some((setup, _)) = received else {
        return Ok(());
    };
    // A Ctrl-C at the terminal is for cutover, which then ends its sandboxes in order.
    // It fails only for one that leads a group already, and then Ctrl-C reaches it.
    let _ = setsid();
    match start(setup, &control) {
        Ok(init) => {
            // The host must see the end of the socket when init has ended.
            drop(control);
            while let Err(nix::errno::Errno::EINTR) = waitpid(init, None) {}
            Ok(())
        }
        Err((step, error)) => {
            report(&control, step, &error);
            Err(error)
        }
    }
}

fn report(control: &OwnedFd, step: String, error: &io::Error) {
    let errno = error.raw_os_error().unwrap_or(libc::EINVAL);
    let packet = Packet::new(&Reply::SetupFailed { step, errno }, Vec::new());
    // A host that has gone away needs no report.
    drop(packet.and_then(|packet| packet.send(control.as_fd())));
}

fn start(setup: Setup, control: &OwnedFd) -> Result<Pid, StepError> {
    limits::make_room(&setup)?;
    let left = keys::leave_session(setup.ids);
    enter(&setup)?;
    if let Some(init) = sys::fork().map_err(step("fork"))? {
        let handle = sys::pidfd_open(init).map_err(step("pidfd_open"))?;
        Packet::new(&Reply::Init, vec![handle])
            .and_then(|packet| packet.send(control.as_fd()))
            .map_err(step("send"))?;
        return Ok(init);
    }
    let result = become_init(setup, left, control);
    if let Err((step, error)) = result {
        report(control, step, &error);
        sys::exit_now(1);
    }
    sys::exit_now(0)
}

fn become_init(setup: Setup, left: Keys, control: &OwnedFd) -> Result<(), StepError> {
    setsid().map_err(step("setsid"))?;
    rootfs::make(&setup)?;
    keys::filter(left).map_err(step("seccomp"))?;
    sysv::bound(setup.memory_bytes_max);
    nix::unistd::sethostname(&setup.hostname).map_err(step("sethostname"))?;
    if !setup.network {
        sys::loopback_up().map_err(step("loopback"))?;
    }
    // Nothing inside needs more of them, and each is a way to the kernel. Best effort: a kernel
    // without the setting still has the other walls.
    drop(fs::write("/proc/sys/user/max_user_namespaces", "0"));
    let control = control.try_clone().map_err(step("dup"))?;
    Init::new(setup, control)
        .and_then(Init::run)
        .map_err(step("run"))
}

/// Enters the namespaces with the ids of the set-up.
fn enter(setup: &Setup) -> Result<(), StepError> {
    let mut flags = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    if !setup.network {
        flags |= CloneFlags::CLONE_NEWNET;
    }
    match setup.ids {
        Ids::Range { base } => {
            let mapper = Mapper::start(base)?;
            unshare(CloneFlags::CLONE_NEWUSER).map_err(step("unshare"))?;
            mapper.map()?;
            setgroups(&[]).map_err(step("setgroups"))?;
            let (gid, uid) = (Gid::from_raw(0), Uid::from_raw(0));
            setresgid(gid, gid, gid).map_err(step("setgid"))?;
            setresuid(uid, uid, uid).map_err(step("setuid"))?;
            // The kernel holds all users of a namespace together to the limit of whoever made it,
            // and counts by him: so it is made by one who has nothing else.
            limits::bind_all(setup.processes_max).map_err(step("setrlimit"))?;
            // Its map is written by a process with our rights, which may not see into one that
            // has changed its ids.
            set_dumpable(true).map_err(step("prctl"))?;
            let mapper = Mapper::start(0)?;
            unshare(flags).map_err(step("unshare"))?;
            mapper.map()?;
            set_dumpable(false).map_err(step("prctl"))
        }
        // Nobody asks a helper for a container.
        Ids::Container => Err(step("ids")(io::Error::from_raw_os_error(libc::EINVAL))),
        Ids::Single { uid, gid } => {
            unshare(flags).map_err(step("unshare"))?;
            // The kernel wants this before an ordinary user may map a group.
            write_map("/proc/self/setgroups", "deny")?;
            write_map("/proc/self/uid_map", &format!("1000 {uid} 1"))?;
            write_map("/proc/self/gid_map", &format!("1000 {gid} 1"))
        }
    }
}

fn write_map(path: &str, text: &str) -> Result<(), StepError> {
    fs::write(path, text).map_err(step(path))
}

/// A child that stays outside: only from there may a range of ids be mapped.
struct Mapper {
    pid: Pid,
    go: io::PipeWriter,
}

impl Mapper {
    fn start(base: u32) -> Result<Self, StepError> {
        let (reader, writer) = io::pipe().map_err(step("pipe"))?;
        let inside = Pid::this();
        if let Some(pid) = sys::fork().map_err(step("fork"))? {
            return Ok(Self { pid, go: writer });
        }
        drop(writer);
        let code = match Self::outside(reader, inside, base) {
            Ok(()) => 0,
            Err(error) => error.raw_os_error().unwrap_or(libc::EINVAL),
        };
        sys::exit_now(code)
    }

    fn outside(mut go: PipeReader, inside: Pid, base: u32) -> io::Result<()> {
        if go.read(&mut [0])? == 0 {
            return Ok(());
        }
        let map = format!("0 {base} 65536");
        fs::write(format!("/proc/{inside}/uid_map"), &map)?;
        fs::write(format!("/proc/{inside}/gid_map"), &map)
    }

    fn map(mut self) -> Result<(), StepError> {
        self.go.write_all(&[1]).map_err(step("uid_map"))?;
        match waitpid(self.pid, None).map_err(step("uid_map"))? {
            WaitStatus::Exited(_, 0) => Ok(()),
            WaitStatus::Exited(_, errno) => {
                Err(("uid_map".to_owned(), io::Error::from_raw_os_error(errno)))
            }
            _ => Err((
                "uid_map".to_owned(),
                io::Error::from_raw_os_error(libc::EINTR),
            )),
        }
    }
}
