//! A mistake in a file, shown the way rustc shows one.

use std::fmt;

use cutover_base::unseen::is_unseen;
use cutover_base::words::counted;

use crate::scenario::node::Position;

/// Characters of a source line that are shown, around the column.
const SHOWN_CHARS_MAX: usize = 120;

/// One mistake and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as shown to the user.
    pub file: String,
    /// Line, from 1; 0 when it is about the whole file.
    pub line: usize,
    /// Column in characters, from 1; 0 when it is about the whole line or file.
    pub column: usize,
    /// The line as it stands in the file; empty when there is none.
    pub source_line: String,
    /// What is wrong: a lower-case fragment, one line.
    pub message: String,
    /// What would be right, if that can be said.
    pub help: Option<String>,
    /// Whether it is no mistake, but worth knowing.
    pub is_note: bool,
}

impl Problem {
    /// A problem of a whole file.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            source_line: String::new(),
            message: message.into(),
            help: None,
            is_note: false,
        }
    }

    /// A problem at a place of a text.
    pub fn at(file: &str, text: &str, at: Position, message: impl Into<String>) -> Self {
        let source_line = match at.line {
            0 => "",
            // A BOM has no width, and columns do not count it.
            1 => text
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches('\u{feff}'),
            line => text.lines().nth(line - 1).unwrap_or_default(),
        };
        Self {
            file: file.to_owned(),
            line: at.line,
            column: at.column,
            source_line: source_line.to_owned(),
            message: message.into(),
            help: None,
            is_note: false,
        }
    }

    /// Something at a place of a text that is no mistake, but worth knowing.
    pub fn note(file: &str, text: &str, at: Position, message: impl Into<String>) -> Self {
        Self {
            is_note: true,
            ..Self::at(file, text, at, message)
        }
    }

    /// Adds what would be right.
    #[must_use]
    pub fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.is_note { "note" } else { "error" };
        writeln!(f, "{word}: {}", harmless(&self.message))?;
        let file = harmless(&self.file);
        if self.line == 0 {
            writeln!(f, "  --> {file}")?;
        } else {
            let number = self.line.to_string();
            let gutter = " ".repeat(number.len());
            writeln!(f, "{gutter} --> {file}:{number}:{}", self.column.max(1))?;
            let (shown, caret) = window(&self.source_line, self.column.max(1) - 1);
            writeln!(f, "{gutter} |")?;
            writeln!(f, "{number} | {shown}")?;
            writeln!(f, "{gutter} | {}^", " ".repeat(caret))?;
        }
        if let Some(help) = &self.help {
            writeln!(f, "  = help: {}", harmless(help))?;
        }
        Ok(())
    }
}

/// Renders problems, one after the other, and how many there are.
pub fn render(problems: &[Problem]) -> String {
    let mut out: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let files: std::collections::BTreeSet<&str> = problems
        .iter()
        .map(|problem| problem.file.as_str())
        .collect();
    out.push(format!(
        "{} in {}\n",
        counted(problems.len(), "problem"),
        counted(files.len(), "file"),
    ));
    out.join("\n")
}

/// The part of a line around a column, and where the column is in it.
fn window(line: &str, column: usize) -> (String, usize) {
    let chars: Vec<char> = line.chars().take(column + SHOWN_CHARS_MAX).collect();
    let from = if column < SHOWN_CHARS_MAX - 20 {
        0
    } else {
        column.saturating_sub(SHOWN_CHARS_MAX / 2).min(chars.len())
    };
    // One character for each, so that the mark below stands where it should.
    let one_wide = |c: &char| match *c {
        '\t' => ' ',
        c if is_unseen(c) => '\u{fffd}',
        c => c,
    };
    let part = &chars[from..chars.len().min(from + SHOWN_CHARS_MAX)];
    (
        part.iter().map(one_wide).collect(),
        (column - from).min(part.len()),
    )
}

/// Text without what could move a terminal.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unseen(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_shown_with_its_line() {
        let at = Position { line: 2, column: 5 };
        let problem = Problem::at("a.yaml", "why: x\n  - exectue: ls\n", at, "unknown key")
            .with_help(Some("did you mean `execute`?".to_owned()));
        assert_eq!(
            problem.to_string(),
            "error: unknown key\n  --> a.yaml:2:5\n  |\n2 |   - exectue: ls\n  |     ^\n  = help: did you mean `execute`?\n"
        );
        assert!(render(&[problem.clone(), problem]).ends_with("2 problems in 1 file\n"));
    }

    #[test]
    fn a_long_or_hostile_line_is_shown_in_part() {
        let text = format!("{}\u{1b}[2J{}", "x".repeat(500), "y".repeat(500));
        let at = Position {
            line: 1,
            column: 501,
        };
        let shown = Problem::at("a\u{1b}b", &text, at, "bad").to_string();
        assert!(!shown.contains('\u{1b}'));
        assert!(
            shown.lines().all(|line| line.chars().count() < 140),
            "{shown}"
        );
        let beyond = Position { line: 9, column: 9 };
        assert!(
            Problem::at("a", "x", beyond, "bad")
                .to_string()
                .contains("a:9:9")
        );
    }
}
