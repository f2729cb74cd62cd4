//! The only file with `unsafe`: system calls for which neither `std` nor `nix` has a safe form.
//!
//! Every function here is safe to call: what must hold is checked or arranged inside.
#![expect(
    unsafe_code,
    reason = "fork hooks, ioctls and capability calls have no safe wrapper"
)]

use std::cmp::Ordering;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};

use nix::sys::signal::{SigHandler, SigSet, Signal};
use nix::sys::socket::{AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType};
use nix::unistd::{ForkResult, Pid};
use tokio::io::unix::AsyncFd;

/// Descriptors that one packet may carry.
const DESCRIPTORS_MAX: usize = 6;

/// What a child does between fork and exec.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leads {
    /// A process group of its own.
    Group,
    /// A session whose controlling terminal is its standard input.
    Terminal,
}

/// Makes `command` lead a group or session, with umask 022 and no signal blocked or ignored.
pub(crate) fn prepare_child(command: &mut Command, leads: Leads) {
    let hook = move || {
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
        match leads {
            Leads::Group => nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0))?,
            Leads::Terminal => {
                nix::unistd::setsid()?;
                // SAFETY: TIOCSCTTY takes an int by value; fd 0 is the terminal that the parent
                // has put there, and a bad fd would only be an error.
                let result = unsafe { libc::ioctl(0, libc::TIOCSCTTY as _, 0) };
                nix::errno::Errno::result(result)?;
            }
        }
        Ok(())
    };
    // SAFETY: the hook makes only async-signal-safe system calls (umask, setpgid, setsid, ioctl)
    // and does not allocate.
    unsafe { command.pre_exec(hook) };
}

/// Tells a terminal its size.
///
/// # Errors
/// `ENOTTY` when it is none.
pub(crate) fn set_window_size(terminal: BorrowedFd<'_>, cols: u16, rows: u16) -> io::Result<()> {
    let size = libc::winsize {
        ws_row: rows,
        ws_col: cols,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: TIOCSWINSZ reads one `winsize`, which lives until the call returns.
    let result =
        unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ as _, &raw const size) };
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Registers a descriptor with the reactor.
///
/// # Errors
/// When the reactor refuses it.
pub(crate) fn register(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is open, says the same descriptor at every call, and stays so until
    // the `AsyncFd` that owns it is dropped.
    Ok(unsafe { AsyncFd::register(fd) }?)
}

/// Forks. `None` in the child.
///
/// # Errors
/// `EAGAIN` at a process limit; `EBUSY` when the caller has more than one thread.
pub(crate) fn fork() -> io::Result<Option<Pid>> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads != 1 {
        return Err(io::Error::from_raw_os_error(libc::EBUSY));
    }
    // SAFETY: the process has one thread, so no lock is held by a thread the child lacks, and the
    // child may allocate.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Some(child)),
        ForkResult::Child => Ok(None),
    }
}

/// Ends the process without running destructors or exit hooks, which belong to its parent.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` takes an int and does not return.
    unsafe { libc::_exit(code) }
}

/// Takes one ended child, if there is one, also one that a real-time signal ended.
///
/// # Errors
/// `ECHILD` when there are no children at all.
pub(crate) fn reap() -> io::Result<Option<(i32, ExitStatus)>> {
    let mut status = 0;
    // SAFETY: `waitpid` writes one int, which lives until the call returns.
    let pid = check(unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) }.into())?;
    let pid = i32::try_from(pid).map_err(io::Error::other)?;
    Ok((pid != 0).then(|| (pid, ExitStatus::from_raw(status))))
}

/// A packet with the descriptors that came with it; no bytes mean that the peer has closed.
pub(crate) fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    flags: MsgFlags,
) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = nix::cmsg_space!([RawFd; DESCRIPTORS_MAX]);
    let mut parts = [io::IoSliceMut::new(buffer)];
    let message = nix::sys::socket::recvmsg::<()>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut space),
        flags | MsgFlags::MSG_CMSG_CLOEXEC,
    )?;
    let mut descriptors = Vec::new();
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(raw) = part {
            // SAFETY: the kernel has just made these descriptors for us and nobody else knows
            // their numbers.
            descriptors.extend(
                raw.into_iter()
                    .map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }),
            );
        }
    }
    if message.flags.contains(MsgFlags::MSG_TRUNC) || message.flags.contains(MsgFlags::MSG_CTRUNC) {
        return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
    }
    Ok((message.bytes, descriptors))
}

/// Makes a mount and all below it read-only, without set-id programs and devices.
///
/// # Errors
/// `ENOSYS` before Linux 5.12; `EPERM` where it is not allowed.
pub(crate) fn mount_read_only(path: &CStr) -> io::Result<()> {
    /// `struct mount_attr` of `linux/mount.h`.
    #[repr(C)]
    struct MountAttr {
        set: u64,
        clear: u64,
        propagation: u64,
        userns_fd: u64,
    }
    const RDONLY_NOSUID_NODEV: u64 = 1 | 2 | 4;
    let attr = MountAttr {
        set: RDONLY_NOSUID_NODEV,
        clear: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the path is NUL-terminated, the structure has the size that is passed, and both
    // live until the call returns.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            libc::AT_RECURSIVE,
            &raw const attr,
            size_of::<MountAttr>(),
        )
    };
    check(result).map(drop)
}

/// A handle on a process that no later process can take over.
///
/// # Errors
/// `ENOSYS` before Linux 5.3.
pub(crate) fn pidfd_open(pid: Pid) -> io::Result<OwnedFd> {
    // SAFETY: both arguments are plain numbers.
    let fd = check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    let fd = RawFd::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Kills the process of a handle.
///
/// # Errors
/// `ESRCH` when it is gone.
pub(crate) fn pidfd_kill(handle: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the descriptor is open while borrowed; no signal information is passed.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            handle.as_raw_fd(),
            libc::SIGKILL,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        )
    };
    check(result).map(drop)
}

/// Compares the tables of open files of two threads: equal when they are one table, else in an
/// order of the kernel's own.
///
/// # Errors
/// `ESRCH` when one has ended, `EPERM` when its files may not be seen, `ENOSYS` where the kernel
/// does not compare.
pub(crate) fn compare_files(first: i32, second: i32) -> io::Result<Ordering> {
    const KCMP_FILES: libc::c_int = 2;
    // SAFETY: all arguments are plain numbers.
    let order = unsafe { libc::syscall(libc::SYS_kcmp, first, second, KCMP_FILES, 0, 0) };
    Ok(match check(order)? {
        0 => Ordering::Equal,
        1 => Ordering::Less,
        _ => Ordering::Greater,
    })
}

/// Drops what is not in the mask from the bounding set. Needs `CAP_SETPCAP`.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn drop_bounding(mask: u64) -> io::Result<()> {
    for capability in 0..64_u64 {
        if mask & (1 << capability) == 0 {
            // SAFETY: both arguments are plain numbers.
            let result = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
            // EINVAL: beyond the last capability that this kernel has.
            match check(result.into()) {
                Err(error) if error.raw_os_error() != Some(libc::EINVAL) => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Sets effective and permitted capabilities to those of the mask, inheritable to none.
///
/// # Errors
/// `EPERM` when the mask has one that the process lacks.
pub(crate) fn set_capabilities(mask: u64) -> io::Result<()> {
    /// `_LINUX_CAPABILITY_VERSION_3`: two words of data.
    const VERSION_3: u32 = 0x2008_0522;
    let header: [u32; 2] = [VERSION_3, 0];
    let low = (mask & 0xffff_ffff) as u32;
    let high = (mask >> 32) as u32;
    let data: [u32; 6] = [low, low, 0, high, high, 0];
    // SAFETY: header and data have the layout of version 3 and live until the call returns.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), data.as_ptr()) };
    check(result).map(drop)
}

/// Leaves the session keyring for a new one without a name.
///
/// # Errors
/// `EDQUOT`, `EPERM`; `ENOSYS` where the kernel has no keys.
pub(crate) fn join_session_keyring() -> io::Result<()> {
    let (join, unnamed) = (libc::KEYCTL_JOIN_SESSION_KEYRING, std::ptr::null::<u8>());
    // SAFETY: without a name the kernel reads nothing of ours.
    check(unsafe { libc::syscall(libc::SYS_keyctl, join, unnamed) }).map(drop)
}

/// Has a program decide on every call that the caller and what it starts will make.
///
/// # Errors
/// `EACCES` without `CAP_SYS_ADMIN` in the caller's user namespace, `EINVAL` and `ENOSYS` where
/// the kernel has no such filters.
pub(crate) fn filter_calls(program: &[libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog {
        len: libc::c_ushort::try_from(program.len()).map_err(io::Error::other)?,
        filter: program.as_ptr().cast_mut(),
    };
    let (set, flags) = (
        libc::SECCOMP_SET_MODE_FILTER,
        libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW,
    );
    // SAFETY: the kernel reads `len` instructions, which live until the call returns, and writes
    // none.
    check(unsafe { libc::syscall(libc::SYS_seccomp, set, flags, &raw const program) }).map(drop)
}

/// Removes a System V object of the current IPC namespace.
///
/// # Errors
/// `EINVAL` and `EIDRM` when it is gone.
pub(crate) fn remove_sysv(kind: SysvKind, id: i32) -> io::Result<()> {
    let call = match kind {
        SysvKind::Memory => libc::SYS_shmctl,
        SysvKind::Semaphores => libc::SYS_semctl,
        SysvKind::Messages => libc::SYS_msgctl,
    };
    // SAFETY: `IPC_RMID`, which is 0 wherever the call has it, takes numbers only.
    check(unsafe { libc::syscall(call, id, libc::IPC_RMID, libc::IPC_RMID, 0) }).map(drop)
}

/// What System V objects there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SysvKind {
    Memory,
    Semaphores,
    Messages,
}

/// Brings the loopback interface of the current network namespace up.
///
/// # Errors
/// `EPERM` where it is not ours.
pub(crate) fn loopback_up() -> io::Result<()> {
    let socket = nix::sys::socket::socket(
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    // SAFETY: all-zero bytes are a valid `ifreq`: a name, and a union of plain numbers.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = from.cast_signed() as libc::c_char;
    }
    let flags = libc::IFF_UP | libc::IFF_RUNNING;
    request.ifr_ifru.ifru_flags = libc::c_short::try_from(flags).map_err(io::Error::other)?;
    // SAFETY: SIOCSIFFLAGS reads one `ifreq`, which lives until the call returns.
    let result = unsafe {
        libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCSIFFLAGS as _,
            &raw const request,
        )
    };
    check(result.into()).map(drop)
}

/// Closes every descriptor from 3 up but those given. For a forked child that owns none of them.
///
/// # Errors
/// `ENOSYS` before Linux 5.9.
pub(crate) fn close_all_but(keep: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut numbers: Vec<u32> = keep
        .iter()
        .map(|fd| fd.as_raw_fd().cast_unsigned())
        .collect();
    numbers.sort_unstable();
    let mut first = 3_u32;
    for number in numbers {
        if number > first {
            close_range(first, number - 1)?;
        }
        first = first.max(number.saturating_add(1));
    }
    close_range(first, u32::MAX)
}

fn close_range(first: u32, last: u32) -> io::Result<()> {
    // SAFETY: the caller is a forked child that uses none of these descriptors and ends by `exec`
    // or `_exit`, so that nothing that owns one of them is ever dropped.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) }).map(drop)
}

/// Makes standard input the controlling terminal of the session that the caller leads.
///
/// # Errors
/// When it is none.
pub(crate) fn control_terminal() -> io::Result<()> {
    // SAFETY: TIOCSCTTY takes an int by value; a bad fd would only be an error.
    check(unsafe { libc::ioctl(0, libc::TIOCSCTTY as _, 0) }.into()).map(drop)
}

/// Gives every signal its default action and blocks none.
///
/// # Errors
/// When the mask cannot be set.
pub(crate) fn reset_signals() -> io::Result<()> {
    for signal in Signal::iterator() {
        // SAFETY: the default action runs no code of ours. SIGKILL and SIGSTOP refuse, rightly.
        let _ = unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) };
    }
    SigSet::empty().thread_set_mask()?;
    Ok(())
}

fn check(result: libc::c_long) -> io::Result<libc::c_long> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}
