//! The forked children of init: commands and file servers.

use std::ffi::{CString, NulError};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Pid, chdir, dup2_stderr, dup2_stdin, dup2_stdout, execve, setpgid, setsid};
use serde::{Deserialize, Serialize};

use super::identity;
use super::limits;
use super::wire::{Ids, Setup, Spawn, Who};
use crate::engine::files::{self, FileOp};
use crate::engine::streams::ProcessEnds;
use crate::engine::sys;

/// Where a program is looked for when the environment has no `PATH`, as glibc does.
const PATH_DEFAULT: &str = "/bin:/usr/bin";

/// The step before `exec` that failed; JSON over the status pipe.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StepFailed {
    pub(super) operation: String,
    pub(super) errno: i32,
}

/// Becomes the command. Only returns by ending the process.
pub(super) fn run_command(setup: &Setup, spawn: &Spawn, status: OwnedFd, ends: ProcessEnds) -> ! {
    let status = File::from(status);
    let failure = match become_program(setup, spawn, &status, ends) {
        Ok(never) => match never {},
        Err((operation, error)) => StepFailed {
            operation: operation.to_owned(),
            errno: error.raw_os_error().unwrap_or(libc::EINVAL),
        },
    };
    // Nobody may be there to read it; the exit code then says enough.
    drop(serde_json::to_writer(&status, &failure));
    sys::exit_now(127)
}

type Step = (&'static str, io::Error);

fn become_program(
    setup: &Setup,
    spawn: &Spawn,
    status: &File,
    ends: ProcessEnds,
) -> Result<std::convert::Infallible, Step> {
    let at = |operation: &'static str| move |error: io::Error| (operation, error);
    sys::reset_signals().map_err(at("signals"))?;
    if spawn.terminal.is_some() {
        setsid().map_err(|e| ("setsid", e.into()))?;
    } else if spawn.new_group {
        let zero = Pid::from_raw(0);
        setpgid(zero, zero).map_err(|e| ("setpgid", e.into()))?;
    }
    place(&ends).map_err(|e| ("dup2", e.into()))?;
    if spawn.terminal.is_some() {
        sys::control_terminal().map_err(at("terminal"))?;
    }
    sys::close_all_but(&[status.as_fd()]).map_err(at("close_range"))?;
    // Their numbers are closed or taken already.
    std::mem::forget(ends);
    umask(Mode::from_bits_truncate(0o022));
    limits::bind(setup).map_err(|e| ("setrlimit", e.into()))?;
    if setup.ids == Ids::Container {
        // Where memory runs out the kernel shall end a command, and never init. Best effort: the
        // larger one goes first anyhow.
        drop(fs::write("/proc/self/oom_score_adj", "500"));
    }
    identity::become_command(&spawn.who, setup.ids).map_err(at("setuid"))?;
    chdir(spawn.cwd.as_str()).map_err(|e| ("chdir", e.into()))?;
    Err(("exec", exec(spawn).into()))
}

fn place(ends: &ProcessEnds) -> nix::Result<()> {
    let null;
    let input = if let Some(stdin) = &ends.stdin {
        stdin.as_fd()
    } else {
        null = open("/dev/null", OFlag::O_RDONLY, Mode::empty())?;
        null.as_fd()
    };
    dup2_stdin(input)?;
    dup2_stdout(&ends.stdout)?;
    dup2_stderr(&ends.stderr)
}

/// Replaces the process; returns why it could not.
fn exec(spawn: &Spawn) -> Errno {
    let Ok((arguments, environment)) = c_strings(spawn) else {
        return Errno::EINVAL;
    };
    let Some(program) = spawn.argv.first().filter(|program| !program.is_empty()) else {
        return Errno::ENOENT;
    };
    if program.contains('/') {
        return attempt(program, &arguments, &environment);
    }
    let path = spawn.env.iter().find(|(name, _)| name == "PATH");
    let path = path.map_or(PATH_DEFAULT, |(_, value)| value.as_str());
    let mut result = Errno::ENOENT;
    for folder in path.split(':') {
        let folder = if folder.is_empty() { "." } else { folder };
        match attempt(&format!("{folder}/{program}"), &arguments, &environment) {
            Errno::ENOENT | Errno::ENOTDIR => {}
            // A later folder may have one that may be run.
            Errno::EACCES => result = Errno::EACCES,
            other => return other,
        }
    }
    result
}

fn attempt(program: &str, arguments: &[CString], environment: &[CString]) -> Errno {
    let Ok(program) = CString::new(program) else {
        return Errno::EINVAL;
    };
    match execve(&program, arguments, environment) {
        Ok(never) => match never {},
        Err(errno) => errno,
    }
}

fn c_strings(spawn: &Spawn) -> Result<(Vec<CString>, Vec<CString>), NulError> {
    let arguments = spawn.argv.iter().map(|text| CString::new(text.as_str()));
    let environment = spawn.env.iter();
    let environment = environment.map(|(name, value)| CString::new(format!("{name}={value}")));
    Ok((
        arguments.collect::<Result<_, _>>()?,
        environment.collect::<Result<_, _>>()?,
    ))
}

/// Serves file operations, this one first, until the host hangs up, and ends the process.
pub(super) fn run_file_server(setup: &Setup, op: FileOp, who: &Who, stream: OwnedFd) -> ! {
    let stream = UnixStream::from(stream);
    let prepared = sys::close_all_but(&[stream.as_fd()]).and_then(|()| {
        umask(Mode::from_bits_truncate(0o022));
        // No process inside may trace this one and answer in its place.
        nix::sys::prctl::set_dumpable(false)?;
        // A blocked SIGCHLD and the like are init's own business.
        nix::sys::signal::SigSet::empty().thread_set_mask()?;
        identity::become_file_server(who, setup.ids)
    });
    match prepared {
        Ok(()) => files::serve_all(op, &stream),
        Err(error) => files::refuse(&stream, "identity", &error),
    }
    sys::exit_now(0)
}
