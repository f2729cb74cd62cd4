//! `docs/ledger.md` shows ledgers that read and do what it says, and leaves nothing out.

use super::*;

fn read(text: &str) -> Ledger {
    let file = "guide.yaml";
    read_ledger(&[LedgerText { file, text }]).unwrap()
}

/// The samples of the guide in which these words stand, each of which is a file of its own.
fn samples_with(words: &str) -> Vec<String> {
    let guide = include_str!("../../../docs/ledger.md");
    let blocks = guide.split("```yaml\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap().to_owned());
    blocks.filter(|block| block.contains(words)).collect()
}

/// The samples of ledgers.
fn samples() -> Vec<String> {
    samples_with(LEDGER_FORMAT)
}

#[test]
fn what_the_guide_shows_beside_ledgers_reads_too() {
    let [unshown] = &samples_with(NOT_REPRODUCED_FORMAT)[..] else {
        panic!("one sample");
    };
    let file = LedgerText {
        file: "guide.yaml",
        text: unshown,
    };
    assert_eq!(read_not_reproduced(&file).unwrap()[0].id, "Q73");
    let [scenario] = &samples_with("parity:")[..] else {
        panic!("one sample");
    };
    let path = std::path::Path::new("a.yaml");
    let scenario = crate::scenario::parse_one("a", path, scenario).unwrap();
    assert_eq!(scenario.parity, [("Q33".to_owned(), 2)]);
}

#[test]
fn every_sample_of_the_guide_reads_and_is_what_it_is_shown_for() {
    let samples: Vec<Ledger> = samples().iter().map(|text| read(text)).collect();
    let [narrow, narrowed, wide, standing, shared] = samples.as_slice() else {
        panic!("{} samples", samples.len());
    };
    assert!(!narrow.entries[0].shapes[0].place.is_wide());
    assert!(wide.entries[0].shapes[0].place.is_wide());
    assert_eq!(standing.entries[0].kind, EntryKind::Standing);
    let subjects = crate::compare::samples::subjects();
    let text = |text: &str| {
        let blob = cutover_base::blob::Blob::from_bytes(text.to_owned());
        vec![crate::compare::verdict::Shown::Bytes(blob)]
    };
    let verb = crate::scenario::verbs::Verb::from_name("execute").unwrap();
    for (ledger, case, step, source, target) in [
        (
            narrow,
            "provider/mine/profile",
            "variable",
            "from profile: yes\n",
            "from profile: no\n",
        ),
        (
            wide,
            "provider/any/thing",
            "at-all",
            "ok\n/bin/bash: line 2: tool: command not found\n",
            "ok\n/usr/bin/bash: line 2: tool: command not found\n",
        ),
    ] {
        let place = FieldPlace {
            case,
            step,
            verb,
            field: "$.output",
        };
        let hits = ledger.about(EntryKind::Divergence, &place, &subjects);
        let values = cutover_base::by_side::BySide {
            source: text(source),
            target: text(target),
        };
        assert!(hits[0].fits(&values, false), "{case}");
    }
    assert_eq!(standing.standing(verb, "$.stderr", &subjects).len(), 1);
    let place = |case, step| FieldPlace {
        case,
        step,
        verb,
        field: "$.output",
    };
    let forgotten = place("provider/mine/shell", "forgotten");
    let hits = shared.about(EntryKind::Shared, &forgotten, &subjects);
    let not_set = || text("not set\n");
    let values = cutover_base::by_side::BySide::from_fn(|_| not_set());
    assert!(hits[0].fits(&values, false));
    let kernel = place("provider/mine/versions", "kernel");
    let kernels = cutover_base::by_side::BySide {
        source: text("Linux 6.1.102\n"),
        target: text("Linux 6.8.0-31-generic\n"),
    };
    let about = |subjects| narrowed.about(EntryKind::Divergence, &kernel, subjects);
    assert!(about(&subjects).is_empty(), "stand-ins are on another lane");
    let mut live = subjects.clone();
    for side in [&mut live.sides.source, &mut live.sides.target] {
        side.lane = crate::compare::subjects::LaneFact::Live;
    }
    assert!(about(&live)[0].fits(&kernels, false));
}

#[test]
fn the_guide_tells_every_key_of_an_entry_and_every_matcher() {
    let guide = include_str!("../../../docs/ledger.md");
    let keys = parse::KEYS.into_iter().chain(shape_of::KEYS);
    let keys = keys.chain(when_of::KEYS);
    for word in keys.chain(crate::scenario::matcher::Operator::NAMES) {
        let told = guide.contains(&format!("`{word}`")) || guide.contains(&format!("{word}:"));
        assert!(told, "{word}");
    }
}
