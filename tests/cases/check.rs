//! An ended invocation against what was expected of it.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::expected::{Case, Invocation, Step};
use super::folder::Ended;
use super::words::holds;

/// What a reader of any report must find.
const REPORTS: [&str; 4] = ["stdout", "summary.md", "report.html", "junit.xml"];
/// As much of the program's output as a failure shows.
const SHOWN_CHARS: usize = 6000;

/// Everything that is not as expected, one text each; empty when all is.
pub(crate) fn wrong(invocation: &Invocation, ended: &Ended) -> Vec<String> {
    let mut wrong = Vec::new();
    if ended.exit != Some(invocation.exit) {
        wrong.push(format!("exit {:?}, not {}", ended.exit, invocation.exit));
    }
    if !invocation.cases.is_empty() || !invocation.report.is_empty() {
        match report(ended) {
            Ok(report) => {
                for (id, case) in &invocation.cases {
                    wrong_case(&report, id, case, &mut wrong);
                }
                for (path, values) in &invocation.report {
                    wrong_values(&report, path, values, &mut wrong);
                }
            }
            Err(why) => wrong.push(why),
        }
    }
    for (place, all) in &invocation.says {
        wrong.extend(missing(place, all, ended));
    }
    for (place, all) in &invocation.never_says {
        wrong.extend(present(place, all, ended));
    }
    if !wrong.is_empty() {
        let shown = format!("{}{}", ended.stdout, ended.stderr);
        let shown: String = shown.chars().take(SHOWN_CHARS).collect();
        wrong.insert(0, format!("cutover {}:", invocation.args.join(" ")));
        wrong.push(format!("it said:\n{shown}"));
    }
    wrong
}

fn report(ended: &Ended) -> Result<Value, String> {
    let (_, text) = ended
        .files
        .iter()
        .find(|(name, _)| name == "report.json")
        .ok_or("no report.json was written")?;
    serde_json::from_str(text).map_err(|error| format!("report.json: {error}"))
}

fn wrong_case(report: &Value, id: &str, case: &Case, wrong: &mut Vec<String>) {
    let Some(told) = named(&report["cases"], id) else {
        return wrong.push(format!("report.json has no case {id}"));
    };
    wrong_verdict(id, told, &case.verdict, &case.reason, wrong);
    for (step, expected) in &case.steps {
        match named(&told["steps"], step) {
            Some(told) => wrong_step(&format!("{id} step {step}"), told, expected, wrong),
            None => wrong.push(format!("{id}: report.json has no step {step}")),
        }
    }
}

fn wrong_step(what: &str, told: &Value, step: &Step, wrong: &mut Vec<String>) {
    wrong_verdict(what, told, &step.verdict, &step.reason, wrong);
    let Some(expected) = &step.quirks else {
        return;
    };
    let fields = told["fields"].as_array().map_or(&[][..], Vec::as_slice);
    let mut quirks: Vec<&str> = fields
        .iter()
        .filter_map(|field| field["quirk"].as_str())
        .collect();
    quirks.sort_unstable();
    quirks.dedup();
    if quirks != *expected {
        wrong.push(format!("{what}: quirks {quirks:?}, not {expected:?}"));
    }
}

fn wrong_verdict(
    what: &str,
    told: &Value,
    verdict: &str,
    reason: &[String],
    wrong: &mut Vec<String>,
) {
    if told["verdict"] != verdict {
        let (is, why) = (&told["verdict"], &told["reason"]);
        wrong.push(format!("{what}: {is} ({why}), not {verdict}"));
    }
    let is = told["reason"].as_str().unwrap_or_default();
    for words in reason {
        if !holds(is, words) {
            wrong.push(format!("{what}: the reason is {is:?}, without {words:?}"));
        }
    }
}

fn wrong_values(report: &Value, path: &str, values: &[Value], wrong: &mut Vec<String>) {
    let parsed = match JsonPath::parse(path) {
        Ok(parsed) => parsed,
        Err(error) => return wrong.push(format!("{path} is no path: {error}")),
    };
    let selected = parsed.query(report).all();
    if selected != values.iter().collect::<Vec<_>>() {
        wrong.push(format!("{path} selects {selected:?}, not {values:?}"));
    }
}

fn missing(place: &str, all: &[String], ended: &Ended) -> Vec<String> {
    each(place, all, ended, |text, words| {
        (!holds(text, words)).then_some("does not say")
    })
}

fn present(place: &str, all: &[String], ended: &Ended) -> Vec<String> {
    each(place, all, ended, |text, words| {
        holds(text, words).then_some("says")
    })
}

/// What `objection` has against the words at the place, or at each place that `reports` means.
fn each(
    place: &str,
    all: &[String],
    ended: &Ended,
    objection: impl Fn(&str, &str) -> Option<&'static str>,
) -> Vec<String> {
    let places = if place == "reports" {
        &REPORTS[..]
    } else {
        &[place][..]
    };
    let mut wrong = Vec::new();
    for place in places {
        match text(place, ended) {
            None => wrong.push(format!("there is no {place}")),
            Some(text) => wrong.extend(all.iter().filter_map(|words| {
                objection(&text, words).map(|what| format!("{place} {what} {words:?}"))
            })),
        }
    }
    wrong
}

fn text(place: &str, ended: &Ended) -> Option<String> {
    match place {
        "stdout" => Some(ended.stdout.clone()),
        "stderr" => Some(ended.stderr.clone()),
        "anywhere" => Some(format!("{}\n{}", ended.stdout, ended.stderr)),
        file => ended
            .files
            .iter()
            .find(|(name, _)| name == file)
            .map(|(_, text)| text.clone()),
    }
}

/// The member of an array with this id.
fn named<'a>(array: &'a Value, id: &str) -> Option<&'a Value> {
    array.as_array()?.iter().find(|one| one["id"] == id)
}
