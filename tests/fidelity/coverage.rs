//! Whether every row of the contract's endpoint tables is shown by some exchange.

use std::collections::{BTreeMap, BTreeSet};

use crate::format::{Recording, Table};

/// Everything that is missing, one line each.
pub(crate) fn missing(table: &Table, files: &[(String, Recording)]) -> Vec<String> {
    let mut shown: BTreeMap<&str, BTreeSet<u16>> = BTreeMap::new();
    let mut missing = Vec::new();
    let known: BTreeSet<&str> = table.rows.iter().map(|it| it.name.as_str()).collect();
    if table.source.is_empty() {
        missing.push("rows.yaml does not say its source".to_owned());
    }
    if known.len() != table.rows.len() {
        missing.push("a row stands twice in rows.yaml".to_owned());
    }
    for (file, recording) in files {
        for exchange in &recording.exchanges {
            let Some(row) = exchange.row.as_deref() else {
                continue;
            };
            if !known.contains(row) {
                missing.push(format!("{file}: {row:?} is no row of rows.yaml"));
            }
            // A websocket that is played is one that was accepted.
            let status = exchange.answer.as_ref().and_then(|it| it.status);
            shown.entry(row).or_default().insert(status.unwrap_or(101));
        }
    }
    for row in &table.rows {
        let name = &row.name;
        let statuses = shown.get(name.as_str()).cloned().unwrap_or_default();
        if let Some(reason) = &row.unsupported {
            if reason.is_empty() || !statuses.contains(&501) {
                missing.push(format!(
                    "{name}: unsupported, and no exchange shows its 501"
                ));
            }
            continue;
        }
        // A row that only refuses here still has to be shown refusing.
        let refuses = row.unreachable.keys().any(|status| *status < 400);
        if !statuses.iter().any(|status| refuses || *status < 400) {
            missing.push(format!("{name}: no exchange shows its success"));
        }
        for status in &row.answers {
            let why = row.unreachable.get(status);
            match (statuses.contains(status), why) {
                (false, None) => missing.push(format!("{name}: no exchange shows its {status}")),
                (true, Some(_)) => {
                    missing.push(format!("{name}: {status} is shown, and said unreachable"));
                }
                _ => {}
            }
        }
        for status in row
            .unreachable
            .keys()
            .filter(|it| !row.answers.contains(it))
        {
            missing.push(format!(
                "{name}: {status} is unreachable, and no answer of it"
            ));
        }
    }
    missing
}
