//! What a stack does about a quirk, as the documents of the MCP server and the platform tell it: their
//! tables are held to the fixes that there are.

use std::fmt::Write as _;

const MCP: &str = include_str!("../../docs/mcp.md");
const PLATFORM: &str = include_str!("../../docs/platform.md");

/// What the original does, what is better where the quirk is repaired, and the stack that has it; none
/// for a quirk that nobody repairs here.
pub(crate) fn repair(id: &str) -> Option<String> {
    let mut text = String::new();
    for (who, document) in [("the MCP server", MCP), ("the platform", PLATFORM)] {
        for [original, repaired] in rows(document, id) {
            let _infallible = write!(
                text,
                "\nrepaired in {who}\n  the original: {original}\n  repaired:     {repaired}\n"
            );
        }
    }
    if text.is_empty() {
        return None;
    }
    let _infallible = writeln!(text, "  stacks:       lap-337+{id}, unified");
    Some(text)
}

/// The rows of a document's table that tell of a quirk: `| Q63, Q64 | the original | repaired |`.
fn rows<'a>(document: &'a str, id: &'a str) -> impl Iterator<Item = [&'a str; 2]> {
    let rows = document.lines().filter(|line| line.starts_with("| Q"));
    rows.filter_map(move |row| {
        let mut cells = row.split('|').skip(1).map(str::trim);
        let is_about = cells.next()?.split(", ").any(|one| one == id);
        let told = [cells.next()?, cells.next()?];
        is_about.then_some(told)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fix_that_there_is_can_be_explained() {
        let all = cutover_platform::FIXES.iter().chain(&cutover_mcp::FIXES);
        for id in all {
            let text = repair(id).unwrap_or_else(|| panic!("{id} is told nowhere"));
            assert!(
                text.ends_with(&format!("lap-337+{id}, unified\n")),
                "{text}"
            );
        }
        for id in ["Q99", "Q3", "Q", ""] {
            assert_eq!(repair(id), None);
        }
    }

    #[test]
    fn a_quirk_that_both_repair_is_told_of_both() {
        let text = repair("Q10").unwrap();
        assert!(text.contains("in the MCP server") && text.contains("in the platform"));
        let text = repair("Q64").unwrap();
        assert!(text.contains("bytes, before it is read"), "{text}");
    }
}
