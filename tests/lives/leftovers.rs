//! What `/proc` knows of a run: its processes and its mounts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::place::await_that;

/// Processes by pid and start time, which together are never given twice, and whether they are
/// this program's own, which stay as long as their sandbox does.
#[derive(Debug)]
pub(crate) struct Family {
    members: BTreeSet<(u32, u64, bool)>,
    names: Vec<String>,
}

struct Facts {
    name: String,
    state: char,
    parent: u32,
    started: u64,
}

impl Family {
    /// All descendants of a process, those inside its sandboxes too: their init's outer parent is
    /// the engine's helper.
    pub(crate) fn of(root: u32) -> Self {
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            if let Ok(pid) = entry.file_name().to_string_lossy().parse()
                && let Some(facts) = facts(pid)
            {
                children.entry(facts.parent).or_default().push(pid);
            }
        }
        let mut family = Self {
            members: BTreeSet::new(),
            names: Vec::new(),
        };
        let mut next = vec![root];
        while let Some(pid) = next.pop() {
            for &child in children.get(&pid).into_iter().flatten() {
                if let Some(facts) = facts(child) {
                    let ours = facts.name == "cutover";
                    family.members.insert((child, facts.started, ours));
                    family.names.push(facts.name);
                }
                next.push(child);
            }
        }
        family
    }

    /// How many of them have this name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.names.iter().filter(|other| *other == name).count()
    }

    /// Nothing ended those that lead a sandbox: init and its helper.
    pub(crate) fn assert_whole(&self) {
        let alive = self.alive();
        let leaders = self.members.iter().filter(|member| member.2);
        for (pid, _, _) in leaders {
            assert!(alive.contains(pid), "{pid} of {self:?} has ended");
        }
    }

    /// Those that still run. What is dead and waits to be reaped by the machine's own init is not
    /// running.
    fn alive(&self) -> Vec<u32> {
        let runs = |&(pid, started, _): &(u32, u64, bool)| {
            facts(pid).is_some_and(|now| now.started == started && !"ZX".contains(now.state))
        };
        let alive = self.members.iter().filter(|member| runs(member));
        alive.map(|(pid, _, _)| *pid).collect()
    }

    pub(crate) fn assert_gone(&self) {
        await_that(&format!("the end of all of {self:?}"), || {
            self.alive().is_empty()
        });
    }
}

fn facts(pid: u32) -> Option<Facts> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything, brackets too.
    let (before, after) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    Some(Facts {
        name: before.split_once('(')?.1.to_owned(),
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

/// The mounts that this process sees.
pub(crate) fn mounts() -> Vec<String> {
    let text = fs::read_to_string("/proc/self/mountinfo").unwrap();
    text.lines().map(str::to_owned).collect()
}
