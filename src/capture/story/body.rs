//! The lines of a scenario's steps, and of its top.

use std::fmt::Write as _;

use cutover_base::redact::Redactor;

use super::bind::Bindings;
use super::piece::{CALL_BYTES_MAX, Piece};
use super::step::{comment, step};
use super::tally::{Fate, Tally};
use super::yaml::quoted;
use crate::capture::effect::Reach;
use crate::capture::tool_use::{Answer, ToolUse, weight};

/// Characters of an answer that are shown beside its step.
const SHOWN_CHARS: usize = 100;

/// The lines of a scenario's steps.
#[derive(Default)]
pub(super) struct Body {
    pub(super) text: String,
    makes_sandboxes: bool,
}

impl Body {
    /// A line that people read.
    pub(super) fn comment(&mut self, text: &str, indent: usize) {
        let text: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let _ = writeln!(self.text, "{}# {text}", " ".repeat(indent));
    }

    /// A step's lines.
    pub(super) fn step(&mut self, lines: &str) {
        let own = ["- provision:", "- call_tool:", "- create_session:"];
        self.makes_sandboxes |= own
            .iter()
            .any(|begin| lines.trim_start().starts_with(begin));
        self.text.push_str(lines);
    }

    /// Calls that ran at the same time: one step, or a `parallel`.
    pub(super) fn group(
        &mut self,
        group: &[Piece],
        calls: &[ToolUse],
        bindings: &Bindings,
        redactor: &Redactor,
    ) {
        let replayed = group
            .iter()
            .filter(|it| matches!(it.fate, Fate::Replayed(_)))
            .count();
        for line in group.iter().flat_map(|piece| &piece.before) {
            self.step(&format!("  - {line}\n"));
        }
        let mut indent = 2;
        if replayed > 1 {
            self.comment("these ran at the same time", 2);
            self.step("  - parallel:\n");
            indent = 6;
        }
        for piece in group {
            let call = &calls[piece.call];
            self.comment(&redactor.text(&told(piece, call)), indent);
            for note in &piece.notes {
                self.comment(&redactor.text(note), indent);
            }
            let Ok(form) = &piece.form else {
                continue;
            };
            if !matches!(piece.fate, Fate::Replayed(_)) {
                if call.arguments.as_ref().map_or(0, weight) <= CALL_BYTES_MAX {
                    self.comment(&redactor.text(&comment(form)), indent);
                }
                continue;
            }
            self.step(&step(form, bindings.captures(piece.call), indent));
        }
    }

    /// The top of the file.
    pub(super) fn head(
        &self,
        tally: &Tally,
        (lines, why, tag, is_traffic): (&[String], &str, &str, bool),
    ) -> String {
        let mut head = String::new();
        for line in lines.iter().chain([&tally.told()]).chain(&tally.details()) {
            let line: String = line
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            let _ = writeln!(head, "# {line}");
        }
        let why = quoted(why);
        let _ = write!(head, "why: {why}\ntags: [{tag}]\nsurfaces: [mcp]\n");
        if tally.network > 0 {
            head.push_str("effects: network\nrequires: [network]\n");
        }
        if is_traffic {
            let _ = writeln!(head, "traffic: {{ calls: {} }}", tally.replayed);
        }
        if !self.makes_sandboxes {
            head.push_str("provision: none\n");
        }
        head
    }
}

/// What a reader is told of a call.
fn told(piece: &Piece, call: &ToolUse) -> String {
    let number = piece.call + 1;
    let what = match &piece.fate {
        Fate::Replayed(Reach::Reads) => "reads".to_owned(),
        Fate::Replayed(Reach::Network) => "reads from the network".to_owned(),
        Fate::Replayed(_) => "changes the sandbox".to_owned(),
        Fate::HeldBack(what) => format!("held back, as it changes something outside ({what})"),
        Fate::Lost(why) => format!("cannot be replayed: {why}"),
    };
    let answered = match &call.answer {
        Answer::Missing => "was not answered".to_owned(),
        Answer::NotKept => "its answer was too long to keep".to_owned(),
        Answer::Refused(message) => format!("was refused: {}", shortened(message)),
        Answer::Text { text, .. } => format!("answered {}", shortened(text)),
    };
    format!("call {number}: {what}; {answered}")
}

fn shortened(text: &str) -> String {
    let begin: String = text.chars().take(SHOWN_CHARS).collect();
    let rest = if begin.len() < text.len() { " ..." } else { "" };
    format!("{}{rest}", quoted(&begin))
}
