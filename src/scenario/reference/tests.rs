//! The committed page is current, whole, and shows only what is accepted.

use std::path::Path;

use crate::scenario::load::parse_one;

use crate::scenario::reference::reference;
use crate::scenario::verbs;

#[test]
fn the_committed_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenarios.md");
    if std::env::var_os("CUTOVER_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, reference()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == reference(),
        "{} is stale: run this test with CUTOVER_UPDATE=1",
        path.display()
    );
}

/// The YAML blocks of the page.
fn blocks(page: &str) -> Vec<&str> {
    let parts = page.split("```yaml\n").skip(1);
    parts
        .map(|part| part.split("```").next().unwrap())
        .collect()
}

#[test]
fn what_the_page_shows_is_accepted() {
    let page = reference();
    let blocks = blocks(&page);
    let (file, keys) = (blocks[0], blocks[1].replace('\n', "\n    "));
    let step = format!("why: x\nsteps:\n  - execute: ls\n    {keys}\n");
    for text in [file, &step] {
        let checked = parse_one("a/b", Path::new("b.yaml"), text);
        assert!(checked.is_ok(), "{text}\n{checked:?}");
    }
}

#[test]
fn the_page_tells_of_every_verb() {
    let page = reference();
    for verb in verbs::ALL {
        assert!(page.contains(&format!("\n### `{}`\n", verb.name)), "{verb}");
    }
    assert!(!page.contains("|  |\n"), "a key has no meaning:\n{page}");
}

#[test]
fn no_code_stands_in_code() {
    let page = reference();
    let schema = crate::scenario::schema::schema().to_string();
    let rows = page.lines().filter(|line| line.starts_with('|'));
    for text in rows.chain([schema.as_str()]) {
        let at = text
            .find("``")
            .map(|at| &text[at.saturating_sub(40)..at + 2]);
        assert_eq!(at, None);
    }
}
