//! `repro/D-xxxxxxxx.yaml`: a scenario that shows one new divergence again, cut from the stored
//! text of its own.

use std::path::Path;

use crate::compare::answer::Divergence;
use crate::compare::verdict::{CaseVerdict, StepVerdict, Verdict};
use crate::report::escape::one_line;
use crate::report::input::ReportInput;
use crate::scenario::parse_one;

/// The folder in a run's folder.
pub(crate) const REPRO_DIR: &str = "repro";

/// A file of `repro/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repro {
    /// `D-1a2b3c4d.yaml`.
    pub name: String,
    /// A scenario that `cutover run` loads.
    pub text: String,
}

/// A scenario for each divergence that nothing explains yet. `dir` is the run's folder, beside
/// which the commands in the files name them.
pub(crate) fn of(input: &ReportInput<'_>, dir: &Path) -> Vec<Repro> {
    let mut made: Vec<Repro> = Vec::new();
    let divergences = input.conclusion.divergences.iter();
    for found in divergences.filter(|found| found.verdict != Verdict::KnownDivergence) {
        let name = format!("{}.yaml", found.fingerprint);
        // One fingerprint names the file once, however many replays or points of a matrix show it.
        if made.iter().any(|repro| repro.name == name) {
            continue;
        }
        let text = scenario(input, found, &dir.join(REPRO_DIR).join(&name));
        made.extend(text.map(|text| Repro { name, text }));
    }
    made
}

fn scenario(input: &ReportInput<'_>, found: &Divergence, path: &Path) -> Option<String> {
    let case = input
        .conclusion
        .cases
        .iter()
        .find(|c| c.case == found.case)?;
    let step = case.steps.iter().find(|step| step.id == found.step)?;
    let mut stored = input.scenarios.iter();
    let stored = stored.find(|stored| stored.name == case.scenario)?;
    let head = header(case, step, found, path);
    let whole = format!("{head}{}", stored.text.trim_start_matches('\u{feff}'));
    let Some(short) = up_to(&stored.text, step.line) else {
        return Some(whole);
    };
    let short = format!("{head}{short}");
    // What is left must still be a scenario: a later step may be the only one that uses a capture.
    match parse_one(&found.fingerprint, path, &short) {
        Ok(_) => Some(short),
        Err(_) => Some(whole),
    }
}

fn header(case: &CaseVerdict, step: &StepVerdict, found: &Divergence, path: &Path) -> String {
    let place = match step.line {
        0 => case.file.clone(),
        line => format!("{}:{line}", case.file),
    };
    let comments = [
        format!("{} of {}", found.verdict, case.case),
        format!("step {}, field {}, from {place}", step.id, found.field),
        "The scenario up to this step; show it again with".to_owned(),
        format!("  cutover run {}", path.display()),
    ];
    let lines = comments.map(|text| format!("# {}\n", one_line(&text)));
    format!("# {}\n{}", found.fingerprint, lines.concat())
}

/// The text without the steps behind the one that begins in a line, if that is an entry of a list
/// in block style. Keys behind the list stay.
fn up_to(text: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_entry = |line: &str| {
        let body = line.trim_start_matches(' ');
        body == "-" || body.starts_with("- ")
    };
    let first = line.checked_sub(1)?;
    let begin = (0..=first)
        .rev()
        .find(|at| lines.get(*at).is_some_and(|l| is_entry(l)))?;
    let depth = indent(lines[begin]);
    let is_text = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let behind = |from: usize, ends: &dyn Fn(&str) -> bool| {
        let rest = lines[from..].iter();
        let found = rest.clone().position(|line| is_text(line) && ends(line));
        found.map_or(lines.len(), |at| from + at)
    };
    let next = behind(begin + 1, &|line| indent(line) <= depth);
    let end = behind(begin + 1, &|line| {
        indent(line) < depth || (indent(line) == depth && !is_entry(line))
    });
    let kept = lines[..next].iter().chain(&lines[end..]);
    Some(kept.flat_map(|line| [line, "\n"]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::conclusion;
    use crate::report::fixture::input;
    use crate::transcript::event::StoredScenario;

    const TEXT: &str = "why: Because.\nsteps:\n  - id: first\n    execute: |\n      - not a step\n  \
                        - id: fails\n    execute: 'false'\n    # of the last\n  - id: last\n    \
                        execute: 'true'\ntags: [core]\n";

    #[test]
    fn steps_behind_the_divergence_are_cut_and_keys_are_not() {
        let cut = up_to(TEXT, 6).unwrap();
        assert!(
            cut.contains("- not a step") && cut.contains("id: fails"),
            "{cut}"
        );
        assert!(
            !cut.contains("id: last") && cut.ends_with("tags: [core]\n"),
            "{cut}"
        );
        assert_eq!(up_to(TEXT, 9).unwrap(), TEXT);
        assert!(up_to(TEXT, 0).is_none() && up_to("steps: [a]\n", 1).is_none());
    }

    #[test]
    fn only_what_is_new_is_reproduced_and_it_can_be_loaded() {
        let conclusion = conclusion();
        let case = &conclusion.cases[3];
        let stored = StoredScenario {
            name: case.scenario.clone(),
            file: case.file.clone(),
            sha256: String::new(),
            text: TEXT.to_owned(),
        };
        let scenarios = [stored];
        let mut input = input(&conclusion);
        assert_eq!(of(&input, Path::new("reports/r")), []);
        input.scenarios = &scenarios;
        let made = of(&input, Path::new("reports/r"));
        assert_eq!(made.len(), 1);
        assert_eq!(made[0].name, "D-1a2b3c4d.yaml");
        let text = &made[0].text;
        assert!(
            text.contains("#   cutover run reports/r/repro/D-1a2b3c4d.yaml\n"),
            "{text}"
        );
        assert!(!text.contains("id: last"), "{text}");
        let scenario = parse_one("D-1a2b3c4d", Path::new("D-1a2b3c4d.yaml"), text).unwrap();
        assert_eq!(scenario.name, "D-1a2b3c4d");
    }
}
