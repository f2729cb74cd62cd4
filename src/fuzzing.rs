//! The fuzz targets of this crate; `fuzz/README.md` says how to run them.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use cutover_base::side::Side;

use crate::compare::ledger::{LedgerText, read_ledger};
use crate::compare::profile::read_profile;
pub use crate::driver::daytona::properties::multipart;
pub use crate::driver::e2b::properties::frames;
use crate::plan::read_settings;
use crate::scenario::Problem;
use crate::scenario::load::load_embedded;
use crate::scenario::yaml;
use crate::transcript::folder::JOURNAL_FILE;
use crate::transcript::stored::StoredRun;
use crate::transcript::{read_journal, read_journal_lenient};

/// A scenario: what is accepted is accepted again and as the same; problems lie within the text.
///
/// # Panics
/// When that does not hold.
pub fn scenario(input: &[u8]) {
    check_text(input, |text| load_embedded(&[("fuzz/case", text)]));
}

/// A ledger: as [`scenario`].
///
/// # Panics
/// When that does not hold.
pub fn ledger(input: &[u8]) {
    check_text(input, |text| {
        let file = "quirks.yaml";
        let ledger = read_ledger(&[LedgerText { file, text }])?;
        let ids: BTreeSet<&str> = ledger.entries.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids.len(), ledger.entries.len(), "an id stands twice");
        let within = 1..=text.lines().count();
        assert!(ledger.entries.iter().all(|it| within.contains(&it.line)));
        Ok(ledger)
    });
}

/// A profile: as [`scenario`].
///
/// # Panics
/// When that does not hold.
pub fn profile(input: &[u8]) {
    check_text(input, |text| read_profile("profile.yaml", text));
}

/// `cutover.yaml`: as [`scenario`].
///
/// # Panics
/// When that does not hold.
pub fn settings(input: &[u8]) {
    check_text(input, |text| read_settings("cutover.yaml", text).checked());
}

fn check_text<T: Debug>(input: &[u8], read: impl Fn(&str) -> Result<T, Vec<Problem>>) {
    let text = match yaml::decode(input) {
        Ok(text) => text,
        Err(error) => {
            let lines = input.split(|byte| *byte == b'\n').count();
            assert!((1..=lines).contains(&error.line), "{error}");
            return;
        }
    };
    let first = read(text);
    assert_eq!(
        format!("{first:?}"),
        format!("{:?}", read(text)),
        "the same text is read as another"
    );
    if let Err(problems) = first {
        let mistakes = problems.iter().filter(|problem| !problem.is_note);
        assert!(mistakes.count() > 0, "refused without a mistake");
        for problem in &problems {
            check_problem(text, problem);
        }
    }
}

fn check_problem(text: &str, problem: &Problem) {
    let shown = problem.to_string();
    let hidden = |c: char| c.is_control() && c != '\n';
    assert!(!shown.contains(hidden), "{shown:?}");
    assert!(!problem.message.is_empty(), "no message");
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    // What is missing at the end is missing in the line behind the last.
    assert!(problem.line <= lines.len() + 1, "{problem:?}");
    let line = problem.line.checked_sub(1).and_then(|at| lines.get(at));
    let line = line.copied().unwrap_or_default();
    assert_eq!(problem.source_line, line, "{problem:?}");
    assert!(problem.column <= line.chars().count() + 1, "{problem:?}");
}

/// A journal of any bytes.
///
/// # Panics
/// When that does not hold.
pub fn journal(input: &[u8]) {
    check_journal(input);
}

/// A good journal with changes, four bytes each: what is done, where and with what.
///
/// # Panics
/// When that does not hold.
pub fn journal_edits(input: &[u8]) {
    let mut journal = include_bytes!("../fuzz/seeds/journal/whole.jsonl").to_vec();
    for edit in input.chunks_exact(4).take(64) {
        let at = usize::from(u16::from_le_bytes([edit[1], edit[2]])) % (journal.len() + 1);
        let line_end = |from: usize| {
            let rest = journal[from..].iter().position(|byte| *byte == b'\n');
            rest.map_or(journal.len(), |length| from + length + 1)
        };
        let (start, value) = (line_end(at), edit[3]);
        let end = line_end(start);
        match edit[0] % 6 {
            0 => journal.truncate(at),
            1 => {
                if let Some(byte) = journal.get_mut(at) {
                    *byte = value;
                }
            }
            2 => journal.insert(at, value),
            3 => drop(journal.drain(start..end)),
            4 => {
                let line = journal[start..end].to_vec();
                let to = line_end(usize::from(value) * journal.len() / 256);
                journal.splice(to..to, line);
            }
            _ => {
                let to = (at + usize::from(value)).min(journal.len());
                drop(journal.drain(at..to));
            }
        }
        if journal.is_empty() {
            break;
        }
    }
    check_journal(&journal);
}

thread_local! {
    static FOLDER: tempfile::TempDir = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
}

/// What is read is no more than the whole lines hold, an end that was cut off changes nothing, and
/// the lenient reader finds what the strict one does.
fn check_journal(bytes: &[u8]) {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n');
    let whole = &bytes[..whole.map_or(0, |at| at + 1)];
    FOLDER.with(|folder| {
        let dir = folder.path();
        put(dir, whole);
        let strict = read_journal(dir).map_err(|error| error.to_string());
        let lenient = read_journal_lenient(dir).map_err(|error| error.to_string());
        put(dir, bytes);
        let cut = read_journal(dir).map_err(|error| error.to_string());
        assert_eq!(cut, strict, "a cut end changes what is read");
        if let Ok(strict) = &strict {
            assert_eq!(lenient.as_ref(), Ok(strict), "leniently, another is read");
        }
        if let Ok(run) = &lenient {
            check_run(run, whole);
        }
        if let Ok(run) = &strict {
            for (case, side) in run
                .cases
                .keys()
                .flat_map(|case| Side::BOTH.map(|it| (case, it)))
            {
                let steps = |count: usize, it: &Vec<_>| assert!(it.len() <= count);
                steps(
                    whole.len(),
                    &run.transcripts(case, side).unwrap_or_default(),
                );
            }
        }
    });
}

fn put(dir: &Path, bytes: &[u8]) {
    let written = fs::write(dir.join(JOURNAL_FILE), bytes);
    assert!(written.is_ok(), "{written:?}");
}

fn check_run(run: &StoredRun, whole: &[u8]) {
    let lines = whole.split_inclusive(|byte| *byte == b'\n').count();
    let transcripts = || run.cases.values().flat_map(|case| &case.transcripts);
    let steps: usize = transcripts().map(|it| it.steps.len()).sum();
    let spans = transcripts().flat_map(|it| &it.lines);
    for span in spans.clone() {
        let line = usize::try_from(span.start).ok();
        let line = line.and_then(|start| whole.get(start..start + span.len));
        assert!(line.is_some_and(|it| it.ends_with(b"\n")), "{span:?}");
    }
    assert!(steps <= spans.count(), "a step that no line holds");
    assert!(
        steps + run.sandboxes.len() < lines,
        "more than the lines hold"
    );
    let calls: u64 = run.calls.iter().map(|it| it.calls + it.retries).sum();
    assert!(calls < lines as u64, "more calls than lines");
    let within = 1..=lines as u64;
    assert!(run.damaged.iter().all(|line| within.contains(line)));
    assert!(run.damaged.is_sorted(), "{:?}", run.damaged);
    assert!(run.started_at <= run.last_at, "it ends before it began");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use fuzz_inputs::{seeds, short_run};

    /// The seeds are those of the folder and of others of the repository.
    fn run(name: &str, more: &[&str], count: usize, target: fn(&[u8])) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut inputs = seeds(&root.join("fuzz/seeds").join(name)).unwrap();
        for folder in more {
            inputs.extend(seeds(&root.join(folder)).unwrap());
        }
        short_run(&inputs, count, target);
    }

    #[test]
    fn scenario() {
        let folders = ["scenarios/execute", "scenarios/lifecycle"];
        run("scenario", &folders, 1000, super::scenario);
    }

    #[test]
    fn ledger() {
        run("ledger", &[], 700, super::ledger);
    }

    #[test]
    fn profile() {
        run("profile", &[], 3000, super::profile);
    }

    #[test]
    fn settings() {
        run("settings", &[], 3000, super::settings);
    }

    #[test]
    fn journal() {
        run("journal", &[], 1000, super::journal);
    }

    #[test]
    fn journal_edits() {
        run("journal_edits", &[], 1000, super::journal_edits);
    }

    #[test]
    fn frames() {
        run("frames", &[], 5000, super::frames);
    }

    #[test]
    fn multipart() {
        run("multipart", &[], 5000, super::multipart);
    }
}
