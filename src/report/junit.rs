//! `junit.xml` in the dialect of Jenkins and nextest: a suite per folder of cases, a test case per
//! case.

use std::time::Duration;

use cutover_base::by_side::BySide;
use indexmap::IndexMap;
use quick_junit::{
    FlakyOrRerun, NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite,
};

use crate::compare::answer::Standing;
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::report::escape::{cut, one_line, xml};
use crate::report::evidence::{self, Evidence, Item};
use crate::report::failing;
use crate::report::headline;
use crate::report::input::ReportInput;

/// Characters of the evidence of one case; the rest is in `report.json`.
const DESCRIPTION_CHARS_MAX: usize = 16 * 1024;

/// Characters of a sentence.
const MESSAGE_CHARS_MAX: usize = 1000;

/// Builds the text of `junit.xml`.
///
/// # Errors
/// When the XML cannot be written, which for text in memory does not happen.
pub fn render(input: &ReportInput<'_>) -> Result<String, quick_junit::SerializeError> {
    let mut suites: IndexMap<&str, Vec<&CaseVerdict>> = IndexMap::new();
    for case in &input.conclusion.cases {
        suites.entry(split(case).0).or_default().push(case);
    }
    let found = Evidence::of(input);
    let mut report = Report::new("cutover");
    let run_time = input.run.ended.duration_since(input.run.started);
    report.set_time(Duration::try_from(run_time).unwrap_or_default());
    for (folder, cases) in suites {
        let mut suite = TestSuite::new(one_line(folder));
        suite.set_time(Duration::from_millis(
            cases.iter().map(|case| case.duration_ms).sum(),
        ));
        suite.add_properties(run_properties(input));
        suite.add_test_cases(cases.into_iter().map(|case| test_case(input, &found, case)));
        report.add_test_suite(suite);
    }
    let new = input.conclusion.standing.iter();
    let new = new.filter(|found| found.verdict == Verdict::NewDivergence);
    // A shard lists them and judges nothing.
    let new: Vec<TestCase> = new
        .filter(|found| is_judged(input, found))
        .map(|found| of_nature(input, found))
        .collect();
    if !new.is_empty() {
        let mut suite = TestSuite::new("run");
        suite.add_properties(run_properties(input));
        suite.add_test_cases(new);
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn is_judged(input: &ReportInput<'_>, found: &Standing) -> bool {
    let mut all = input.conclusion.divergences.iter();
    all.any(|divergence| divergence.fingerprint == found.fingerprint)
}

/// A difference of nature that nothing explains fails in a test case of its own: it is in no case.
fn of_nature(input: &ReportInput<'_>, found: &Standing) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(one_line(&found.met()));
    status.set_type(found.verdict.name());
    let name = format!("{} {}", found.verb, found.field);
    let mut test = TestCase::new(one_line(&name), status);
    let BySide { source, target } = &input.run.subjects;
    test.set_classname(format!(
        "{} -> {}",
        headline::side(source),
        headline::side(target)
    ));
    test.add_property(property("fingerprint", &found.fingerprint));
    test
}

fn run_properties(input: &ReportInput<'_>) -> Vec<Property> {
    let run = &input.run;
    let mut list = vec![
        property("answers", &headline::answers(input)),
        property("changes", &headline::changes(input)),
        property("run", &run.id),
        property("version", &run.version),
        property("seed", &run.seed.to_string()),
        property("replays", &run.replays),
    ];
    for (side, subject) in run.subjects.iter() {
        list.push(property(side.name(), &headline::side(subject)));
        for (what, version) in [("api", &subject.api), ("daemon", &subject.daemon)] {
            let named = version
                .as_deref()
                .map(|v| property(&format!("{side}.{what}"), v));
            list.extend(named);
        }
    }
    list
}

fn test_case(input: &ReportInput<'_>, found: &Evidence<'_>, case: &CaseVerdict) -> TestCase {
    let items = found.new_items(case);
    let mut test = TestCase::new(one_line(split(case).1), status(case, &items));
    let BySide { source, target } = &input.run.subjects;
    test.set_classname(format!(
        "{} -> {}",
        headline::side(source),
        headline::side(target)
    ));
    test.set_time(Duration::from_millis(case.duration_ms));
    test.add_property(property("verdict", case.verdict.name()));
    test.add_property(property("case", &case.case));
    test.add_property(property("file", &case.file));
    test.add_property(property("why", &cut(&case.why, MESSAGE_CHARS_MAX)));
    for id in evidence::quirks(case) {
        test.add_property(property("quirk", &input.quirk(id)));
    }
    for item in &items {
        if let Some(fingerprint) = &item.fingerprint {
            test.add_property(property("fingerprint", fingerprint));
        }
    }
    if case.agrees_only_in_failing {
        test.add_property(property("agrees_only_in_failing", "true"));
    }
    let failing = case.steps.iter().filter(|step| step.agrees_only_in_failing);
    test.add_properties(
        failing.map(|step| property("agrees_only_in_failing", &failing::of_step(step))),
    );
    let ending = match case.ending {
        crate::transcript::Ending::Clean => return test,
        crate::transcript::Ending::Unverified => "unverified",
        crate::transcript::Ending::Leaked => "leaked",
    };
    test.add_property(property("ending", ending));
    test
}

/// A case's folder with its surface, and its name within: the scenario's and the matrix point,
/// which may have slashes of its own.
fn split(case: &CaseVerdict) -> (&str, &str) {
    let folder = case.scenario.rfind('/').unwrap_or(0);
    let at = case.surface.name().len() + 1 + folder;
    let split = case.case.split_at_checked(at);
    split.map_or(("", &case.case), |(folder, name)| {
        (folder, name.trim_start_matches('/'))
    })
}

fn status(case: &CaseVerdict, items: &[Item]) -> TestCaseStatus {
    let message = one_line(&cut(&case.reason, MESSAGE_CHARS_MAX));
    let kind = match case.verdict {
        Verdict::Identical | Verdict::Equivalent | Verdict::KnownDivergence => {
            return TestCaseStatus::success();
        }
        Verdict::Noise => {
            // Both sides vary alike: nothing failed, but it did not always come out the same.
            let mut flaky = TestRerun::new(NonSuccessKind::Failure);
            flaky.set_type(case.verdict.name());
            flaky.set_message(message);
            flaky.set_description(description(items));
            let mut status = TestCaseStatus::success();
            status.add_rerun(flaky);
            status.set_rerun_kind(FlakyOrRerun::Flaky);
            return status;
        }
        Verdict::Unsupported | Verdict::NotReached | Verdict::NotRecorded | Verdict::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_type(case.verdict.name());
            status.set_message(format!("{}: {message}", case.verdict.name()));
            if !items.is_empty() {
                status.set_description(description(items));
            }
            return status;
        }
        Verdict::ProviderError | Verdict::HarnessError => NonSuccessKind::Error,
        Verdict::NewDivergence
        | Verdict::ExpectationFailed
        | Verdict::UnstableSource
        | Verdict::UnstableTarget => NonSuccessKind::Failure,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(case.verdict.name());
    status.set_message(message);
    status.set_description(description(items));
    status
}

/// The evidence as plain text: XML-safe, invisibles shown.
fn description(items: &[Item]) -> String {
    let mut lines = Vec::new();
    for item in items {
        let mut head = vec![item.verdict.name().to_owned()];
        head.extend(item.fingerprint.clone());
        head.push(one_line(&item.step));
        head.extend(item.what.as_deref().map(one_line));
        lines.push(head.join("  "));
        lines.push(format!("  --> {}", one_line(&item.place)));
        if let Some(about) = &item.about {
            let why = about.why.iter();
            lines.extend(
                why.map(|why| format!("  why    : {}", one_line(&cut(why, MESSAGE_CHARS_MAX)))),
            );
            lines.extend(about.labelled().map(|line| format!("  {line}")));
            let causes = about.causes.iter();
            lines.extend(
                causes.map(|cause| format!("  = {}", one_line(&cut(cause, MESSAGE_CHARS_MAX)))),
            );
        }
        let shown = item.lines.iter();
        lines.extend(shown.map(|line| format!("  {}", line.labelled())));
        lines.extend(
            item.notes
                .iter()
                .map(|note| format!("  = {}", one_line(note))),
        );
    }
    xml(&cut(&lines.join("\n"), DESCRIPTION_CHARS_MAX))
}

fn property(name: &str, value: &str) -> Property {
    Property::new(name, one_line(value))
}
