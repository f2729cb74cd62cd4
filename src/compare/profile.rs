//! `cutover.profile/1`: what GO means, written down before the night and frozen.

use cutover_base::side::Side;

use crate::compare::ledger::CasePattern;
use crate::scenario::Problem;
use crate::scenario::node::{Kind, Node, Position};
use crate::scenario::reader::Reader;
use crate::scenario::verbs;

/// The format line of a profile.
pub const PROFILE_FORMAT: &str = "cutover.profile/1";

/// What a decision needs beside good verdicts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// Why these are the terms.
    pub why: String,
    /// Cases that must be judged, whatever their scenarios require.
    pub required: Vec<CasePattern>,
    /// Cases that need not be, though `required` names them: written `!pattern` among those.
    pub excluded: Vec<CasePattern>,
    /// Lanes that each side may have, as in `when: {lane: [...]}`; empty allows every lane.
    pub lanes: Vec<(Side, Vec<String>)>,
    /// Least replays of every judged case on each side.
    pub replays_min: u32,
    /// Runs in a row that must come to the same.
    pub runs: usize,
    /// Hours that a run, or the recording it rests on, may be old when the decision is asked for.
    pub age_max_hours: Option<u64>,
    /// Longest 95th percentile of a verb on a side.
    pub latency: Vec<LatencyBudget>,
    /// Least share of a verb's calls whose first attempt was answered.
    pub availability: Vec<AvailabilityBudget>,
    /// Whether no field may agree only without parts that are new in every replay: `volatile: refuse`.
    pub volatile_refused: bool,
}

/// A bound on the time of a verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatencyBudget {
    /// The side.
    pub side: Side,
    /// The verb's name.
    pub verb: String,
    /// Milliseconds that 95 of 100 calls may take at most.
    pub p95_ms: u64,
}

/// A bound on the failures of a verb.
#[derive(Debug, Clone, PartialEq)]
pub struct AvailabilityBudget {
    /// The side.
    pub side: Side,
    /// The verb's name.
    pub verb: String,
    /// Calls of 100 whose first attempt must have been answered.
    pub min_percent: f64,
}

impl Profile {
    /// Whether the profile names the case.
    pub fn requires(&self, case: &str) -> bool {
        let names = |patterns: &[CasePattern]| patterns.iter().any(|one| one.matches(case));
        names(&self.required) && !names(&self.excluded)
    }

    /// Whether the profile requires a case by its whole id.
    pub fn has_id(&self, case: &str) -> bool {
        self.required.iter().any(|one| one.text() == case)
    }

    /// Patterns that name none of `cases`, as they are written.
    pub fn lost(&self, cases: &[&str]) -> Vec<String> {
        let lost = |pattern: &&CasePattern| !cases.iter().any(|case| pattern.matches(case));
        let required = self.required.iter().filter(lost);
        let required = required.map(|pattern| pattern.text().to_owned());
        let excluded = self.excluded.iter().filter(lost);
        required
            .chain(excluded.map(|pattern| format!("!{}", pattern.text())))
            .collect()
    }
}

const KEYS: [&str; 10] = [
    "format",
    "why",
    "required",
    "lanes",
    "replays_min",
    "runs",
    "age_max_hours",
    "latency",
    "availability",
    "volatile",
];
const SIDES: [(&str, Side); 2] = [("source", Side::Source), ("target", Side::Target)];
const LANES: [(&str, &str); 3] = [
    ("live", "live"),
    ("recording", "recording"),
    ("standin", "standin"),
];

/// Reads a profile.
///
/// # Errors
/// Every problem, each with its place.
pub fn read_profile(file: &str, text: &str) -> Result<Profile, Vec<Problem>> {
    let mut reader = Reader::new(file, text);
    let profile = match Node::parse(text) {
        Ok(root) => read_root(&mut reader, &root),
        Err(error) => {
            let at = Position {
                line: error.line,
                column: error.column,
            };
            reader.problem(at, error.message);
            None
        }
    };
    match profile {
        Some(profile) if reader.problems.is_empty() => Ok(profile),
        _ => Err(reader.problems),
    }
}

fn read_root(reader: &mut Reader<'_>, root: &Node) -> Option<Profile> {
    reader.map(root, "a profile", &KEYS)?;
    if let Some(format) = reader.required(root, "a profile", "format")
        && format.as_text() != Some(PROFILE_FORMAT)
    {
        reader.problem(format.at, format!("`format` must be `{PROFILE_FORMAT}`"));
        return None;
    }
    let why = reader.text(root, "a profile", "why").unwrap_or_default();
    let number = |reader: &mut Reader<'_>, key: &str| {
        let value = root.get(key)?;
        reader.number(value, key, 1)
    };
    let replays = number(reader, "replays_min").unwrap_or(1);
    let runs = number(reader, "runs").unwrap_or(1);
    let (required, excluded) = read_required(reader, root);
    let volatile_refused = read_volatile(reader, root);
    Some(Profile {
        why,
        volatile_refused,
        required,
        excluded,
        lanes: read_lanes(reader, root),
        replays_min: u32::try_from(replays).unwrap_or(u32::MAX),
        runs: usize::try_from(runs).unwrap_or(usize::MAX),
        age_max_hours: number(reader, "age_max_hours"),
        latency: read_budgets(reader, root, "latency", "p95_ms")
            .into_iter()
            .filter_map(|(side, verb, bound)| {
                let p95_ms = reader.number(bound, "p95_ms", 1)?;
                Some(LatencyBudget { side, verb, p95_ms })
            })
            .collect(),
        availability: read_budgets(reader, root, "availability", "min_percent")
            .into_iter()
            .filter_map(|(side, verb, bound)| {
                let min_percent = reader.amount(bound, "min_percent", 0.0..=100.0)?;
                Some(AvailabilityBudget {
                    side,
                    verb,
                    min_percent,
                })
            })
            .collect(),
    })
}

/// Whether volatile fields are refused.
fn read_volatile(reader: &mut Reader<'_>, root: &Node) -> bool {
    let Some(value) = root.get("volatile") else {
        return false;
    };
    match value.as_text() {
        Some("refuse") => true,
        Some("allow") => false,
        _ => {
            reader.problem(value.at, "`volatile` is `allow` or `refuse`");
            false
        }
    }
}

/// The patterns, and those behind a `!`.
fn read_required(reader: &mut Reader<'_>, root: &Node) -> (Vec<CasePattern>, Vec<CasePattern>) {
    let (mut required, mut excluded) = (Vec::new(), Vec::new());
    let Some(value) = root.get("required") else {
        return (required, excluded);
    };
    let items: &[Node] = match &value.kind {
        Kind::List(items) => items,
        _ => std::slice::from_ref(value),
    };
    for item in items {
        let Some(text) = reader.text_of(item, "required") else {
            continue;
        };
        let (list, pattern) = match text.strip_prefix('!') {
            Some(pattern) => (&mut excluded, pattern.trim_start()),
            None => (&mut required, text.as_str()),
        };
        match CasePattern::parse_wide(pattern) {
            Ok(pattern) => list.push(pattern),
            Err(message) => reader.problem(item.at, message),
        }
    }
    if required.is_empty() && !excluded.is_empty() {
        let message = "`required` only excludes, so nothing is required; name first what is, \
                       such as `provider/*`";
        reader.problem(value.at, message);
    }
    (required, excluded)
}

fn read_lanes(reader: &mut Reader<'_>, root: &Node) -> Vec<(Side, Vec<String>)> {
    let Some(value) = root.get("lanes") else {
        return Vec::new();
    };
    let Some(entries) = reader.map(value, "`lanes`", &["source", "target"]) else {
        return Vec::new();
    };
    let mut lanes = Vec::new();
    for (key, value) in entries {
        let Some((_, side)) = SIDES.iter().find(|(name, _)| *name == key.text) else {
            continue;
        };
        let items: &[Node] = match &value.kind {
            Kind::List(items) => items,
            _ => std::slice::from_ref(value),
        };
        let words = items
            .iter()
            .filter_map(|item| reader.word(item, "lanes", &LANES).map(str::to_owned));
        lanes.push((*side, words.collect()));
    }
    lanes
}

/// `side`, `verb` and the node of the bound of each entry.
fn read_budgets<'n>(
    reader: &mut Reader<'_>,
    root: &'n Node,
    key: &str,
    bound: &str,
) -> Vec<(Side, String, &'n Node)> {
    let Some(value) = root.get(key) else {
        return Vec::new();
    };
    let Kind::List(items) = &value.kind else {
        reader.problem(
            value.at,
            format!(
                "`{key}` is a list of {{side, verb, {bound}}}, not {}",
                value.type_name()
            ),
        );
        return Vec::new();
    };
    let verbs: Vec<(&str, &str)> = verbs::ALL
        .iter()
        .map(|verb| (verb.name, verb.name))
        .collect();
    let mut budgets = Vec::new();
    for item in items {
        let what = format!("an entry of `{key}`");
        if reader.map(item, &what, &["side", "verb", bound]).is_none() {
            continue;
        }
        let side = reader.required(item, &what, "side");
        let side = side.and_then(|value| reader.word(value, "side", &SIDES));
        let verb = reader.required(item, &what, "verb");
        let verb = verb.and_then(|value| reader.word(value, "verb", &verbs));
        let bound = reader.required(item, &what, bound);
        if let (Some(side), Some(verb), Some(bound)) = (side, verb, bound) {
            budgets.push((side, verb.to_owned(), bound));
        }
    }
    budgets
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "format: cutover.profile/1
why: the night of 2026-12-05
required: [provider/execute/*, provider/files/roundtrip/size=*]
lanes: { source: [live, recording], target: live }
replays_min: 3
runs: 2
age_max_hours: 48
latency: [{ side: target, verb: execute, p95_ms: 2000 }]
availability: [{ side: target, verb: provision, min_percent: 99.5 }]
";

    #[test]
    fn a_profile_says_what_go_means() {
        let profile = read_profile("p.yaml", WHOLE).unwrap();
        assert!(profile.requires("provider/execute/plain"));
        assert!(profile.requires("provider/files/roundtrip/size=1"));
        assert!(!profile.requires("provider/files/other"));
        assert_eq!((profile.replays_min, profile.runs), (3, 2));
        assert_eq!(profile.lanes[0].1, ["live", "recording"]);
        assert_eq!(profile.lanes[1], (Side::Target, vec!["live".to_owned()]));
        assert_eq!(profile.latency[0].p95_ms, 2000);
        assert!((profile.availability[0].min_percent - 99.5).abs() < 1e-9);
        let least = read_profile("p.yaml", "format: cutover.profile/1\nwhy: x\n").unwrap();
        assert_eq!((least.replays_min, least.runs), (1, 1));
        let all = "format: cutover.profile/1\nwhy: x\nrequired: provider/*\n";
        let all = read_profile("p.yaml", all).unwrap();
        assert!(all.requires("provider/a/b") && !all.requires("mcp/a/b"));
        assert!(!all.has_id("provider/a/b"));
        let one = "format: cutover.profile/1\nwhy: x\nrequired: [provider/a/b, mcp/*]\n";
        let one = read_profile("p.yaml", one).unwrap();
        assert!(one.has_id("provider/a/b") && !one.has_id("mcp/a/b"));
    }

    #[test]
    fn a_profile_excludes_with_an_exclamation_mark() {
        let of = |required: &str| {
            let text = format!("format: cutover.profile/1\nwhy: x\nrequired: {required}\n");
            read_profile("p.yaml", &text)
        };
        let profile = of("[provider/*, '!provider/execute/stdin*', \"! provider/a/b\"]").unwrap();
        assert!(profile.requires("provider/execute/plain"));
        for out in [
            "provider/execute/stdin",
            "provider/execute/stdin-closed",
            "provider/a/b",
        ] {
            assert!(!profile.requires(out), "{out}");
        }
        // The order does not matter.
        let turned = of("['!provider/a/b', provider/*]").unwrap();
        assert!(turned.requires("provider/a/c") && !turned.requires("provider/a/b"));
        let cases = ["provider/a/b", "provider/execute/plain"];
        assert_eq!(profile.lost(&cases), ["!provider/execute/stdin*"]);
        let problems = of("['!provider/a/b']").unwrap_err();
        assert!(problems[0].to_string().contains("nothing is required"));
        let problems = of("[provider/*, '!a/b']").unwrap_err();
        assert!(problems[0].to_string().contains("`a/b` is not a case"));
        // Without quotes YAML reads a tag.
        let problems = of("[provider/*, !provider/a/b]").unwrap_err();
        assert!(
            problems[0].to_string().contains("quotes"),
            "{}",
            problems[0]
        );
    }

    #[test]
    fn every_mistake_of_a_profile_is_told_with_its_place() {
        let bad = "format: cutover.profile/1
reqired: [provider/*]
required: [execute/plain]
lanes: { source: cloud, middle: live }
runs: 0
latency: [{ side: left, verb: execute, p95_ms: 2s }]
availability: { side: target }
";
        let problems = read_profile("p.yaml", bad).unwrap_err();
        let told = crate::scenario::render(&problems);
        for part in [
            "unknown key `reqired`",
            "needs `why`",
            "`execute/plain` is not a case",
            "`lanes` is one of",
            "unknown key `middle`",
            "`runs` is a whole number from 1 up",
            "`side` is one of source, target",
            "`availability` is a list",
        ] {
            assert!(told.contains(part), "{part}\n{told}");
        }
        let format = read_profile("p.yaml", "format: cutover.quirks/1\nwhy: x\n").unwrap_err();
        assert!(crate::scenario::render(&format).contains("cutover.profile/1"));
    }
}
