//! The journal written and read back: whole, torn, damaged, of other versions, on a full disk.

use std::fs;
use std::path::Path;

use cutover_base::by_side::BySide;
use cutover_base::clock::Clock;
use cutover_base::side::Side;
use indexmap::IndexMap;

use crate::call::{Outcome, Provider};
use crate::transcript::event::{CasePlanned, EventKind, RunEnded, RunStarted};
use crate::transcript::exchange::{Exchange, ExchangeSink as _};
use crate::transcript::folder::JOURNAL_FILE;
use crate::transcript::read::read_journal;
use crate::transcript::record::{Ending, KnownLiteral, StepRecord, StepResult, UnmetExpectation};
use crate::transcript::store::store_step;
use crate::transcript::{JournalError, JournalScope, JournalWriter};

pub(super) const CASE: &str = "provider/execute/echo";

pub(crate) fn run_started() -> EventKind {
    EventKind::RunStarted(Box::new(RunStarted {
        run: "20260102T030405Z-00ff".to_owned(),
        version: "0.1.0".to_owned(),
        args: vec!["run".to_owned()],
        seed: 7,
        replays: "auto".to_owned(),
        engine: Some("namespaces".to_owned()),
        capabilities: vec!["root".to_owned()],
        subjects: BySide::default(),
        scenarios: Vec::new(),
        ledger: Vec::new(),
        profile: None,
        since: None,
        not_reproduced: None,
        on_request: Vec::new(),
        orphans: Vec::new(),
        sharded: false,
        shard: None,
        selection: None,
        noise_limit: 0,
        volatile_refused: false,
        faults: Vec::new(),
    }))
}

pub(super) fn planned() -> EventKind {
    EventKind::CasePlanned(CasePlanned {
        scenario: "execute/echo".to_owned(),
        surface: "provider".to_owned(),
        point: IndexMap::new(),
        required: true,
    })
}

pub(super) fn step(id: &str) -> StepRecord {
    StepRecord {
        step: id.to_owned(),
        started: "2026-01-02T03:04:05Z".parse().unwrap(),
        duration_ms: 9,
        attempts: 1,
        result: StepResult::Outcome(Outcome::default().with("exit_code", 0)),
        unmet: vec![UnmetExpectation {
            line: 4,
            path: "$.exit_code".to_owned(),
            message: "wanted 1, found 0".to_owned(),
        }],
    }
}

fn intent(name: &str) -> EventKind {
    EventKind::CreateIntent {
        provider: "e2b".to_owned(),
        lane: "live".to_owned(),
        name: name.to_owned(),
        labels: [("cutover-run".to_owned(), "r".to_owned())].into(),
    }
}

pub(super) fn exchange(attempt: u32, status: Option<u16>) -> Exchange {
    Exchange {
        at: "2026-01-02T03:04:05Z".parse().unwrap(),
        provider: Provider::E2b,
        operation: "create".to_owned(),
        method: "POST".to_owned(),
        url: "http://127.0.0.1/sandboxes".to_owned(),
        attempt,
        status,
        duration_ms: 1,
        request_headers: Vec::new(),
        response_headers: Vec::new(),
        sandbox: None,
        request_bytes: 0,
        response_bytes: 0,
        error_body: None,
        error: None,
    }
}

/// A journal with one case that is whole on the source and unfinished on the target.
pub(super) fn write_run(dir: &Path) -> JournalWriter {
    let writer = JournalWriter::create(dir, Clock::new()).unwrap();
    let case = writer.scope().case(CASE);
    writer.write(run_started()).unwrap();
    case.write(planned()).unwrap();
    let source = case.side(Side::Source, 1);
    let provision = source.step("00-provision");
    provision.write(intent("main")).unwrap();
    provision.record(exchange(1, Some(503)));
    provision.record(exchange(2, Some(201)));
    let created = EventKind::Created {
        sandbox: "sb-1".to_owned(),
    };
    provision.write(created).unwrap();
    write_step(&source, &step("01-execute"));
    let gone = EventKind::Destroyed {
        sandbox: "sb-1".to_owned(),
        how: "cleanup".to_owned(),
    };
    source.write(gone).unwrap();
    let ended = EventKind::SideEnded {
        started: "2026-01-02T03:04:04Z".parse().unwrap(),
        ended: None,
        ending: Ending::Clean,
        literals: vec![KnownLiteral {
            kind: "sandbox".to_owned(),
            value: "sb-1".to_owned(),
        }],
    };
    source.write(ended).unwrap();
    let target = case.side(Side::Target, 1);
    target.step("00-provision").write(intent("main")).unwrap();
    write_step(&target, &step("01-execute"));
    writer
}

fn write_step(scope: &JournalScope, record: &StepRecord) {
    let stored = EventKind::Step(Box::new(store_step(record)));
    scope.step(&record.step).write(stored).unwrap();
}

#[test]
fn a_journal_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let writer = write_run(dir.path());
    let end = RunEnded {
        interrupted: None,
        stopped: None,
        created: 1,
        destroyed: 1,
    };
    writer
        .write(EventKind::RunEnded(Box::new(end.clone())))
        .unwrap();
    let run = read_journal(dir.path()).unwrap();
    assert_eq!(run.started.seed, 7);
    assert_eq!(run.ended, Some(end));
    assert_eq!(run.cases.keys().collect::<Vec<_>>(), [CASE]);
    let complete: Vec<bool> = run.cases[CASE]
        .transcripts
        .iter()
        .map(|s| s.complete)
        .collect();
    assert_eq!(complete, [true, false]);
    let source = run.transcripts(CASE, Side::Source).unwrap().remove(0);
    assert_eq!(source.steps, [step("01-execute")]);
    assert_eq!(source.ending, Ending::Clean);
    assert_eq!(source.literals.len(), 1);
    let target = run.transcripts(CASE, Side::Target).unwrap().remove(0);
    assert_eq!(target.ending, Ending::Unverified);
    let create = &run.calls[0];
    assert_eq!(
        (create.calls, create.first_attempt_failures, create.retries),
        (1, 1, 1)
    );
}

#[test]
fn sandboxes_that_nothing_says_are_gone_are_open() {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path());
    let run = read_journal(dir.path()).unwrap();
    assert_eq!(run.sandboxes.len(), 2);
    assert_eq!(run.sandboxes[0].id.as_deref(), Some("sb-1"));
    assert_eq!(run.sandboxes[0].destroyed.as_deref(), Some("cleanup"));
    let open: Vec<_> = run.open_sandboxes().collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].side, Some(Side::Target));
    assert_eq!(open[0].labels["cutover-run"], "r");
}

#[test]
fn a_creation_answers_the_intent_of_its_own_step() {
    let dir = tempfile::tempdir().unwrap();
    let writer = JournalWriter::create(dir.path(), Clock::new()).unwrap();
    writer.write(run_started()).unwrap();
    let side = writer.scope().case(CASE).side(Side::Source, 1);
    for name in ["a", "b"] {
        side.step(name).write(intent(name)).unwrap();
    }
    for name in ["b", "a"] {
        let sandbox = format!("sb-{name}");
        side.step(name)
            .write(EventKind::Created { sandbox })
            .unwrap();
    }
    let run = read_journal(dir.path()).unwrap();
    let ids: Vec<_> = run.sandboxes.iter().map(|s| s.id.as_deref()).collect();
    assert_eq!(ids, [Some("sb-a"), Some("sb-b")]);
}

#[test]
fn unknown_events_and_keys_are_skipped_and_format_lines_in_the_middle_too() {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path());
    let path = dir.path().join(JOURNAL_FILE);
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str(
        "{\"seq\":90,\"at\":\"2026-01-02T03:04:05Z\",\"event\":{\"moon_phase\":{\"full\":true}}}\n",
    );
    text.push_str("{\"seq\":91,\"at\":\"2026-01-02T03:04:05Z\",\"event\":\"moon_rise\"}\n");
    text.push_str("{\"format\":\"cutover.journal/1\",\"version\":\"0.9.0\"}\n");
    text.push_str("{\"seq\":92,\"at\":\"2026-01-02T03:04:05Z\",\"colour\":1,\"event\":{\"run_ended\":{\"interrupted\":\"INT\",\"stopped\":null,\"created\":0,\"destroyed\":0,\"new\":1}}}\n");
    fs::write(&path, text).unwrap();
    let run = read_journal(dir.path()).unwrap();
    assert_eq!(run.ended.unwrap().interrupted.as_deref(), Some("INT"));
}

#[test]
fn other_formats_are_refused_by_name() {
    let cases = [
        ("{\"format\":\"cutover.journal/2\"}\n", "newer"),
        ("{\"format\":\"cutover.report/1\"}\n", "cutover.report/1"),
        ("hello\n", "names no format"),
        ("\0\0\0\n", "names no format"),
        ("", "run it anew"),
        ("{\"format\":\"cutover.jou", "run it anew"),
        (
            "{\"format\":\"cutover.journal/1\"}\n",
            "before the run began",
        ),
    ];
    for (text, part) in cases {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(JOURNAL_FILE), text).unwrap();
        let error = read_journal(dir.path()).unwrap_err().to_string();
        assert!(
            error.contains(part) && error.contains(JOURNAL_FILE),
            "{error}"
        );
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(
        read_journal(empty.path()),
        Err(JournalError::Read { .. })
    ));
}

#[test]
fn writers_on_many_threads_write_whole_numbered_lines() {
    let dir = tempfile::tempdir().unwrap();
    let writer = JournalWriter::create(dir.path(), Clock::new()).unwrap();
    writer.write(run_started()).unwrap();
    std::thread::scope(|threads| {
        for replay in 1..=8 {
            let scope = writer.scope().case(CASE).side(Side::Source, replay);
            threads.spawn(move || {
                for _ in 0..50 {
                    scope.record(exchange(1, Some(200)));
                }
            });
        }
    });
    assert!(writer.failure().is_none());
    let text = fs::read_to_string(writer.path()).unwrap();
    let numbers: Vec<u64> = text
        .lines()
        .skip(1)
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(numbers, (1..=401).collect::<Vec<_>>());
    assert_eq!(read_journal(dir.path()).unwrap().calls[0].calls, 400);
}

#[test]
fn a_journal_that_cannot_be_made_names_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = dir.path().join("nowhere");
    let error = JournalWriter::create(&nowhere, Clock::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("nowhere/events.ndjson"), "{error}");
    write_run(dir.path());
    let error = JournalWriter::create(dir.path(), Clock::new()).unwrap_err();
    assert!(
        matches!(error, JournalError::Create { .. }),
        "an old journal is not touched"
    );
}

#[test]
fn a_full_disk_is_an_error_that_is_remembered() {
    // The device that is always full stands for the journal.
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/full", dir.path().join(JOURNAL_FILE)).unwrap();
    let writer = JournalWriter::over_for_test(&dir.path().join(JOURNAL_FILE));
    let error = writer.write(run_started()).unwrap_err().to_string();
    assert!(error.contains(JOURNAL_FILE), "{error}");
    let first = writer.failure().unwrap().to_string();
    assert_eq!(first, error);
    writer.scope().record(exchange(1, None));
    assert_eq!(writer.failure().unwrap().to_string(), first);
}
