//! Who may import whom, held by a test (ARCHITECTURE.md explains why).
//!
//! Every rule is shown to fail on a planted text.

use std::path::Path;
use std::{fs, io};

use rules::{LINES_MAX, Source, UNSAFE_HOME, problems};

#[path = "floors/circles.rs"]
mod circles;
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
    for below in [
        "src",
        "crates/base/src",
        "crates/golden/src",
        "crates/js/src",
        "crates/mcp/src",
        "crates/platform/src",
        "crates/sdk/src",
        "crates/standin/src",
        "crates/template/src",
    ] {
        let before = sources.len();
        read_tree(Path::new(env!("CARGO_MANIFEST_DIR")), below, &mut sources).unwrap();
        assert!(sources.len() > before + 5, "{below} was found");
    }
    let problems = problems(&sources);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The crates of this workspace that a manifest depends on.
fn own_crates(manifest: &str) -> Vec<&str> {
    let names = manifest.lines().filter_map(|line| {
        let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
        line.contains('=').then_some(name)
    });
    names.filter(|name| name.starts_with("cutover")).collect()
}

#[test]
fn the_crates_beneath_know_nothing_above_them() {
    assert_eq!(
        own_crates("[dependencies]\ncutover.workspace = true\ncutover-base = { path = \"x\" }\n"),
        ["cutover", "cutover-base"]
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let known: [(&str, &[&str]); 7] = [
        ("base", &[]),
        ("js", &[]),
        ("mcp", &["cutover-base", "cutover-js", "cutover-sdk"]),
        ("platform", &["cutover-base", "cutover-js", "cutover-sdk"]),
        ("sdk", &["cutover-base", "cutover-js"]),
        ("standin", &["cutover-base"]),
        ("template", &["cutover-base"]),
    ];
    for (name, known) in known {
        let manifest = fs::read_to_string(root.join(format!("crates/{name}/Cargo.toml"))).unwrap();
        assert_eq!(own_crates(&manifest), known, "crates/{name}");
    }
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
        "src/app/a.rs",
        "use crate::cli::x;",
        "`cli` of a higher floor",
    ),
    (
        "src/cli/a.rs",
        "use cutover_standin::x; use crate::driver::y;",
        "`driver` meets `standin`",
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

/// Paths below `crates/standin/src/`, and texts.
type Files = &'static [(&'static str, &'static str)];

/// Files, and the circle that must be said of them; `""` for none.
const IMPORTS: &[(Files, &str)] = &[
    (
        &[
            ("a.rs", "use crate::b::x;"),
            ("b/mod.rs", "//!\nmod c;"),
            ("b/c.rs", "use crate::{engine, a::{y, z}};"),
        ],
        "crates/standin/src/: imports run in a circle: `a` -> `b` (crates/standin/src/a.rs), `b` -> \
         `a` (crates/standin/src/b/c.rs)",
    ),
    (
        &[
            ("d/mod.rs", "//!\nmod a;\nmod b;\nmod c;"),
            ("d/a.rs", "fn f() { crate::d::b::x() }"),
            ("d/b.rs", "use super::c::x;"),
            ("d/c.rs", "use super::super::d::a;"),
        ],
        "crates/standin/src/d: imports run in a circle: `a` -> `b`",
    ),
    // A name that the parent passes on is that of the child.
    (
        &[
            ("d/mod.rs", "//!\nmod a;\npub(crate) use a::{A as B, X};"),
            ("d/a.rs", "use crate::d::c;"),
            ("d/c.rs", "use crate::d::B;"),
        ],
        "`a` -> `c` (crates/standin/src/d/a.rs), `c` -> `a` (crates/standin/src/d/c.rs)",
    ),
    (
        &[
            ("d/mod.rs", "//!\nmod e;\npub use crate::a::A;"),
            ("a.rs", "use crate::d::e;"),
            ("d/e.rs", ""),
        ],
        "`a` -> `d` (crates/standin/src/a.rs), `d` -> `a` (crates/standin/src/d/mod.rs)",
    ),
    (
        &[
            // One way, and down and up between a parent and its children.
            ("a.rs", "use crate::b::x; use crate::d::e::y;"),
            ("b.rs", "use crate::d::D;"),
            (
                "d/mod.rs",
                "//!\nmod e;\npub use e::D;\npub trait T { fn x(e: e::D); }",
            ),
            ("d/e.rs", "use crate::d::T; mod tests { use crate::a::x; }"),
            ("d/tests.rs", "use crate::a::x;"),
            (
                "d/f.rs",
                "// use crate::a::x;\nuse super::e::D; pub(in crate::d) struct F;",
            ),
        ],
        "",
    ),
];

#[test]
fn siblings_import_each_other_one_way() {
    for &(files, circle) in IMPORTS {
        let source = |&(path, text): &(&str, &str)| Source {
            path: format!("crates/standin/src/{path}"),
            text: text.to_owned(),
        };
        let files: Vec<Source> = files.iter().map(source).collect();
        let problems = problems(&files).join("\n");
        assert!(problems.contains(circle), "{circle}: {problems}");
        assert_eq!(problems.is_empty(), circle.is_empty(), "{problems}");
    }
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
