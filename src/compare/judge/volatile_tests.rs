//! What is new in every replay, judged.

use super::tests::outputs;
use crate::compare::verdict::{FieldVerdict, Verdict};

#[test]
fn a_difference_beside_what_always_changes_keeps_its_fingerprint() {
    let of = |times: [&str; 3]| {
        let text = |word: &str| times.map(|time| format!("{word} {time}ms"));
        let (source, target) = (text("C"), text("none"));
        let case = outputs(
            &source.each_ref().map(String::as_str),
            &target.each_ref().map(String::as_str),
        );
        let field = |field: &&FieldVerdict| &*field.path == "$.output";
        case.steps[0].fields.iter().find(field).cloned().unwrap()
    };
    let (one, other) = (of(["1", "2", "3"]), of(["7", "8", "9"]));
    assert_eq!(one.rules, ["volatile/duration"]);
    assert_eq!(one.verdict, Some(Verdict::NewDivergence));
    assert_eq!(one.fingerprint, other.fingerprint);
}

#[test]
fn noise_says_what_to_write() {
    let case = outputs(&["a", "b"], &["c", "d"]);
    let line = "`compare: { output: { ignore: varies by itself } }`";
    assert!(
        case.reason.contains("is new in every replay"),
        "{}",
        case.reason
    );
    assert!(case.reason.contains(line), "{}", case.reason);
}
