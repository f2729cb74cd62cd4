//! `cutover explain Qnn`: a ledger entry in words.

use std::fmt::Write as _;

use crate::app::corpus::{Corpus, Select};
use crate::cli::args::ExplainArgs;
use crate::cli::context::print;
use crate::cli::exit::{OK, Outcome};
use crate::compare::ledger::{
    Entry, EntryKind, Shape, ShapeSides, SideName, SideShape, ValueShape, default_gate,
};
use crate::report::escape::one_line;

pub(crate) fn run(args: &ExplainArgs) -> Outcome {
    let corpus = Corpus::load(&Select {
        quirks: args.quirks.clone(),
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
    let _infallible = write!(
        text,
        "\n{}\nowner {}, expires {}, {}:{}\n",
        entry.link, entry.owner, entry.expires, entry.file, entry.line
    );
    text
}

fn shape_text(shape: &Shape) -> String {
    let mut text = format!(
        "\n{}  step {}  {}\n",
        shape.case.text(),
        shape.step,
        shape.field.text
    );
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
        ValueShape::Matches(matcher) => {
            let all: Vec<String> = matcher.operators.iter().map(ToString::to_string).collect();
            one_line(&all.join(" and "))
        }
    }
}
