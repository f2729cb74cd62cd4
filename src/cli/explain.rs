//! `cutover explain Qnn`: a ledger entry in words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::app::corpus::{Corpus, Select};
use crate::app::error::AppError;
use crate::app::repairs::repair;
use crate::cli::args::ExplainArgs;
use crate::cli::context::Context;
use crate::cli::exit::{OK, Outcome};
use crate::cli::output::print;
use crate::compare::ledger::{
    Entry, EntryKind, Moved, NotReproduced, Shape, ShapeSides, SideName, SideShape, ValueShape,
    default_gate,
};
use crate::report::escape::one_line;

pub(crate) fn run(args: &ExplainArgs, context: &Context) -> Outcome {
    let select = Select {
        quirks: args.quirks.clone(),
        whole_ledger: true,
        ..Select::default()
    };
    let corpus = Corpus::load(&select, &context.environment.settings)?;
    let text = match &args.id {
        Some(id) => explained(&corpus, id)?,
        None => list(&corpus),
    };
    print(&text)?;
    Ok(OK)
}

/// The entry, or why there is none, and what a stack does about it. A quirk may have the last alone.
fn explained(corpus: &Corpus, id: &str) -> Result<String, AppError> {
    let is = |known: &str| known.eq_ignore_ascii_case(id);
    let repair = repair(&id.to_ascii_uppercase());
    let unknown = match corpus.entry(id) {
        Ok(entry) => return Ok(text(entry, repair.as_deref())),
        Err(unknown) => unknown,
    };
    let mut said = String::new();
    if let Some(one) = corpus.not_reproduced.iter().find(|one| is(&one.id)) {
        said = unshown(one);
    }
    for (quirk, names) in parity(corpus).iter().filter(|(quirk, _)| is(quirk)) {
        said = format!("{quirk}  not in the ledger\n{}\n", alike(names));
    }
    if let Some(repair) = repair {
        if said.is_empty() {
            said = format!("{id}  not in the ledger\n");
        }
        said.push_str(&repair);
    }
    if said.is_empty() {
        return Err(unknown);
    }
    Ok(said)
}

fn unshown(one: &NotReproduced) -> String {
    format!(
        "{}  {}\nnot reproduced: no run shows it\n\n{}\n\nlooked at instead: {}\n\n{}:{}\n",
        one.id, one.title, one.reason, one.checked_by, one.file, one.line
    )
}

/// Quirks in which scenarios check both sides to be alike, with the scenarios' names.
fn parity(corpus: &Corpus) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for scenario in &corpus.scenarios {
        for (id, _) in &scenario.parity {
            found.entry(id).or_default().push(&scenario.name);
        }
    }
    found
}

fn alike(scenarios: &[&str]) -> String {
    format!(
        "parity: both sides are checked to be alike by {}",
        scenarios.join(", ")
    )
}

fn list(corpus: &Corpus) -> String {
    let entries = corpus.ledger.entries.iter();
    let entries = entries.map(|entry| format!("{}  {}\n", entry.id, entry.title));
    let parity = parity(corpus);
    let parity = parity
        .iter()
        .map(|(id, names)| format!("{id}  {}\n", alike(names)));
    let unshown = corpus.not_reproduced.iter();
    let unshown = unshown.map(|one| format!("{}  {} (not reproduced)\n", one.id, one.title));
    entries.chain(parity).chain(unshown).collect()
}

fn text(entry: &Entry, repair: Option<&str>) -> String {
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
    text.push_str(repair.unwrap_or_default());
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
