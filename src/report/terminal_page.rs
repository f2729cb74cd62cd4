//! The terminal's page: lines, colours, lists, tables and expanded evidence.

use anstyle::{AnsiColor, Style};

use crate::compare::verdict::Verdict;
use crate::report::about::About;
use crate::report::escape::{cut, one_line};
use crate::report::evidence::Item;
use crate::report::lines::Line;
use crate::report::painted::{Painted, paint};

/// Columns that prose and the lines of cases keep to.
pub(crate) const COLUMNS: usize = 100;

/// Characters of a sentence of ours or a provider's.
const SENTENCE_CHARS_MAX: usize = 1000;

/// A text under construction.
pub(crate) struct Page {
    out: String,
    color: bool,
}

impl Page {
    pub(crate) fn new(color: bool) -> Self {
        Self {
            out: String::new(),
            color,
        }
    }

    /// What was written, harmless.
    pub(crate) fn finish(self) -> Painted {
        Painted::new(&self.out, self.color)
    }

    /// Whether nothing was written.
    pub(crate) const fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// A line in one style.
    pub(crate) fn line(&mut self, style: Style, text: &str) {
        let painted = self.paint(style, text);
        self.plain(&painted);
    }

    /// A line without a style.
    pub(crate) fn plain(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() {
            paint(style, text)
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn item(&mut self, case: &str, item: &Item) {
        let verdict = self.paint(verdict_style(item.verdict).bold(), item.verdict.name());
        let mut head = vec![verdict];
        head.extend(item.fingerprint.clone());
        head.push(one_line(case));
        head.push(one_line(&item.step));
        head.extend(item.what.as_deref().map(one_line));
        self.plain(&head.join("  "));
        self.plain(&format!("  --> {}", one_line(&item.place)));
        if let Some(about) = &item.about {
            self.about(about);
        }
        self.lines(&item.lines);
        for note in &item.notes {
            self.plain(&format!("  = {}", sentence(note)));
        }
    }

    /// What must be known of a step.
    pub(crate) fn about(&mut self, about: &About) {
        if let Some(why) = &about.why {
            self.plain(&format!("  why    : {}", sentence(why)));
        }
        for (label, text) in &about.lines {
            let label = self.paint(side_style(label), &format!("  {label:<6} :"));
            self.plain(&format!("{label} {text}"));
        }
        for cause in &about.causes {
            self.plain(&format!("  = {}", sentence(cause)));
        }
    }

    /// What the sides showed, each line under the name of who has it.
    pub(crate) fn lines(&mut self, lines: &[Line]) {
        for line in lines {
            let style = side_style(line.label());
            let label = self.paint(style, &format!("  {:<6} |", line.label()));
            let mut text = String::new();
            let mut at = 0;
            for (from, to) in &line.emphasis {
                text.push_str(&line.text[at..*from]);
                text.push_str(&self.paint(style.invert(), &line.text[*from..*to]));
                at = *to;
            }
            text.push_str(&line.text[at..]);
            self.plain(&format!("{label} {text}"));
        }
    }

    pub(crate) fn heading(&mut self, text: &str) {
        self.plain("");
        self.line(Style::new().bold(), text);
    }

    pub(crate) fn list(&mut self, heading: &str, sentences: &[String]) {
        if sentences.is_empty() {
            return;
        }
        self.heading(heading);
        for text in sentences {
            for (number, line) in wrapped(&sentence(text), COLUMNS - 4).iter().enumerate() {
                let indent = if number == 0 { "  " } else { "    " };
                self.plain(&format!("{indent}{line}"));
            }
        }
    }

    pub(crate) fn table(&mut self, heading: &str, rows: &[Vec<String>]) {
        if rows.len() < 2 {
            return;
        }
        self.heading(heading);
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        for row in rows {
            let cells: Vec<_> = row
                .iter()
                .zip(&widths)
                .enumerate()
                // Names stand to the left, numbers to the right.
                .map(|(column, (cell, width))| match column {
                    0 => format!("{cell:<width$}"),
                    _ => format!("{cell:>width$}"),
                })
                .collect();
            self.plain(&format!("  {}", cells.join("  ")));
        }
    }
}

/// The style of a line's label.
fn side_style(label: &str) -> Style {
    match label {
        "source" => AnsiColor::Cyan.on_default(),
        "target" => AnsiColor::Magenta.on_default(),
        _ => Style::new().dimmed(),
    }
}

/// A text in lines of at most `max` characters, broken at spaces; a longer word has its own line.
pub(crate) fn wrapped(text: &str, max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        match lines.last_mut() {
            Some(line) if used + 1 + width <= max => {
                line.push(' ');
                line.push_str(word);
                used += 1 + width;
            }
            _ => {
                lines.push(word.to_owned());
                used = width;
            }
        }
    }
    lines
}

/// A sentence of any origin, on one line and cut.
pub(crate) fn sentence(text: &str) -> String {
    one_line(&cut(text, SENTENCE_CHARS_MAX))
}

/// The colour of a verdict.
pub(crate) fn verdict_style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Identical | Verdict::Equivalent => AnsiColor::Green.on_default(),
        Verdict::KnownDivergence | Verdict::Noise => AnsiColor::Yellow.on_default(),
        Verdict::Unsupported | Verdict::NotReached | Verdict::NotRecorded | Verdict::Skipped => {
            Style::new().dimmed()
        }
        Verdict::UnstableSource
        | Verdict::UnstableTarget
        | Verdict::NewDivergence
        | Verdict::ExpectationFailed
        | Verdict::ProviderError
        | Verdict::HarnessError => AnsiColor::Red.on_default(),
    }
}
