//! The shapes of a log's calls, with their shares of the traffic.

use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::capture::import::shape;
use crate::capture::story::Fate;
use crate::capture::tool_use::ToolUse;

/// Shapes that are told apart.
const SHAPES_MAX: usize = 2000;

/// What stands for all shapes behind the last one that is told apart.
const OTHERS: &str = "(others)";

/// How many calls have a shape, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) calls: usize,
    pub(super) replayed: usize,
    pub(super) held: usize,
}

/// Counts by shape.
#[derive(Debug, Default)]
pub(super) struct Shapes(IndexMap<String, Count>);

impl Shapes {
    /// Counts calls that are the same.
    pub(super) fn add(&mut self, call: &ToolUse, fate: &Fate, times: usize) {
        let mut shape = shape(call);
        if self.0.len() >= SHAPES_MAX && !self.0.contains_key(&shape) {
            OTHERS.clone_into(&mut shape);
        }
        let count = self.0.entry(shape).or_default();
        count.calls += times;
        match fate {
            Fate::Replayed(_) => count.replayed += times,
            Fate::HeldBack(_) => count.held += times,
            Fate::Lost(_) => {}
        }
    }

    /// A table, those with the most calls first, of at most so many lines.
    pub(super) fn table(&mut self, lines_max: usize) -> String {
        self.0
            .sort_by(|_, one, _, other| other.calls.cmp(&one.calls));
        let all: usize = self.0.values().map(|count| count.calls).sum();
        let mut table = String::from(
            "| share | calls | replayed | held back | shape |\n|---:|---:|---:|---:|---|\n",
        );
        for (shape, count) in self.0.iter().take(lines_max) {
            let tenths = (count.calls * 1000 + all / 2) / all.max(1);
            let _ = writeln!(
                table,
                "| {}.{} % | {} | {} | {} | `{}` |",
                tenths / 10,
                tenths % 10,
                count.calls,
                count.replayed,
                count.held,
                shape.replace('`', "'").replace('|', "\\|")
            );
        }
        let more = self.0.len().saturating_sub(lines_max);
        if more > 0 {
            let _ = writeln!(table, "\nand {more} more shapes");
        }
        table
    }
}
