//! What is shown of the two sides.

use std::sync::Arc;

use cutover_base::blob::Blob;

use crate::compare::verdict::{Shown, Verdict};
use crate::report::fixture::field;
use crate::report::lines::{Depth, Line};
use crate::report::replays::lines;
use crate::report::sides::equal_lines_before;

fn shown(source: Shown, target: Shown, depth: Depth) -> Vec<String> {
    let mut field = field(Verdict::NewDivergence, "", "");
    Arc::make_mut(&mut field.values.source)[0].raw = source;
    Arc::make_mut(&mut field.values.target)[0].raw = target;
    lines(&field, depth).iter().map(Line::labelled).collect()
}

fn bytes(bytes: impl Into<bytes::Bytes>) -> Shown {
    Shown::Bytes(Blob::from_bytes(bytes))
}

fn numbered(count: usize) -> String {
    let lines: Vec<String> = (0..count).map(|n| format!("line {n}\n")).collect();
    lines.concat()
}

#[test]
fn lines_before_the_first_difference_are_left_out_but_for_two() {
    let many = "l\n".repeat(10);
    let cases = [
        (vec!["a\nb\n", "a\nc\n"], 0),
        (vec!["a\n", "a\n"], 0),
        (vec![], 0),
        (vec!["a\na\na\nb", "a\na\na\nc"], 1),
    ];
    for (texts, skip) in cases {
        assert_eq!(equal_lines_before(&texts), skip, "{texts:?}");
    }
    let (a, b) = (format!("{many}x"), format!("{many}y"));
    assert_eq!(equal_lines_before(&[&a, &b, &b]), 8);
    assert_eq!(equal_lines_before(&[&a, &many]), 8);
}

#[test]
fn short_values_are_shown_whole() {
    assert_eq!(
        shown(bytes("o1\r\ne1\n"), bytes("o1\ne1"), Depth::REPORT),
        [
            "source | o1\\r",
            "source | e1",
            "target | o1",
            "target | e1⟨no newline at the end⟩"
        ]
    );
    assert_eq!(
        shown(Shown::Absent, Shown::Json(3.into()), Depth::REPORT),
        ["source | ⟨absent⟩", "target | 3"]
    );
}

#[test]
fn long_values_are_shown_around_their_difference() {
    let same = numbered(50);
    let got = shown(
        bytes(format!("{same}a\n{same}")),
        bytes(format!("{same}b\n{same}")),
        Depth::REPORT,
    );
    assert_eq!(
        got,
        [
            "both   | line 47",
            "both   | line 48",
            "both   | line 49",
            "source | a",
            "target | b",
            "both   | line 0",
            "both   | line 1",
            "both   | line 2"
        ]
    );
    let other = "x\n".repeat(40);
    let got = shown(bytes(same.clone()), bytes(other), Depth::REPORT);
    assert_eq!(
        got[7..10],
        [
            "source | line 7",
            "source | ... 42 more lines",
            "target | x"
        ]
    );
    let got = shown(bytes(same.clone()), bytes("x"), Depth::WHOLE);
    assert_eq!(got.len(), 51, "{got:?}");
    assert_eq!(got[50], "target | x⟨no newline at the end⟩");
}

#[test]
fn a_side_with_nothing_or_little_is_not_forgotten() {
    let long = bytes("a".repeat(3_000_000));
    let got = shown(long.clone(), bytes(""), Depth::REPORT);
    assert!(got.contains(&"target | ⟨empty⟩".to_owned()), "{got:?}");
    let got = shown(bytes(vec![0; 3_000_000]), bytes("hi\n"), Depth::REPORT);
    assert_eq!(got[got.len() - 2], "target | hi", "{got:?}");
}

#[test]
fn left_out_lines_between_two_changes_are_marked() {
    let between = numbered;
    for (count, marked) in [(6, 0), (9, 1)] {
        let text = |end: &str| bytes(format!("{end}\n{}{end}\n", between(count)));
        let got = shown(
            text("a"),
            text("b"),
            Depth {
                run: 20,
                ..Depth::REPORT
            },
        );
        assert!(got.len() > 9, "{got:?}");
        let gaps = got.iter().filter(|line| *line == "both   | ...");
        assert_eq!(gaps.count(), marked, "{got:?}");
    }
}

#[test]
fn of_a_side_that_disagrees_with_itself_some_values_are_shown() {
    let mut field = field(Verdict::UnstableSource, "1\n", "1\n");
    for replay in 2..6 {
        let mut value = crate::report::fixture::value(&format!("{replay}\n"));
        value[0].replays = vec![replay];
        Arc::make_mut(&mut field.values.source).extend(value);
    }
    let got: Vec<_> = lines(&field, Depth::REPORT)
        .iter()
        .map(Line::labelled)
        .collect();
    assert_eq!(
        got,
        [
            "source | in replay 1:",
            "source | 1",
            "source | in replay 2:",
            "source | 2",
            "source | ... 3 more values in other replays",
            "target | 1"
        ]
    );
    let same = "a".repeat(5000);
    let mut values = crate::report::fixture::value(&format!("{same}1\n"));
    values.extend(crate::report::fixture::value(&format!("{same}2\n")));
    field.values.source = values.into();
    let got: Vec<_> = lines(&field, Depth::REPORT)
        .iter()
        .map(Line::labelled)
        .collect();
    assert!(got.iter().any(|line| line.ends_with("aaa2")), "{got:?}");
}

#[test]
fn a_side_that_the_diff_has_no_room_for_is_shown_as_well() {
    let (one, other) = ("a\n".repeat(600), "b\n".repeat(600));
    let got = shown(bytes(one), bytes(other), Depth::REPORT);
    assert_eq!(got[0], "source | a");
    assert!(got.contains(&"target | b".to_owned()), "{got:?}");
}

#[test]
fn binary_is_shown_as_hex_and_the_whole_is_named() {
    let got = shown(bytes(vec![0, 1]), bytes(vec![0, 2]), Depth::REPORT);
    assert_eq!(
        got,
        [
            "source | 00000000  00 01  ..",
            "target | 00000000  00 02  .."
        ]
    );
    let blob = Blob::from_bytes(vec![0; 9000]);
    let name = blob.sha256.clone();
    let got = shown(Shown::Bytes(blob), bytes(vec![0, 2]), Depth::REPORT);
    let last = format!("source | ... the whole has 9000 bytes: blobs/{name}");
    assert_eq!(got.last(), Some(&last));
}

/// One value for each replay of both sides.
fn replayed(source: &[&str], target: &[&str], depth: Depth) -> Vec<String> {
    let mut field = field(Verdict::NewDivergence, "", "");
    let values = |texts: &[&str]| -> Vec<crate::compare::verdict::ObservedValue> {
        let all = texts.iter().zip(1..).map(|(text, replay)| {
            let mut value = crate::report::fixture::value(text);
            value[0].replays = vec![replay];
            value.remove(0)
        });
        all.collect()
    };
    field.values.source = values(source).into();
    field.values.target = values(target).into();
    lines(&field, depth).iter().map(Line::labelled).collect()
}

/// Ten timings that no two replays share, then a line of the side.
fn timed(seed: usize, end: &str) -> String {
    let line = |test: usize| format!("test {test} took {} ms\n", seed * 100 + test);
    let lines: Vec<String> = (1..=10).map(line).collect();
    format!("{}lang {end}\n", lines.concat())
}

#[test]
fn what_differs_in_every_replay_comes_before_what_varies() {
    let (source, target) = (
        [timed(1, "none"), timed(2, "none")],
        [timed(3, "C"), timed(4, "C")],
    );
    let got = replayed(
        &[&source[0], &source[1]],
        &[&target[0], &target[1]],
        Depth::REPORT,
    );
    assert_eq!(
        got,
        [
            "both   | ⟨10 lines that vary from replay to replay⟩",
            "source | lang none",
            "target | lang C",
            "source | ⟨10 lines vary; one in the first replay:⟩ test 1 took 101 ms",
            "source | ⟨in another replay:⟩ test 1 took 201 ms",
            "target | ⟨10 lines vary; one in the first replay:⟩ test 1 took 301 ms",
            "target | ⟨in another replay:⟩ test 1 took 401 ms",
        ]
    );
}

#[test]
fn values_that_differ_before_normalisation_only_are_one_value() {
    let mut field = field(Verdict::NewDivergence, "", "");
    let value = |raw: &str, normalised: &str, replay| {
        let mut value = crate::report::fixture::value(raw);
        value[0].normalised = Some(bytes(normalised.to_owned()));
        value[0].replays = vec![replay];
        value.remove(0)
    };
    let timed = vec![
        value("at 1\n", "at <time>\n", 1),
        value("at 2\n", "at <time>\n", 2),
    ];
    field.values.source = timed.into();
    field.values.target = crate::report::fixture::value("nothing\n").into();
    let got: Vec<_> = lines(&field, Depth::REPORT)
        .iter()
        .map(Line::labelled)
        .collect();
    assert_eq!(got, ["source | at <time>", "target | nothing"]);
}

#[test]
fn a_difference_far_into_a_line_is_shown_with_how_far_in_it_is() {
    let line = |end: &str| format!("{} end-{end}\n", "0".repeat(200));
    let got = shown(bytes(line("none")), bytes(line("C")), Depth::REPORT);
    let zeros = "0".repeat(29);
    assert_eq!(
        got,
        [
            format!("source | ⟨171 characters before⟩{zeros} end-none"),
            format!("target | ⟨171 characters before⟩{zeros} end-C"),
        ]
    );
    // Not the first changed line alone, and beyond what is diffed within a line.
    let long = |end: &str| format!("{end}\n{}{end}\n", "x".repeat(30_000));
    let got = shown(bytes(long("a")), bytes(long("b")), Depth::REPORT);
    let far = got
        .iter()
        .filter(|line| line.contains("⟨29970 characters before⟩"));
    assert_eq!(far.count(), 2, "{got:?}");
}
