//! No input panics the check or the rendering of its problems.

use std::path::Path;

use proptest::prelude::*;

use crate::scenario::check::EXAMPLE;
use crate::scenario::load::parse_one;
use crate::scenario::yaml;

/// Checks a text and renders what is wrong with it.
fn parse(text: &str) {
    if let Err(problems) = parse_one("a/b", Path::new("/nonexistent/b.yaml"), text) {
        let shown = crate::scenario::render(&problems);
        assert!(!problems.is_empty(), "refused without a reason: {text}");
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
}

/// Changes one place of a text: cut, doubled, or another byte.
fn mutated(text: &str, at: usize, with: &str, cut: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len();
    let end = (at + cut).min(bytes.len());
    bytes.splice(at..end, with.bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #[test]
    fn no_bytes_panic_it(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(text) = yaml::decode(&bytes) {
            parse(text);
        }
    }

    #[test]
    fn no_yaml_panics_it(text in "(why|steps|execute|- |: |\\[|\\]|\\{|\\}|, |\n|  |&a|\\*a|<<|'|\"|\\||>|#|%|!|\\?|\\$\\{\\{|\\}\\}|\t|~|1|-1e9|é){0,60}") {
        parse(&text);
    }

    #[test]
    fn no_change_of_a_good_file_panics_it(
        at in any::<usize>(), with in "[ -~\n]{0,6}", cut in 0_usize..12, again in any::<usize>()
    ) {
        let text = mutated(&mutated(EXAMPLE, at, &with, cut), again, &with, cut);
        parse(&text);
    }
}
