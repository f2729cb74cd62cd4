//! `cutover explain Qnn`: a ledger entry in words.

use std::fmt::Write as _;

use crate::app::corpus::{Corpus, Select};
use crate::cli::args::ExplainArgs;
use crate::cli::exit::{OK, Outcome};
use crate::cli::output::print;
use crate::compare::ledger::{
    Entry, EntryKind, Moved, Shape, ShapeSides, SideName, SideShape, ValueShape, default_gate,
};
use crate::report::escape::one_line;

pub(crate) fn run(args: &ExplainArgs) -> Outcome {
    let corpus = Corpus::load(&Select {
        quirks: args.quirks.clone(),
        whole_ledger: true,
        ..Select::default()
    })?;
    let text = match &args.id {
        Some(id) => text(corpus.entry(id)?),
        None => list(&corpus.ledger.entries),
    };
    print(&text)?;
    Ok(OK)
}

fn list(entries: &[Entry]) -> String {
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| format!("{}  {}\n", entry.id, entry.title))
        .collect();
    lines.concat()
}

fn text(entry: &Entry) -> String {
    let kind = match entry.kind {
        EntryKind::Divergence => "divergence",
        EntryKind::Shared => "shared by both sides, survives the cutover",
        EntryKind::Standing => "standing: of every call, looked at once for a run",
    };
    let mut text = format!(
        "{}  {}\n{kind}; cause {}; effect {}; gate {}\n\n{}\n",
        entry.id,
        entry.title,
        entry.cause.name(),
        entry.effect.name(),
        entry
            .gate
            .unwrap_or_else(|| default_gate(entry.effect))
            .name(),
        entry.reason,
    );
    if let Some(fix) = &entry.fix {
        let _infallible = writeln!(text, "\nwould be ended by: {fix}");
    }
    for shape in &entry.shapes {
        text.push_str(&shape_text(shape));
    }
    if let Some(link) = &entry.link {
        let _infallible = write!(text, "\n{link}");
    }
    let _infallible = write!(
        text,
        "\nowner {}, expires {}, {}:{}\n",
        entry.owner, entry.expires, entry.file, entry.line
    );
    text
}

fn shape_text(shape: &Shape) -> String {
    let mut text = format!("\n{}  {}\n", shape.place.text(), shape.field.text);
    if shape.follows {
        text.push_str("  after a step of the case that shows the same entry\n");
    }
    match &shape.sides {
        ShapeSides::Pair { from, to } => {
            let _infallible = writeln!(text, "  from {}\n  to   {}", side(from), side(to));
        }
        ShapeSides::Both {
            sides,
            value: shown,
        } => {
            let names: Vec<String> = sides.iter().map(name).collect();
            let _infallible = writeln!(text, "  {}: {}", names.join(", "), value(shown));
        }
    }
    if !shape.lines.same.is_empty() {
        let _infallible = writeln!(text, "  the same on both: {}", shape.lines.same.join(", "));
    }
    text.push_str(match shape.lines.moved {
        Moved::None => "",
        Moved::Matching => "  these lines may stand elsewhere on the other side\n",
        Moved::Stderr => "  lines of stderr may stand elsewhere on the other side\n",
    });
    text
}

fn side(shape: &SideShape) -> String {
    format!("{}: {}", name(&shape.side), value(&shape.value))
}

fn name(side: &SideName) -> String {
    match &side.stack {
        Some(stack) => format!("{}/{stack}", side.provider),
        None => side.provider.to_string(),
    }
}

fn value(shape: &ValueShape) -> String {
    match shape {
        ValueShape::Any => "anything".to_owned(),
        ValueShape::Inside(pattern) => {
            format!("lines that match {}", one_line(pattern.text()))
        }
        ValueShape::Matches(matcher) => {
            let all: Vec<String> = matcher.operators.iter().map(ToString::to_string).collect();
            one_line(&all.join(" and "))
        }
    }
}
