//! Whose a container is, and whether that process lives: what its labels say.

use std::collections::HashMap;
use std::fs;

use crate::engine::procfs;

/// The label that every container of cutover has.
pub(super) const RUN: &str = "cutover-run";

const PID: &str = "cutover.pid";
const STARTED: &str = "cutover.started";
const BOOT: &str = "cutover.boot";
const PIDS: &str = "cutover.pid-namespace";

/// A process that owns containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pid: u32,
    /// When it was started, in the kernel's ticks since the machine was.
    started: u64,
    /// Which start of the machine that was.
    boot: String,
    /// Whose numbers they are.
    pids: String,
}

/// What is known of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Lives,
    Dead,
    /// Its number cannot be looked up from here.
    Unknown,
}

impl Owner {
    /// This process.
    pub(super) fn this() -> Self {
        let pid = std::process::id();
        Self {
            pid,
            started: started(pid).unwrap_or(0),
            boot: boot(),
            pids: pids(),
        }
    }

    /// The labels of its containers.
    pub(super) fn labels(&self, run: &str) -> HashMap<String, String> {
        [
            (RUN, run.to_owned()),
            (PID, self.pid.to_string()),
            (STARTED, self.started.to_string()),
            (BOOT, self.boot.clone()),
            (PIDS, self.pids.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The owner that labels name; none if they are not cutover's.
    pub(super) fn of(labels: &HashMap<String, String>) -> Option<Self> {
        let label = |name: &str| labels.get(name).cloned();
        label(RUN)?;
        Some(Self {
            pid: label(PID)?.parse().ok()?,
            started: label(STARTED)?.parse().ok()?,
            boot: label(BOOT)?,
            pids: label(PIDS)?,
        })
    }

    /// Whether it lives.
    pub(super) fn life(&self) -> Life {
        if self.boot != boot() {
            return Life::Dead;
        }
        if self.pids != pids() {
            return Life::Unknown;
        }
        match started(self.pid) {
            Some(started) if started == self.started => Life::Lives,
            _ => Life::Dead,
        }
    }

    /// The beginning of the names of its folders.
    pub(super) fn folder(&self) -> String {
        format!("cutover-docker-{}-{}-", self.pid, self.started)
    }
}

/// The owner of a folder with such a name, of this start of the machine.
pub(super) fn of_folder(name: &str) -> Option<Owner> {
    let mut parts = name.strip_prefix("cutover-docker-")?.splitn(3, '-');
    Some(Owner {
        pid: parts.next()?.parse().ok()?,
        started: parts.next()?.parse().ok()?,
        boot: boot(),
        pids: pids(),
    })
}

fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    id.unwrap_or_default().trim().to_owned()
}

fn pids() -> String {
    let namespace = fs::read_link("/proc/self/ns/pid");
    namespace.map_or_else(|_| String::new(), |it| it.to_string_lossy().into_owned())
}

/// When a process was started; none when it does not live.
fn started(pid: u32) -> Option<u64> {
    let process = procfs::process(i32::try_from(pid).ok()?)?;
    (process.life != procfs::Life::Ended).then_some(process.started)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_read_back_from_its_labels() {
        let this = Owner::this();
        let labels = this.labels("r1");
        assert_eq!(labels[RUN], "r1");
        assert_eq!(labels[PID], std::process::id().to_string());
        assert_eq!(Owner::of(&labels), Some(this.clone()));
        assert_eq!(this.life(), Life::Lives);
        assert_eq!(of_folder(&format!("{}x1", this.folder())), Some(this));
        let foreign = HashMap::from([(PID.to_owned(), "1".to_owned())]);
        assert_eq!(Owner::of(&foreign), None);
        for name in [
            "cutover-docker-",
            "cutover-docker-1-",
            "cutover-process-1-2-x",
            "",
        ] {
            assert_eq!(of_folder(name), None, "{name}");
        }
    }

    #[test]
    fn another_process_of_the_same_number_is_not_the_owner() {
        let this = Owner::this();
        let changed = |change: fn(&mut Owner)| {
            let mut other = this.clone();
            change(&mut other);
            other.life()
        };
        assert_eq!(changed(|it| it.started += 1), Life::Dead);
        assert_eq!(changed(|it| it.pid = u32::MAX), Life::Dead);
        assert_eq!(changed(|it| it.boot.push('x')), Life::Dead);
        assert_eq!(changed(|it| it.pids.push('x')), Life::Unknown);
    }
}
