//! Who may import whom, held by a test (`design.md` section 11; ARCHITECTURE.md explains why).
//!
//! Every rule is shown to fail on a planted text.

use std::path::Path;
use std::{fs, io};

use rules::{LINES_MAX, Source, UNSAFE_HOME, problems};

#[path = "floors/code.rs"]
mod code;
#[path = "floors/rules.rs"]
mod rules;

fn read_tree(root: &Path, below: &str, sources: &mut Vec<Source>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = format!("{below}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_tree(root, &path, sources)?;
        } else if entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "rs")
        {
            let text = fs::read_to_string(entry.path())?;
            sources.push(Source { path, text });
        }
    }
    Ok(())
}

#[test]
fn the_tree_keeps_its_floors() {
    let mut sources = Vec::new();
    for below in ["src", "crates/base/src", "crates/standin/src"] {
        let before = sources.len();
        read_tree(Path::new(env!("CARGO_MANIFEST_DIR")), below, &mut sources).unwrap();
        assert!(sources.len() > before + 5, "{below} was found");
    }
    let problems = problems(&sources);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn planted(path: &str, text: &str) -> Vec<String> {
    let (path, text) = (path.to_owned(), text.to_owned());
    problems(&[Source { path, text }])
}

/// A path, a text (`LONG` for too many lines), and what must be said of them.
const PLANTED: &[(&str, &str, &str)] = &[
    (
        "src/call/a.rs",
        "use crate::run::x;",
        "`run` of a higher floor",
    ),
    (
        "src/call/a.rs",
        "use crate::{call::x, run::{y, z}};",
        "`run` of a higher",
    ),
    (
        "src/call/a.rs",
        "fn f() { crate::cli::x() }",
        "`cli` of a higher floor",
    ),
    (
        "src/plan/a.rs",
        "use crate::compare::x;",
        "`compare` of its own floor",
    ),
    (
        "src/plan/a.rs",
        "use crate::odd::x;",
        "`odd`, which stands in no floor",
    ),
    ("src/odd/a.rs", "", "room `odd` stands in no floor"),
    (
        "src/driver/a.rs",
        "use cutover_standin::x;",
        "`standin` of a higher floor",
    ),
    (
        "src/run/a.rs",
        "use cutover_standin as standin; use crate::driver::x;",
        "`driver` meets `standin`",
    ),
    (
        "crates/standin/src/a.rs",
        "unsafe { x() }",
        "`unsafe` belongs to one file",
    ),
    (
        "crates/standin/src/a/mod.rs",
        "pub mod a;",
        "opens with `//!`",
    ),
    ("crates/base/src/a.rs", "LONG", "401 lines, over 400"),
    ("src/call/a.rs", "use super::super::run;", "leaves its room"),
    ("src/call/mod.rs", "//!\nuse super::run;", "leaves its room"),
    (
        "src/call/a.rs",
        "mod tests { use super::super::super::run; }",
        "leaves its room",
    ),
    ("src/run/a.rs", "serde_yaml::from_str(x)", "YAML belongs to"),
    (
        "src/scenario/check.rs",
        "use serde_yaml::Value;",
        "YAML belongs to",
    ),
    (
        "src/call/a.rs",
        "unsafe { x() }",
        "`unsafe` belongs to one file",
    ),
    ("src/call/mod.rs", "pub mod a;", "opens with `//!`"),
    ("src/call/mod.rs", "//! Calls.\nfn x() {}", "holds no `fn`"),
    (
        "src/call/mod.rs",
        "//! Calls.\npub struct A;",
        "holds no `struct`",
    ),
    ("src/call/a.rs", "LONG", "401 lines, over 400"),
];

#[test]
fn every_rule_can_fail() {
    let long = "\n".repeat(LINES_MAX + 1);
    for &(path, text, problem) in PLANTED {
        let text = text.replace("LONG", &long);
        let problems = planted(path, &text).join("\n");
        assert!(problems.contains(problem), "{path} {text}: {problems}");
    }
}

#[test]
fn two_files_with_unsafe_fail() {
    let file = |name: &str| Source {
        path: format!("{UNSAFE_HOME}{name}.rs"),
        text: "unsafe { x() }".to_owned(),
    };
    assert_eq!(problems(&[file("a")]), Vec::<String>::new());
    let problems = problems(&[file("a"), file("b")]);
    assert!(problems[0].contains("more than one file"), "{problems:?}");
}

#[test]
fn what_is_right_passes() {
    for (path, text) in [
        ("src/lib.rs", "pub mod cli;"),
        ("src/main.rs", "use cutover::cli;"),
        (
            "src/stage/a.rs",
            "use cutover_standin::engine; use crate::driver;",
        ),
        (
            "crates/standin/src/a.rs",
            "use cutover_base::x; use crate::engine::y;",
        ),
        ("src/scenario/yaml.rs", "use serde_yaml::Value;"),
        ("src/scenario/yaml/read.rs", "use serde_yaml::Value;"),
        ("src/call/mod.rs", "//! Calls.\nmod a;\npub use a::A;"),
        (
            "src/call/mod.rs",
            "//! Calls.\nmod a;\npub static ALL: [&A; 1] = [&a::ONE];",
        ),
        (
            "src/driver/mod.rs",
            "//! D.\npub trait D { fn x(&self) {} }\npub struct A;",
        ),
        ("src/call/a.rs", "mod tests { use super::super::b; }"),
        ("src/call/a.rs", "#![expect(unsafe_code)] use super::b;"),
        // Comments and texts import nothing.
        (
            "src/call/a.rs",
            "/// [`crate::run::x`]\n// crate::run /* */\nstruct A;",
        ),
        (
            "src/call/a.rs",
            "/* /* crate::run */ crate::run */ const A: &str = \"crate::run \\\" crate::cli\";",
        ),
        (
            "src/call/a.rs",
            "const A: &str = r#\"crate::run \" unsafe\"#; const B: char = '\"'; // crate::run",
        ),
        (
            "src/call/a.rs",
            "fn f<'a>(x: &'a str) -> char { '\\'' } // '\" crate::run",
        ),
        ("src/call/a.rs", "mycrate::run::x()"),
    ] {
        assert_eq!(planted(path, text), Vec::<String>::new(), "{path} {text}");
    }
}
