//! Takes the lines of an output away that carry charts (contract 2.4).

use serde_json::Value;

use crate::daytona::toolbox::charts::chart;

/// What a line that carries something begins with.
const MARKER: &[u8] = b"dtn_artifact_k39fd2:";

/// Bytes of such lines that are kept. A chart holds its picture; the daemon has no bound.
const HELD_BYTES_MAX: usize = 64 << 20;

/// Splits an output into what is shown and what is carried, wherever the reads cut it.
#[derive(Debug, Default)]
pub(in crate::daytona::toolbox) struct Artifacts {
    /// The begin of a line that may turn out to carry something.
    begun: Vec<u8>,
    line: Line,
    /// Whether a line was shown before: line ends are shown before the next shown line, since a
    /// line that is taken away takes the end of the line before it along when it is the last.
    shown_before: bool,
    carried: Vec<u8>,
    held: usize,
    charts: Vec<Value>,
}

/// What is known of the line that is being read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// It may be either.
    #[default]
    Unknown,
    /// It is shown.
    Shown,
    /// It carries something.
    Carrying,
}

impl Artifacts {
    /// Takes the next bytes; what is shown of them is added to `shown`.
    pub(in crate::daytona::toolbox) fn push(&mut self, bytes: &[u8], shown: &mut Vec<u8>) {
        for &byte in bytes {
            if byte == b'\n' {
                self.end_line(shown);
                continue;
            }
            match self.line {
                Line::Shown => shown.push(byte),
                Line::Carrying => self.carry(byte),
                Line::Unknown => {
                    self.begun.push(byte);
                    if self.begun == MARKER {
                        self.begun.clear();
                        self.line = Line::Carrying;
                    } else if !MARKER.starts_with(&self.begun) {
                        self.show_begun(shown);
                    }
                }
            }
        }
    }

    /// Takes the end of the output; the charts that were carried.
    pub(in crate::daytona::toolbox) fn finish(mut self, shown: &mut Vec<u8>) -> Vec<Value> {
        self.end_line(shown);
        self.charts
    }

    fn carry(&mut self, byte: u8) {
        if self.held < HELD_BYTES_MAX {
            self.held += 1;
            self.carried.push(byte);
        }
    }

    fn show_begun(&mut self, shown: &mut Vec<u8>) {
        if self.shown_before {
            shown.push(b'\n');
        }
        self.shown_before = true;
        shown.append(&mut self.begun);
        self.line = Line::Shown;
    }

    fn end_line(&mut self, shown: &mut Vec<u8>) {
        match self.line {
            Line::Unknown => self.show_begun(shown),
            Line::Shown => {}
            Line::Carrying => {
                // What is no chart is taken away as well.
                self.charts.extend(chart::read(&self.carried));
                self.carried = Vec::new();
            }
        }
        self.line = Line::Unknown;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_that_carry_are_taken_away_wherever_the_reads_cut_them() {
        let chart = r#"dtn_artifact_k39fd2:{"type":"chart","value":{"type":"line","title":"T"}}"#;
        let cases = [
            (String::new(), "", 0),
            ("a\nb\n".to_owned(), "a\nb\n", 0),
            (format!("a\n{chart}\nb\n"), "a\nb\n", 1),
            (format!("a\n{chart}"), "a", 1),
            (format!("{chart}\n{chart}\n"), "", 2),
            (format!("x{chart}\n"), &format!("x{chart}\n"), 0),
            ("dtn_artifact_k39fd2:\nb".to_owned(), "b", 0),
            ("dtn_artifact_k39fd2:{\nb".to_owned(), "b", 0),
            ("dtn_art\n".to_owned(), "dtn_art\n", 0),
            ("dtn_art".to_owned(), "dtn_art", 0),
            ("\n\n".to_owned(), "\n\n", 0),
        ];
        for (output, expected, charts) in cases {
            for cut in 1..=output.len().max(1) {
                let mut artifacts = Artifacts::default();
                let mut shown = Vec::new();
                for piece in output.as_bytes().chunks(cut) {
                    artifacts.push(piece, &mut shown);
                }
                let found = artifacts.finish(&mut shown);
                assert_eq!(
                    String::from_utf8(shown).unwrap(),
                    expected,
                    "{output:?} {cut}"
                );
                let one = json!({"type": "line", "title": "T", "elements": null});
                assert_eq!(found, vec![one; charts], "{output:?} {cut}");
            }
        }
    }
}
