//! `cutover fixes RUN`: which repairs of the platform a run's blockers want, proved by replays.

use std::fmt::Write as _;

use cutover_base::words::{by_count, counted};

use crate::app::fixes::{FixTold, FixesRequest, FixesTold, RemainingTold, SetTold, fixes};
use crate::cli::args::FixesArgs;
use crate::cli::context::Context;
use crate::cli::exit::{DIFFERS, OK, Outcome, Stop, UNJUDGED};
use crate::cli::output::{print, tell};
use crate::compare::answer::DecisionVerdict;
use crate::report::escape::one_line;

pub(crate) async fn run(args: &FixesArgs, context: &Context) -> Outcome {
    let request = FixesRequest {
        run: args.run.clone(),
        quirks: args.quirks.clone(),
        jobs: usize::from(args.jobs),
        memory_bytes_max: args.sandbox_memory.bytes(),
        out: args.out.clone(),
    };
    let told = fixes(&request, &context.environment, &tell).await?;
    if args.json {
        let json = serde_json::to_string_pretty(&told)
            .map_err(|error| Stop::unjudged(format!("the answer as JSON: {error}")))?;
        print(&format!("{json}\n"))?;
    } else {
        print(&text(&told))?;
    }
    Ok(exit(&told))
}

/// All is well where nothing blocks, or nothing does any more with the fixes that were found.
fn exit(told: &FixesTold) -> u8 {
    let verdict = told.set.as_ref().map(|set| set.verdict);
    match (told.remaining.is_empty(), verdict) {
        (false, _) | (true, Some(DecisionVerdict::NoGo)) => DIFFERS,
        (true, Some(DecisionVerdict::Inconclusive)) => UNJUDGED,
        (true, _) => OK,
    }
}

fn text(told: &FixesTold) -> String {
    let FixesTold {
        run, was, places, ..
    } = told;
    let sides = format!("{} -> {}", told.source, told.target);
    if *places == 0 {
        return format!("{run} ({sides}): {}; nothing blocks\n", was.name());
    }
    let verb = by_count(*places, "blocks", "block");
    let places = counted(*places, "place");
    let mut text = format!("{run} ({sides}): {}; {places} {verb}\n", was.name());
    match &told.set {
        None => text.push_str("\nno blocker has a fix, so nothing was replayed\n"),
        Some(set) => {
            text.push_str(&head(set, told.cases.len()));
            set.fixes.iter().for_each(|one| text.push_str(&fix(one)));
            list(&mut text, "not needed", &set.not_needed);
        }
    }
    if !told.remaining.is_empty() {
        text.push_str("\nblockers that no fix removes\n");
        let all = told.remaining.iter();
        all.for_each(|one| text.push_str(&remaining(one)));
    }
    text
}

/// What the smallest set comes to.
fn head(set: &SetTold, cases: usize) -> String {
    let cases = counted(cases, "case");
    let replays = counted(set.replays, "replay");
    let verdict = set.verdict.name();
    let mut text = match &set.fixes[..] {
        [] => format!("\nno fix removes a blocker: {cases}, {replays}\n"),
        fixes => format!(
            "\n{} {} needed, and enough for all that a fix removes: {}\n\
             {cases} replayed with exactly {} {verdict}; without {} {} ({replays})\n",
            counted(fixes.len(), "fix"),
            by_count(fixes.len(), "is", "are"),
            set.stack,
            by_count(fixes.len(), "it:", "these:"),
            by_count(fixes.len(), "it:", "any one of them:"),
            without(fixes),
        ),
    };
    if !set.smallest {
        text.push_str("there were too many sets to try, so that a smaller one may do\n");
    }
    list(&mut text, "open", &set.open);
    text
}

/// What the cases come to where a fix is left out, each word once.
fn without(fixes: &[FixTold]) -> String {
    let mut words: Vec<&str> = fixes.iter().map(|fix| fix.without.name()).collect();
    words.sort_unstable();
    words.dedup();
    words.join(" or ")
}

fn fix(fix: &FixTold) -> String {
    let mut text = format!("\n{}  {}\n", fix.id, one_line(&fix.title));
    if !fix.named {
        text.push_str("  no blocker names it, but without it something blocks\n");
    }
    for place in &fix.removes {
        let _infallible = writeln!(text, "  removes: {}", one_line(place));
    }
    if let Some(change) = &fix.change {
        let _infallible = writeln!(text, "  to change: {}", one_line(change));
    }
    let repair = fix.repair.lines().filter(|line| !line.is_empty());
    for line in repair {
        let _infallible = writeln!(text, "  {line}");
    }
    text
}

fn remaining(one: &RemainingTold) -> String {
    let mut text = format!("  {}\n", one_line(&one.what));
    for place in &one.places {
        let _infallible = writeln!(text, "    at {}", one_line(place));
    }
    let _infallible = writeln!(text, "    {}", one_line(&one.why));
    text
}

fn list(text: &mut String, heading: &str, sentences: &[String]) {
    if sentences.is_empty() {
        return;
    }
    let _infallible = writeln!(text, "\n{heading}");
    for sentence in sentences {
        let _infallible = writeln!(text, "  {}", one_line(sentence));
    }
}
