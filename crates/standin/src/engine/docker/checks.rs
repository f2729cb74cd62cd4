//! Whether a daemon can be used: pure decisions.

use std::fs;

use super::refusal::refused;
use crate::engine::{EngineError, procfs};

/// The oldest version of the daemon's interface that is spoken: that of Docker 20.10.
const API_LEAST: (u32, u32) = (1, 41);

/// What tells one machine from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Machine {
    pub(super) kernel: String,
    pub(super) name: String,
    pub(super) memory_bytes: u64,
}

impl Machine {
    /// The one that we are on.
    pub(super) fn this() -> Self {
        let read = |name: &str| {
            let text = fs::read_to_string(format!("/proc/sys/kernel/{name}"));
            text.unwrap_or_default().trim().to_owned()
        };
        Self {
            kernel: read("osrelease"),
            name: read("hostname"),
            memory_bytes: procfs::host_memory_bytes().unwrap_or(0),
        }
    }
}

/// Refuses a daemon that is too old.
pub(super) fn version(api: &str) -> Result<(), EngineError> {
    let parts = api.split_once('.');
    let parts = parts.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    match parts {
        Some(version) if version >= API_LEAST => Ok(()),
        _ => Err(refused(
            format!("the daemon speaks version `{api}` of its interface, and 1.41 is needed"),
            "update Docker to 20.10 or newer",
        )),
    }
}

/// Refuses a daemon of another machine, virtual ones and containers included: descriptors do not
/// pass from there, nor are this machine's files seen.
pub(super) fn same_machine(there: &Machine, here: &Machine) -> Result<(), EngineError> {
    if there == here {
        return Ok(());
    }
    let differs = if there.kernel != here.kernel {
        format!("kernel {} there, {} here", there.kernel, here.kernel)
    } else if there.memory_bytes != here.memory_bytes {
        format!(
            "{} bytes of memory there, {} here",
            there.memory_bytes, here.memory_bytes
        )
    } else {
        format!("it is called {} there, {} here", there.name, here.name)
    };
    Err(refused(
        format!(
            "the daemon runs on another machine, in a virtual machine or outside the container that cutover is in ({differs}), and cutover's sandboxes need one beside cutover"
        ),
        "run cutover where the daemon runs",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for api in ["1.41", "1.100", "2.0"] {
            version(api).unwrap();
        }
        for api in ["1.40", "1.9", "", "1", "x.y", "0.99"] {
            let error = version(api).unwrap_err().to_string();
            assert!(error.contains("20.10"), "{error}");
        }
    }

    #[test]
    fn what_differs_between_machines_is_told() {
        let here = Machine {
            kernel: "6.1".to_owned(),
            name: "a".to_owned(),
            memory_bytes: 5,
        };
        same_machine(&here, &here.clone()).unwrap();
        let changed = |change: fn(&mut Machine)| {
            let mut there = here.clone();
            change(&mut there);
            same_machine(&there, &here).unwrap_err().to_string()
        };
        let kernel = changed(|it| "6.1-linuxkit".clone_into(&mut it.kernel));
        assert!(kernel.contains("kernel 6.1-linuxkit there"), "{kernel}");
        let memory = changed(|it| it.memory_bytes = 4);
        assert!(memory.contains("4 bytes of memory there"), "{memory}");
        let name = changed(|it| "b".clone_into(&mut it.name));
        assert!(name.contains("called b there, a here"), "{name}");
    }
}
