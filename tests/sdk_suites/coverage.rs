//! The table of an SDK: what proves each of its public operations.

use std::collections::{BTreeMap, BTreeSet};

use cutover::scenario::yaml;
use libtest_mimic::Failed;
use serde::Deserialize;

use crate::sdk::Sdk;

/// Every operation, as `surface` prints it, and what is said of it.
pub(crate) type Table = BTreeMap<String, Row>;

/// One row as it is written; exactly one of the three forms is filled in.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    checks: Vec<String>,
    unsupported: String,
    check: String,
    local: String,
}

/// What is said of an operation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// These checks call it and assert what it gives.
    Checked(Vec<String>),
    /// The stand-in answers 501 by design; the check asserts that by calling it.
    Unsupported { reason: String, check: String },
    /// It never touches the wire.
    Local(String),
}

impl Row {
    fn of(written: Written) -> Option<Self> {
        let filled = (
            !written.checks.is_empty(),
            !written.unsupported.trim().is_empty(),
            !written.check.trim().is_empty(),
            !written.local.trim().is_empty(),
        );
        match filled {
            (true, false, false, false) => Some(Self::Checked(written.checks)),
            (false, true, true, false) => Some(Self::Unsupported {
                reason: written.unsupported,
                check: written.check,
            }),
            (false, false, false, true) => Some(Self::Local(written.local)),
            _ => None,
        }
    }

    /// The checks that it names.
    fn checks(&self) -> &[String] {
        match self {
            Self::Checked(checks) => checks,
            Self::Unsupported { check, .. } => std::slice::from_ref(check),
            Self::Local(_) => &[],
        }
    }
}

/// Reads the table of an SDK.
pub(crate) fn load(sdk: &Sdk) -> Result<Table, Failed> {
    let path = sdk.table();
    let shown = path.display();
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{shown}: {error}"))?;
    parse(&text).map_err(|problem| format!("{shown}: {problem}").into())
}

pub(crate) fn parse(text: &str) -> Result<Table, String> {
    let written: BTreeMap<String, Written> =
        yaml::from_str(text).map_err(|error| error.to_string())?;
    let mut table = Table::new();
    for (operation, row) in written {
        let Some(row) = Row::of(row) else {
            return Err(format!(
                "{operation}: want `checks`, or `unsupported` with `check`, or `local`"
            ));
        };
        table.insert(operation, row);
    }
    Ok(table)
}

/// What the table says against the SDK and its suite; empty when every operation is accounted for.
pub(crate) fn problems(
    table: &Table,
    surface: &BTreeSet<String>,
    checks: &BTreeSet<String>,
) -> Vec<String> {
    let mut problems = Vec::new();
    for operation in surface {
        if !table.contains_key(operation) {
            problems.push(format!("{operation}: a public operation without a row"));
        }
    }
    for (operation, row) in table {
        if !surface.contains(operation) {
            problems.push(format!("{operation}: the SDK has no such operation"));
        }
        for check in row.checks().iter().filter(|&check| !checks.contains(check)) {
            problems.push(format!("{operation}: the suite has no check `{check}`"));
        }
    }
    problems
}
