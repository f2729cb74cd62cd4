//! Differences as they are shown.

use bytes::Bytes;
use cutover_base::blob::Blob;

use crate::compare::diff::{DiffSide, explain};
use crate::compare::verdict::Shown;

fn bytes(text: impl Into<Bytes>) -> Shown {
    Shown::Bytes(Blob::from_bytes(text))
}

fn check(source: &Shown, target: &Shown, wanted: &[&str]) {
    let got: Vec<String> = explain(source, target)
        .lines
        .iter()
        .map(|line| {
            let sign = match line.side {
                DiffSide::Both => ' ',
                DiffSide::Source => '-',
                DiffSide::Target => '+',
            };
            format!("{sign}{}", line.text)
        })
        .collect();
    assert_eq!(got, wanted);
}

#[test]
fn changed_lines_are_shown_with_what_surrounds_them() {
    check(
        &bytes("o1\no2\ne1\n"),
        &bytes("o1\ne1\no2\n"),
        &[" o1", "+e1", " o2", "-e1"],
    );
    check(
        &bytes("a\n"),
        &bytes("a"),
        &["-a", "+a (no newline at the end)"],
    );
    check(&bytes("a \n"), &bytes("a\t\n"), &["-a·", "+a\\t"]);
    check(&Shown::Absent, &Shown::Json(3.into()), &["-(absent)", "+3"]);
}

#[test]
fn what_differs_within_a_line_is_marked() {
    let text = explain(&bytes("exit code 3 here\n"), &bytes("exit code 7 here\n"));
    let line = &text.lines[0];
    let marked: Vec<&str> = line
        .emphasis
        .iter()
        .map(|(a, b)| &line.text[*a..*b])
        .collect();
    assert_eq!(marked, ["3"]);
    let long = |end: &str| bytes(format!("{}{end}\n", "x".repeat(20_000)));
    for line in &explain(&long("a"), &long("b")).lines {
        let (from, _) = line.emphasis[0];
        assert_eq!(line.before + from, 20_000, "how far in it differs");
    }
}

#[test]
fn binary_is_shown_as_hex() {
    check(
        &bytes(&b"\x00\x01ab"[..]),
        &bytes(&b"\x00\x02ab"[..]),
        &[
            "-00000000  00 01 61 62  ..ab",
            "+00000000  00 02 61 62  ..ab",
        ],
    );
}

#[test]
fn a_large_pair_is_shown_around_its_first_difference() {
    let file = |text: String| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &text).unwrap();
        let blob = Blob::from_file(file.path().to_owned(), text.len() as u64, "x".into());
        (file, Shown::Bytes(blob))
    };
    let same = "a line that is the same\n".repeat(200_000);
    let (_one, source) = file(format!("{same}here\n{same}"));
    let (_other, target) = file(format!("{same}there\n{same}"));
    let text = explain(&source, &target);
    assert!(text.truncated);
    let changed: Vec<&str> = text
        .lines
        .iter()
        .filter(|line| line.side != DiffSide::Both)
        .map(|line| line.text.as_str())
        .collect();
    assert_eq!(changed, ["here", "there"]);
}

#[test]
fn what_cannot_be_read_is_said() {
    let gone = Shown::Bytes(Blob::from_file("/nonexistent".into(), 70_000, "x".into()));
    let text = explain(&gone, &bytes("a"));
    assert!(text.lines[0].text.contains("cannot be read"), "{text:?}");
}
