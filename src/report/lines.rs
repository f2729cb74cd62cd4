//! Lines of evidence, and how many of them there are.

use cutover_base::words::counted;

use crate::compare::diff::DiffSide;

/// How much is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Depth {
    /// Lines in all.
    pub lines: usize,
    /// Lines on end of one side.
    pub run: usize,
    /// Distinct values of a side that disagrees with itself.
    pub values: usize,
    /// Characters of a line.
    pub chars: usize,
    /// Whether the folder's `blobs/` are there for the reader.
    pub blobs: bool,
}

impl Depth {
    /// In a report of many cases.
    pub(crate) const REPORT: Self = Self {
        lines: 24,
        run: 8,
        values: 2,
        chars: 160,
        blobs: true,
    };

    /// Of one command that was tried and whose run is not kept.
    pub(crate) const TRIED: Self = Self {
        lines: 40,
        run: 12,
        values: 2,
        chars: 160,
        blobs: false,
    };

    /// Of one divergence that was asked for.
    pub(crate) const WHOLE: Self = Self {
        lines: usize::MAX,
        run: usize::MAX,
        values: usize::MAX,
        chars: 2000,
        blobs: true,
    };
}

/// The beginning of a visible line, and how much of it is left out.
pub(crate) fn cut_line(line: &str, max: usize) -> String {
    let count = line.chars().count();
    if count <= max {
        return line.to_owned();
    }
    let head: String = line.chars().take(max).collect();
    format!("{head}⟨{}⟩", counted(count - max, "more character"))
}

/// One line of evidence: visible, and safe wherever [`crate::report::escape::visible`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Who has it.
    pub who: DiffSide,
    /// Its text.
    pub text: String,
    /// The parts that differ from the line across, as byte ranges.
    pub emphasis: Vec<(usize, usize)>,
}

impl Line {
    pub(crate) fn new(who: DiffSide, text: impl Into<String>) -> Self {
        Self {
            who,
            text: text.into(),
            emphasis: Vec::new(),
        }
    }

    /// A sentence of ours among the lines.
    pub(crate) fn note(who: DiffSide, sentence: &str) -> Self {
        Self::new(who, format!("... {sentence}"))
    }

    /// The line behind a word of ours.
    pub(crate) fn labelled_by(mut self, label: &str) -> Self {
        self.text.insert_str(0, label);
        for (from, to) in &mut self.emphasis {
            *from += label.len();
            *to += label.len();
        }
        self
    }

    /// Who has it, in a word.
    pub(crate) const fn label(&self) -> &'static str {
        match self.who {
            DiffSide::Both => "both",
            DiffSide::Source => "source",
            DiffSide::Target => "target",
        }
    }

    /// The line with its label, without colours.
    pub(crate) fn labelled(&self) -> String {
        format!("{:<6} | {}", self.label(), self.text)
    }
}
