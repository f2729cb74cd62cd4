//! Journals that were cut or damaged, what is read back while a run goes on, and plans.

use std::fs;
use std::path::Path;

use cutover_base::clock::Clock;
use cutover_base::side::Side;
use serde_json::json;

use crate::transcript::event::{EventKind, PlannedCase};
use crate::transcript::exchange::ExchangeSink as _;
use crate::transcript::folder::JOURNAL_FILE;
use crate::transcript::read::{read_journal, read_journal_lenient};
use crate::transcript::record::{Ending, KnownLiteral};
use crate::transcript::store::store_step;
use crate::transcript::tests::{CASE, exchange, planned, run_started, step, write_run};
use crate::transcript::{JournalError, JournalWriter, StoredRun};

#[test]
fn a_journal_torn_at_any_byte_of_its_last_line_is_read_up_to_there() {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path());
    let path = dir.path().join(JOURNAL_FILE);
    let whole = fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|b| *b == b'\n')
        .unwrap()
        + 1;
    for end in last..whole.len() {
        fs::write(&path, &whole[..end]).unwrap();
        let run = read_journal(dir.path()).unwrap();
        assert_eq!(
            run.transcripts(CASE, Side::Target).unwrap().len(),
            0,
            "cut at {end}"
        );
        assert_eq!(run.open_sandboxes().count(), 1);
    }
}

#[test]
fn a_resumed_journal_cuts_the_torn_line_and_numbers_on() {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path());
    let path = dir.path().join(JOURNAL_FILE);
    let before = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{before}{{\"seq\":99,\"at\":\"20")).unwrap();
    let writer = JournalWriter::resume(dir.path(), Clock::new()).unwrap();
    writer.scope().case(CASE).write(planned()).unwrap();
    let after = fs::read_to_string(&path).unwrap();
    let last: serde_json::Value = serde_json::from_str(after.lines().last().unwrap()).unwrap();
    assert_eq!(last["seq"], json!(before.lines().count()));
    let run = read_journal(dir.path()).unwrap();
    assert!(
        run.cases[CASE].transcripts.is_empty(),
        "planned again is run anew"
    );
}

/// What no writer of ours writes as a line.
const NONSENSE: [&str; 5] = [
    "nonsense",
    "{}",
    "{\"seq\":1,\"at\":\"x\",\"event\":{\"created\":{}}}",
    "",
    "\0\0\0\0",
];

#[test]
fn lines_that_make_no_sense_are_left_out_behind_the_last_whole_one() {
    for line in NONSENSE {
        let dir = tempfile::tempdir().unwrap();
        let whole = read_journal_of(write_run, dir.path());
        let path = dir.path().join(JOURNAL_FILE);
        let text = fs::read_to_string(&path).unwrap();
        let number = text.lines().count() as u64 + 1;
        fs::write(&path, format!("{text}{line}\n{line}\n{line}")).unwrap();
        for run in [read_journal(dir.path()), read_journal_lenient(dir.path())] {
            let run = run.unwrap();
            assert_eq!(run.damaged, [number, number + 1], "{line:?}");
            assert_eq!(run.cases, whole.cases, "{line:?}");
            assert_eq!(run.open_sandboxes().count(), 1, "{line:?}");
        }
        JournalWriter::resume(dir.path(), Clock::new()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "{line:?}");
    }
}

#[test]
fn a_line_that_makes_no_sense_before_whole_ones_is_refused_and_left_out_for_reap() {
    for line in NONSENSE {
        let dir = tempfile::tempdir().unwrap();
        write_run(dir.path());
        let path = dir.path().join(JOURNAL_FILE);
        let text = fs::read_to_string(&path).unwrap();
        let number = text.lines().count() as u64;
        let (before, last) = text.trim_end().rsplit_once('\n').unwrap();
        fs::write(&path, format!("{before}\n{line}\n{last}\n")).unwrap();
        for error in [
            read_journal(dir.path()).map(drop),
            JournalWriter::resume(dir.path(), Clock::new()).map(drop),
        ] {
            let error = error.unwrap_err();
            assert!(
                matches!(error, JournalError::Damaged { line, .. } if line == number),
                "{error}"
            );
            assert!(error.to_string().contains("run it anew"), "{error}");
        }
        let run = read_journal_lenient(dir.path()).unwrap();
        assert_eq!(run.damaged, [number]);
        assert_eq!(run.open_sandboxes().count(), 1);
    }
}

#[test]
fn a_whole_line_that_no_journal_holds_is_refused_wherever_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path());
    let path = dir.path().join(JOURNAL_FILE);
    let text = fs::read_to_string(&path).unwrap();
    let number = text.lines().count() as u64 + 1;
    let line = format!(
        "{{\"seq\":90,\"at\":\"2026-01-02T03:04:05Z\",\"case\":\"{CASE}\",\"side\":\"source\",\"step\":\"s\",\
         \"event\":{{\"step\":{{\"started\":\"2026-01-02T03:04:05Z\",\"duration_ms\":1,\"attempts\":1,\
         \"result\":{{\"provider_error\":{{\"class\":\"moon\",\"message\":\"\"}}}}}}}}}}"
    );
    fs::write(&path, format!("{text}{line}\n")).unwrap();
    let error = read_journal(dir.path()).unwrap_err();
    assert!(
        matches!(error, JournalError::Damaged { line, .. } if line == number),
        "{error}"
    );
    assert!(error.to_string().contains("`moon`"), "{error}");
}

#[test]
fn a_transcript_is_read_back_from_its_lines() {
    let dir = tempfile::tempdir().unwrap();
    let writer = JournalWriter::create(dir.path(), Clock::new()).unwrap();
    writer.write(run_started()).unwrap();
    let side = writer.scope().case(CASE).side(Side::Target, 2);
    let mut lines = Vec::new();
    for id in ["a", "b"] {
        let stored = EventKind::Step(Box::new(store_step(&step(id))));
        lines.push(side.step(id).write_at(stored).unwrap());
        // What others write lies between.
        writer.scope().record(exchange(1, Some(200)));
    }
    let ended = EventKind::SideEnded {
        started: "2026-01-02T03:04:04Z".parse().unwrap(),
        ended: Some("2026-01-02T03:04:09Z".parse().unwrap()),
        ending: Ending::Leaked,
        literals: vec![KnownLiteral {
            kind: "sandbox".to_owned(),
            value: "sb-1".to_owned(),
        }],
    };
    lines.push(side.write_at(ended).unwrap());
    let read = writer.transcript(CASE, &lines).unwrap();
    assert_eq!(
        (read.case.as_str(), read.side, read.replay),
        (CASE, Side::Target, 2)
    );
    assert_eq!(read.steps, [step("a"), step("b")]);
    assert_eq!((read.ending, read.literals.len()), (Ending::Leaked, 1));
    assert!(writer.transcript(CASE, &[]).is_err());
}

#[test]
fn a_plan_says_all_that_will_be_run_and_a_resumption_what_runs_anew() {
    let plan = |ids: &[&str]| EventKind::RunPlanned {
        cases: ids
            .iter()
            .map(|id| PlannedCase {
                id: (*id).to_owned(),
                planned: match planned() {
                    EventKind::CasePlanned(planned) => planned,
                    other => panic!("{other:?}"),
                },
            })
            .collect(),
    };
    let verdict = |writer: &JournalWriter, case: &str| {
        let event = EventKind::CaseVerdict {
            verdict: "identical".to_owned(),
            reason: String::new(),
        };
        writer.scope().case(case).write(event).unwrap();
    };
    let dir = tempfile::tempdir().unwrap();
    let writer = JournalWriter::create(dir.path(), Clock::new()).unwrap();
    writer.write(run_started()).unwrap();
    assert!(!read_journal(dir.path()).unwrap().planned);
    writer.write(plan(&["a", "b", "c"])).unwrap();
    writer.sync().unwrap();
    verdict(&writer, "a");
    verdict(&writer, "b");
    drop(writer);
    let writer = JournalWriter::resume(dir.path(), Clock::new()).unwrap();
    writer.write(run_started()).unwrap();
    assert!(
        read_journal(dir.path()).unwrap().planned,
        "killed again, it still knows its plan"
    );
    writer.write(plan(&["b", "c"])).unwrap();
    let run = read_journal(dir.path()).unwrap();
    let cases: Vec<_> = run
        .cases
        .iter()
        .map(|(id, case)| (id.as_str(), case.verdict.is_some()))
        .collect();
    assert_eq!(cases, [("a", true), ("b", false), ("c", false)]);
    assert!(run.planned);
}

fn read_journal_of(write: fn(&Path) -> JournalWriter, dir: &Path) -> StoredRun {
    write(dir);
    read_journal(dir).unwrap()
}
