//! The tables as a page for people: `crates/standin/COVERAGE.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use libtest_mimic::Failed;

use crate::coverage::{self, Row, Table};
use crate::sdk::{Language, SDKS, Sdk, home};

const PAGE: &str = "crates/standin/COVERAGE.md";

const HEAD: &str = "\
# What the stand-ins do, by the official SDKs

Made from `tests/sdk/*/coverage.yaml` by `tests/sdk_suites`; do not edit. Every public operation of
every SDK is listed, as reflection finds it. *checked*: the named checks of the suite call it through
the unmodified SDK and assert results and exceptions. *501 by design*: the stand-in refuses it by
name, which the check asserts. *local*: it never touches the wire.
";

/// Compares, or writes when `CUTOVER_UPDATE` is `1`.
pub(crate) fn judge() -> Result<(), Failed> {
    let mut page = HEAD.to_owned();
    for sdk in &SDKS {
        section(&mut page, sdk, &coverage::load(sdk)?)?;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var("CUTOVER_UPDATE").is_ok_and(|update| update == "1") {
        fs::write(&path, page)?;
        return Ok(());
    }
    if fs::read_to_string(&path).unwrap_or_default() == page {
        return Ok(());
    }
    Err(format!("{PAGE} is not what the tables render; run with CUTOVER_UPDATE=1").into())
}

fn section(page: &mut String, sdk: &Sdk, table: &Table) -> Result<(), Failed> {
    let (language, registry) = match sdk.language {
        Language::Python => ("Python", "PyPI"),
        Language::Node => ("JavaScript", "npm"),
    };
    let count = |wanted: fn(&Row) -> bool| table.values().filter(|row| wanted(row)).count();
    writeln!(
        page,
        "\n## {language} `{}` {} ({registry})\n\n{} operations: {} checked, {} answered 501 by design, {} local.\n",
        sdk.package,
        version(sdk)?,
        table.len(),
        count(|row| matches!(row, Row::Checked(_))),
        count(|row| matches!(row, Row::Unsupported { .. })),
        count(|row| matches!(row, Row::Local(_))),
    )?;
    writeln!(
        page,
        "| operation | state | checks or reason |\n|---|---|---|"
    )?;
    for (operation, row) in table {
        let (state, why) = match row {
            Row::Checked(checks) => ("checked", code(checks)),
            Row::Unsupported { reason, check } => {
                let check = code(std::slice::from_ref(check));
                ("501 by design", format!("{} ({check})", cell(reason)))
            }
            Row::Local(reason) => ("local", cell(reason)),
        };
        writeln!(page, "| `{operation}` | {state} | {why} |")?;
    }
    Ok(())
}

fn code(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// A text that stays within a cell of the table.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

/// The version that the pins name.
fn version(sdk: &Sdk) -> Result<String, Failed> {
    let missing = || Failed::from(format!("{} is not pinned", sdk.package));
    match sdk.language {
        Language::Python => {
            let pins = fs::read_to_string(home().join("requirements.txt"))?;
            let pin = format!("{}==", sdk.package);
            let line = pins.lines().find_map(|line| line.strip_prefix(&pin));
            Ok(line.ok_or_else(missing)?.trim().to_owned())
        }
        Language::Node => {
            let pins = fs::read_to_string(home().join("package.json"))?;
            let pins: serde_json::Value = serde_json::from_str(&pins)?;
            let version = pins["dependencies"][sdk.package].as_str();
            Ok(version.ok_or_else(missing)?.to_owned())
        }
    }
}
