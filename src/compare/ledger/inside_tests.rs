use cutover_base::blob::Blob;

use crate::compare::ledger::inside::{LinePattern, LineRule, Moved, fits};
use crate::compare::ledger::lines::WIDE_BYTES_MAX;
use crate::compare::verdict::Shown;

const E2B: &str = r"/bin/bash: line (?<n>\d+): (?<what>.*)";
const DAYTONA: &str = r"/usr/bin/bash: line (?<n>\d+): (?<what>.*)";

fn rule(moved: bool) -> LineRule {
    LineRule {
        same: vec!["n".to_owned(), "what".to_owned()],
        moved: if moved { Moved::Matching } else { Moved::None },
    }
}

fn shown(text: &str) -> Shown {
    Shown::Bytes(Blob::from_bytes(text.to_owned()))
}

fn both(moved: bool, a: &str, b: &str) -> bool {
    let first = LinePattern::parse(E2B).unwrap();
    let second = LinePattern::parse(DAYTONA).unwrap();
    let (a, b) = (shown(a), shown(b));
    let patterns = (Some(&first), Some(&second));
    fits(patterns, &rule(moved), ((&a, None), (&b, None)))
}

#[test]
fn lines_that_differ_match_and_all_others_are_equal() {
    for (a, b, fits) in [
        ("/bin/bash: line 1: x\n", "/usr/bin/bash: line 1: x\n", true),
        (
            "a\n/bin/bash: line 1: x\nb\n/bin/bash: line 3: y\n",
            "a\n/usr/bin/bash: line 1: x\nb\n/usr/bin/bash: line 3: y\n",
            true,
        ),
        ("/bin/bash: line 1: x", "/usr/bin/bash: line 1: x", true),
        // What a side lost, gained or says otherwise is still a difference.
        ("/bin/bash: line 1: x\n", "/usr/bin/bash: line 1: x", false),
        (
            "/bin/bash: line 1: x\n",
            "/usr/bin/bash: line 2: x\n",
            false,
        ),
        (
            "/bin/bash: line 1: x\n",
            "/usr/bin/bash: line 1: y\n",
            false,
        ),
        ("/bin/bash: line 1: x\n", "", false),
        ("/bin/bash: line 1: x\n", "\n", false),
        (
            "/bin/bash: line 1: x\nlost\n",
            "/usr/bin/bash: line 1: x\n",
            false,
        ),
        (
            "/bin/bash: line 1: x\na\n",
            "/usr/bin/bash: line 1: x\nb\n",
            false,
        ),
        (
            "/usr/bin/bash: line 1: x\n",
            "/bin/bash: line 1: x\n",
            false,
        ),
        // Only a shape that says so lets lines stand elsewhere.
        (
            "a\n/bin/bash: line 1: x\n",
            "/usr/bin/bash: line 1: x\na\n",
            false,
        ),
    ] {
        assert_eq!(both(false, a, b), fits, "{a:?} {b:?}");
        assert!(!fits || both(true, a, b), "moved: {a:?} {b:?}");
    }
}

#[test]
fn moved_lines_have_partners_and_leave_the_rest_as_it_was() {
    for (a, b, fits) in [
        (
            "a\nb\n/bin/bash: line 1: x\n/bin/bash: line 2: y\n",
            "/usr/bin/bash: line 1: x\na\n/usr/bin/bash: line 2: y\nb\n",
            true,
        ),
        (
            "a\nb\n/bin/bash: line 1: x\n",
            "/usr/bin/bash: line 1: x\nb\na\n",
            false,
        ),
        (
            "a\n/bin/bash: line 1: x\n",
            "/usr/bin/bash: line 1: y\na\n",
            false,
        ),
        (
            "a\n/bin/bash: line 1: x\n/bin/bash: line 1: x\n",
            "/usr/bin/bash: line 1: x\na\n",
            false,
        ),
        ("a\n/bin/bash: line 1: x\n", "a\n", false),
    ] {
        assert_eq!(both(true, a, b), fits, "{a:?} {b:?}");
    }
}

#[test]
fn lines_of_one_side_alone_stand_between_equal_ones() {
    let only = LinePattern::parse("bash: .*").unwrap();
    for (more, less, expected) in [
        ("a\nbash: x\nb\n", "a\nb\n", true),
        ("bash: x\n", "", true),
        ("a\nb\n", "a\nb\n", false),
        ("a\nbash: x\n", "a\nb\n", false),
        ("a\nother\n", "a\n", false),
        ("a\n", "a\nbash: x\n", false),
    ] {
        let (more, less) = (shown(more), shown(less));
        let rule = LineRule::default();
        let (less, more) = ((&less, None), (&more, None));
        let fit = fits((None, Some(&only)), &rule, (less, more));
        assert_eq!(fit, expected, "{less:?} {more:?}");
        let turned = fits((Some(&only), None), &rule, (more, less));
        assert_eq!(turned, expected);
    }
}

#[test]
fn elements_of_a_list_are_lines() {
    let pattern = LinePattern::parse(r#"\{"name":"(?:.*/)?(?<base>[^"/]+)"\}"#).unwrap();
    let list = |names: &[&str]| {
        let items = names.iter().map(|name| serde_json::json!({"name": name}));
        Shown::Json(items.collect())
    };
    let rule = LineRule {
        same: vec!["base".to_owned()],
        moved: Moved::None,
    };
    let patterns = (Some(&pattern), Some(&pattern));
    let a = list(&["x", "d/y"]);
    for (other, wanted) in [
        (&["x", "y"][..], true),
        (&["x", "z"], false),
        (&["x"], false),
    ] {
        let b = list(other);
        let fit = fits(patterns, &rule, ((&a, None), (&b, None)));
        assert_eq!(fit, wanted, "{other:?}");
    }
}

#[test]
fn lines_of_stderr_stand_where_they_were_written_and_no_others_do() {
    let first = LinePattern::parse(&format!("{E2B}|(?<line>[a-z].*)")).unwrap();
    let second = LinePattern::parse(&format!("{DAYTONA}|(?<line>[a-z].*)")).unwrap();
    let rule = LineRule {
        same: ["n", "what", "line"].map(str::to_owned).to_vec(),
        moved: Moved::Stderr,
    };
    for (apart, tail, whole, wanted) in [
        ("a\nb\ne\n", Some(1), "a\ne\nb\n", true),
        ("a\nb\ne\nf\n", Some(2), "e\na\nf\nb\n", true),
        (
            "a\nb\n/bin/bash: line 1: x\ne\n",
            Some(2),
            "/usr/bin/bash: line 1: x\na\ne\nb\n",
            true,
        ),
        // A line that stands in both streams.
        ("a\nx\nx\ne\n", Some(2), "x\na\nx\ne\n", true),
        ("a\nx\nx\ne\n", Some(2), "a\nx\nx\ne\n", true),
        // Lines of one stream never change places, are lost, or added.
        ("a\nb\ne\n", Some(1), "b\na\ne\n", false),
        ("a\nb\ne\n", Some(1), "b\ne\na\n", false),
        ("a\ne\nf\n", Some(2), "f\na\ne\n", false),
        ("a\nb\ne\n", Some(1), "e\na\n", false),
        ("a\ne\n", Some(1), "e\na\na\n", false),
        ("a\nb\n", Some(0), "b\na\n", false),
        ("a\nb\n", None, "b\na\n", false),
    ] {
        let (apart, whole) = (shown(apart), shown(whole));
        let sides = ((&apart, tail), (&whole, None));
        let fit = fits((Some(&first), Some(&second)), &rule, sides);
        assert_eq!(fit, wanted, "{apart:?} {whole:?}");
        let turned = ((&whole, None), (&apart, tail));
        let fit = fits((Some(&second), Some(&first)), &rule, turned);
        assert_eq!(fit, wanted, "turned");
    }
}

#[test]
fn what_is_too_long_is_not_tried() {
    let line = "/bin/bash: line 1: x\n";
    let times = usize::try_from(WIDE_BYTES_MAX).unwrap() / line.len();
    let on_daytona = |text: &str| text.replace("/bin", "/usr/bin");
    let half = line.repeat(times / 2);
    assert!(both(false, &half, &on_daytona(&half)));
    let whole = line.repeat(times);
    let over = on_daytona(&whole);
    assert!(!both(false, &whole, &over), "{} bytes", over.len());
}

#[test]
fn a_pattern_of_lines_is_checked() {
    for (bad, wanted) in [
        ("(", "unclosed group"),
        (".*", "empty line"),
        ("a?", "empty line"),
        ("a)|(b", "regular expression"),
    ] {
        let error = LinePattern::parse(bad).unwrap_err();
        assert!(error.contains(wanted), "{bad}: {error}");
    }
    assert!(LinePattern::parse("(?<x>a)").unwrap().has_group("x"));
}
