//! The limits that the operating system puts on cutover and hands on to every sandbox.
//!
//! A sandbox needs what its profile promises. A soft limit is raised, a hard one where the helper
//! may; one that stays too low would show as a difference between providers, so it is refused beforehand.

use nix::errno::Errno;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t, setrlimit};

use super::step::StepError;
use super::wire::{Ids, Setup};

/// What a limit is of, its option in `ulimit`, and the bytes or whatever of one unit there.
struct Need {
    resource: Resource,
    what: &'static str,
    option: char,
    unit: rlim_t,
    least: fn(&Setup) -> rlim_t,
}

/// Seconds of processor time that a command may take: as long as the longest lifetime that the
/// smallest plans give a sandbox.
const CPU_S: rlim_t = 3600;

/// Bytes of a stack that programs take for granted.
const STACK_BYTES: rlim_t = 8 << 20;

/// Helper, init and the file servers of as many requests at once.
const SERVERS_ROOM: rlim_t = 32;

const NEEDS: [Need; 7] = [
    Need {
        resource: Resource::RLIMIT_NOFILE,
        what: "open files",
        option: 'n',
        unit: 1,
        least: |setup| setup.open_files_max.into(),
    },
    Need {
        resource: Resource::RLIMIT_NPROC,
        what: "processes",
        option: 'u',
        unit: 1,
        least: |setup| setup.processes_max.into(),
    },
    Need {
        resource: Resource::RLIMIT_FSIZE,
        what: "the size of a file",
        option: 'f',
        unit: 1024,
        least: |setup| setup.files_bytes_max,
    },
    Need {
        resource: Resource::RLIMIT_AS,
        what: "address space",
        option: 'v',
        unit: 1024,
        least: |setup| setup.memory_bytes_max,
    },
    Need {
        resource: Resource::RLIMIT_DATA,
        what: "data",
        option: 'd',
        unit: 1024,
        least: |setup| setup.memory_bytes_max,
    },
    Need {
        resource: Resource::RLIMIT_STACK,
        what: "the stack",
        option: 's',
        unit: 1024,
        least: |_| STACK_BYTES,
    },
    Need {
        resource: Resource::RLIMIT_CPU,
        what: "processor time",
        option: 't',
        unit: 1,
        least: |_| CPU_S,
    },
];

/// The soft limits of a command that are not the sandbox's own, where the hard ones allow them.
const USUAL: [(Resource, rlim_t); 5] = [
    (Resource::RLIMIT_FSIZE, RLIM_INFINITY),
    (Resource::RLIMIT_AS, RLIM_INFINITY),
    (Resource::RLIMIT_DATA, RLIM_INFINITY),
    (Resource::RLIMIT_STACK, STACK_BYTES),
    (Resource::RLIMIT_CPU, RLIM_INFINITY),
];

/// What a refused step begins with when limits are too low; what follows names them.
pub(super) const TOO_LOW: &str = "hard limits that are too low: ";

/// Makes room for a sandbox in the helper, whose limits are not cutover's own.
pub(super) fn make_room(setup: &Setup) -> Result<(), StepError> {
    let low: Vec<String> = NEEDS
        .iter()
        .filter_map(|need| {
            let least = (need.least)(setup);
            let hard = raise(need.resource, least)?;
            Some(format!(
                "{} (`ulimit -H{}` says {}, a sandbox needs {})",
                need.what,
                need.option,
                hard / need.unit,
                least.div_ceil(need.unit)
            ))
        })
        .collect();
    if low.is_empty() {
        return Ok(());
    }
    Err((format!("{TOO_LOW}{}", low.join(", ")), Errno::EPERM.into()))
}

/// Raises the soft limit to `least`, and the hard one if that is lower, which takes a privilege.
/// The hard limit that stays too low.
fn raise(resource: Resource, least: rlim_t) -> Option<rlim_t> {
    // A limit that this kernel does not have limits nothing.
    let (soft, hard) = getrlimit(resource).ok()?;
    if soft >= least || setrlimit(resource, least, hard.max(least)).is_ok() {
        return None;
    }
    Some(hard)
}

/// Bounds the processes of all users of the namespaces that the caller makes next, from Linux 5.14
/// on. It is half above the limit that the watch holds, so that init has room for its servers.
pub(super) fn bind_all(processes_max: u32) -> nix::Result<()> {
    let processes = rlim_t::from(processes_max);
    let bound = processes + processes / 2 + SERVERS_ROOM;
    setrlimit(Resource::RLIMIT_NPROC, bound, bound)
}

/// Sets the limits of a command: the sandbox's own, and no lower one that cutover was started with.
pub(super) fn bind(setup: &Setup) -> nix::Result<()> {
    let both = |resource, limit| setrlimit(resource, limit, limit);
    // Ids of a container are the host's, whose processes would count as well; it has a limit of
    // its own.
    if setup.ids != Ids::Container {
        both(Resource::RLIMIT_NPROC, setup.processes_max.into())?;
    }
    both(Resource::RLIMIT_NOFILE, setup.open_files_max.into())?;
    both(Resource::RLIMIT_CORE, 0)?;
    for (resource, usual) in USUAL {
        let (soft, hard) = getrlimit(resource)?;
        if soft != usual.min(hard) {
            setrlimit(resource, usual.min(hard), hard)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_in_units_of_ulimit() {
        let setup = Setup {
            hostname: String::new(),
            files_bytes_max: 1 << 30,
            processes_max: 512,
            open_files_max: 1024,
            memory_bytes_max: 4 << 30,
            network: false,
            ids: Ids::Range { base: 0 },
            make_user: false,
        };
        let least: Vec<(char, rlim_t)> = NEEDS
            .iter()
            .map(|need| (need.option, (need.least)(&setup) / need.unit))
            .collect();
        let expected = [
            ('n', 1024),
            ('u', 512),
            ('f', 1 << 20),
            ('v', 4 << 20),
            ('d', 4 << 20),
            ('s', 8 << 10),
            ('t', 3600),
        ];
        assert_eq!(least, expected);
    }
}
