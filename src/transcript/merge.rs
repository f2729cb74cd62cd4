//! Several runs made one: the shards of a nightly, brought together from their machines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::Path;

use crate::transcript::event::{Event, EventKind, JOURNAL_FORMAT, RunStarted, StoredSelection};
use crate::transcript::folder::{BLOBS_DIR, JOURNAL_FILE, RunFolder};
use crate::transcript::line::{FormatLine, to_line};
use crate::transcript::read::find_end;
use crate::transcript::stored::StoredRun;

/// What keeps these runs from being one, in sentences; empty if nothing does. Runs are one when
/// they compare the same sides by the same ledger and scenarios, share no case, and, if they are
/// shards, are all of them.
pub fn merge_problems(runs: &[StoredRun]) -> Vec<String> {
    let mut said = Vec::new();
    let Some((first, rest)) = runs.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return vec!["merging takes two runs or more".to_owned()];
    };
    for other in rest {
        let (a, b) = (&first.started, &other.started);
        let same = [
            (
                "the source",
                a.subjects.source.spec() == b.subjects.source.spec(),
            ),
            (
                "the target",
                a.subjects.target.spec() == b.subjects.target.spec(),
            ),
            ("the version of cutover", a.version == b.version),
            ("the engine", a.engine == b.engine),
            ("what the machine has", a.capabilities == b.capabilities),
            ("the ledger", a.ledger == b.ledger),
            (
                "what is not reproduced",
                a.not_reproduced == b.not_reproduced,
            ),
            ("the profile", a.profile == b.profile),
            ("the noise limit", a.noise_limit == b.noise_limit),
            (
                "what becomes of volatile fields",
                a.volatile_refused == b.volatile_refused,
            ),
            ("the rehearsed faults", a.faults == b.faults),
        ];
        for (what, _) in same.iter().filter(|(_, same)| !same) {
            said.push(format!("{what} differs between {} and {}", a.run, b.run));
        }
    }
    said.extend(scenarios_that_differ(runs));
    said.extend(cases_in_two(runs));
    said.extend(missing_shards(runs));
    said
}

fn scenarios_that_differ(runs: &[StoredRun]) -> Vec<String> {
    let mut known: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let mut said = Vec::new();
    for run in runs {
        for scenario in &run.started.scenarios {
            let here = (run.started.run.as_str(), scenario.sha256.as_str());
            match known.get(scenario.name.as_str()) {
                Some((other, sha256)) if *sha256 != here.1 => said.push(format!(
                    "the scenario {} differs between {other} and {}",
                    scenario.name, here.0
                )),
                Some(_) => {}
                None => drop(known.insert(&scenario.name, here)),
            }
        }
    }
    said
}

fn cases_in_two(runs: &[StoredRun]) -> Vec<String> {
    let mut owner: BTreeMap<&str, &str> = BTreeMap::new();
    let mut said = Vec::new();
    for run in runs {
        for case in run.cases.keys() {
            if let Some(other) = owner.insert(case, &run.started.run) {
                said.push(format!("{case} is in {other} and in {}", run.started.run));
            }
        }
    }
    said
}

fn missing_shards(runs: &[StoredRun]) -> Vec<String> {
    let shards: Vec<&str> = runs
        .iter()
        .filter_map(|run| run.started.shard.as_deref())
        .collect();
    if shards.is_empty() {
        return Vec::new();
    }
    if shards.len() < runs.len() {
        return vec!["some of these runs are shards and some are not".to_owned()];
    }
    let counts: BTreeSet<&str> = shards
        .iter()
        .filter_map(|shard| Some(shard.split_once('/')?.1))
        .collect();
    let count = match counts.first().map(|count| count.parse::<u32>()) {
        Some(Ok(count)) if counts.len() == 1 => count,
        _ => {
            return vec![format!(
                "they are shards of different runs: {}",
                shards.join(", ")
            )];
        }
    };
    let wanted = (1..=count).map(|index| format!("{index}/{count}"));
    wanted
        .filter(|shard| !shards.contains(&shard.as_str()))
        .map(|shard| format!("shard {shard} is missing"))
        .collect()
}

/// Writes the merged run into a folder that has no journal yet: a head of its own, then the parts'
/// journals as they are, and their blobs. The head says when the first part began.
///
/// # Errors
/// When a part cannot be read or the folder cannot be written.
pub fn merge_runs(runs: &[StoredRun], args: &[String], into: &RunFolder) -> io::Result<()> {
    let Some(first) = runs.iter().min_by_key(|run| run.started_at) else {
        return Err(io::Error::other("there is no run to merge"));
    };
    let path = into.path.join(JOURNAL_FILE);
    let mut out = BufWriter::new(File::create_new(path)?);
    let format = FormatLine {
        format: JOURNAL_FORMAT.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    out.write_all(&to_line(&format)?)?;
    let started = RunStarted {
        run: into.id.clone(),
        args: args.to_vec(),
        orphans: orphans(runs),
        sharded: runs
            .iter()
            .any(|run| run.started.sharded && run.started.shard.is_none()),
        shard: None,
        selection: selection(runs),
        ..first.started.clone()
    };
    // The head plans nothing itself: the parts have plans of their own.
    let events = [
        EventKind::RunStarted(Box::new(started)),
        EventKind::RunPlanned { cases: Vec::new() },
        EventKind::RunEnded(Box::default()),
    ];
    for (index, event) in events.into_iter().enumerate() {
        let event = Event {
            seq: index as u64 + 1,
            at: first.started_at,
            case: None,
            side: None,
            replay: None,
            step: None,
            event,
        };
        out.write_all(&to_line(&event)?)?;
    }
    for run in runs {
        let journal = run.dir.join(JOURNAL_FILE);
        // A torn last line would run into the next part.
        let whole = find_end(&journal).map_err(io::Error::other)?.whole_bytes;
        io::copy(&mut File::open(&journal)?.take(whole), &mut out)?;
        copy_blobs(&run.dir.join(BLOBS_DIR), &into.blobs())?;
    }
    out.flush()
}

/// What none of the parts has. That they are shards no longer matters.
fn selection(runs: &[StoredRun]) -> Option<StoredSelection> {
    let mut by: Vec<String> = Vec::new();
    let mut left_out: BTreeSet<&str> = BTreeSet::new();
    let mut uncounted = false;
    for run in runs {
        let part = run.started.selection.as_ref()?;
        for option in part.by.iter().filter(|by| !by.starts_with("--shard ")) {
            if !by.contains(option) {
                by.push(option.clone());
            }
        }
        left_out.extend(part.left_out.iter().map(String::as_str));
        uncounted |= part.uncounted;
    }
    for run in runs {
        left_out.retain(|case| !run.cases.contains_key(*case));
    }
    Some(StoredSelection {
        by,
        left_out: left_out.into_iter().map(str::to_owned).collect(),
        uncounted,
    })
}

/// Entries without a step anywhere.
fn orphans(runs: &[StoredRun]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for orphan in runs.iter().flat_map(|run| &run.started.orphans) {
        if !all.contains(orphan) {
            all.push(orphan.clone());
        }
    }
    all
}

/// Blobs are named by what is in them, so one that is there already is the same.
fn copy_blobs(from: &Path, into: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let target = into.join(entry.file_name());
        if entry.file_type()?.is_file() && !target.exists() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
