//! Pieces of Markdown.

use std::fmt::Write as _;

use crate::scenario::verbs::{Compared, Field};

/// A table of fields, and how each is compared.
pub(super) fn fields(page: &mut String, fields: &[Field]) {
    page.push_str("| field | meaning | compared |\n|---|---|---|\n");
    for field in fields {
        let compared = match &field.compared {
            Compared::No(why) => format!("no: {why}"),
            Compared::By(path, kind) | Compared::WhereGiven(path, kind) => {
                let kind = format!("{kind:?}").to_lowercase();
                let whole = *path == format!("$.{}", field.name);
                if whole {
                    kind
                } else {
                    format!("{} {kind}", code(path))
                }
            }
        };
        row(page, &[&code(field.name), field.what, &compared]);
    }
}

/// Text as code.
pub(super) fn code(text: &str) -> String {
    format!("`{text}`")
}

/// A row of a table. A `|` in a cell would end it.
pub(super) fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}
