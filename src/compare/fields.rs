//! Which fields of a step are compared, and how.

use crate::call::{Outcome, Surface};
use crate::scenario::field_path::FieldPath;
use crate::scenario::model::{Action, CompareKind, Step};
use crate::scenario::verbs::{Compared, Field, field_names, fields, fields_of};

/// One field of a step: compared in some way, or not, and why not.
#[derive(Debug, Clone)]
pub(crate) struct FieldSpec {
    /// What is looked at.
    pub(crate) path: FieldPath,
    /// How.
    pub(crate) kind: CompareKind,
    /// Whether ids and times are normalised first. An explicit `bytes` and `exact` are raw; the
    /// unstated comparison of output and content is by bytes *after* the rules, because
    /// `echo $E2B_SANDBOX_ID` differs between any two sandboxes.
    pub(crate) normalised: bool,
    /// Whether a `compare:` rule of the step says so.
    pub(crate) explicit: bool,
    /// Why the field is not compared, when it is not.
    pub(crate) skip: Option<String>,
}

/// How a kind is called in reports.
pub(crate) fn kind_name(kind: &CompareKind) -> String {
    match kind {
        CompareKind::Exact => "exact".to_owned(),
        CompareKind::Text => "text".to_owned(),
        CompareKind::Bytes => "bytes".to_owned(),
        CompareKind::Json => "json".to_owned(),
        CompareKind::Class => "class".to_owned(),
        CompareKind::LinesAnyOrder => "lines: any_order".to_owned(),
        CompareKind::Within(times) => format!("within: {times}x"),
        CompareKind::Ignore(_) => "ignore".to_owned(),
    }
}

/// The fields that are compared when the step says nothing.
/// Where no outcomes are given, all that may be.
fn defaults(
    step: &Step,
    surface: Surface,
    outcomes: &[&Outcome],
) -> Vec<(&'static str, CompareKind)> {
    let Action::Call(call) = &step.action else {
        return Vec::new();
    };
    let given = |field: &Field| {
        let has = |outcome: &&Outcome| outcome.fields.contains_key(field.name);
        outcomes.is_empty() || outcomes.iter().any(has)
    };
    let compared = fields_of(call.verb, surface).filter_map(|field| match &field.compared {
        Compared::By(path, kind) => Some((*path, kind.clone())),
        Compared::WhereGiven(path, kind) => given(field).then(|| (*path, kind.clone())),
        Compared::No(_) => None,
    });
    compared.collect()
}

/// Every path that a step may be compared by at a surface; what a ledger shape may name.
pub(crate) fn comparable_paths(step: &Step, surface: Surface) -> Vec<String> {
    specs(step, surface, &[])
        .into_iter()
        .filter(|spec| spec.skip.is_none())
        .map(|spec| spec.path.text)
        .collect()
}

/// The fields of a step, given what came back on both sides in all replays.
pub(crate) fn specs(step: &Step, surface: Surface, outcomes: &[&Outcome]) -> Vec<FieldSpec> {
    let mut specs = Vec::new();
    for (text, kind) in defaults(step, surface, outcomes) {
        let Ok(path) = FieldPath::parse(text) else {
            continue;
        };
        // A rule about the field, or about what it is a part of, takes its place.
        let replaced = step.compare.iter().any(|rule| covers(&rule.path, &path));
        if !replaced {
            let skip = merged_streams(&path.field, outcomes);
            let normalised = kind != CompareKind::Exact;
            specs.push(FieldSpec {
                path,
                kind,
                normalised,
                explicit: false,
                skip,
            });
        }
    }
    for rule in &step.compare {
        // A scenario for several surfaces may name fields that this one does not have.
        if !field_names(surface).any(|name| name == rule.path.field) {
            continue;
        }
        let skip = match &rule.kind {
            CompareKind::Ignore(why) => Some(why.clone()),
            // Asked for by name, a missing stream is a difference.
            _ => None,
        };
        specs.push(FieldSpec {
            path: rule.path.clone(),
            kind: rule.kind.clone(),
            normalised: matches!(
                rule.kind,
                CompareKind::Text | CompareKind::Json | CompareKind::LinesAnyOrder
            ),
            explicit: true,
            skip,
        });
    }
    add_evidence(&mut specs, step, surface, outcomes);
    specs
}

/// Fields that came back and that nothing compares, so that the report can count them.
fn add_evidence(specs: &mut Vec<FieldSpec>, step: &Step, surface: Surface, outcomes: &[&Outcome]) {
    for Field { name, .. } in fields(surface) {
        let there = outcomes
            .iter()
            .any(|outcome| outcome.fields.contains_key(*name));
        let named = specs.iter().any(|spec| spec.path.field == *name);
        if !there || named {
            continue;
        }
        let own = fields_of(step.action.verb(), surface).find(|field| field.name == *name);
        let why = match own.map(|field| &field.compared) {
            Some(Compared::No(why)) => why,
            _ => "not compared for this verb unless the step says so",
        };
        if let Ok(path) = FieldPath::parse(name) {
            specs.push(FieldSpec {
                path,
                kind: CompareKind::Exact,
                normalised: false,
                explicit: false,
                skip: Some(why.to_owned()),
            });
        }
    }
}

/// Why `stdout` and `stderr` are not compared in a case that does not ask for it: a side that
/// keeps one pipe has neither, and a missing stream is not an empty one. That stderr is missing
/// is judged once for the run.
fn merged_streams(field: &str, outcomes: &[&Outcome]) -> Option<String> {
    if field != "stdout" && field != "stderr" {
        return None;
    }
    let merged = outcomes.iter().any(|outcome| {
        matches!(outcome.fields.get("streams"),
            Some(crate::call::FieldValue::Json(value)) if value == "merged")
    });
    merged.then(|| "a side keeps one stream for both; `output` is compared".to_owned())
}

/// Whether a rule's path names the field or something that contains it.
fn covers(rule: &FieldPath, field: &FieldPath) -> bool {
    rule.field == field.field && (rule.below.is_none() || rule.text == field.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::samples::{step, with_compare};

    fn names(step: &Step, surface: Surface, outcomes: &[&Outcome]) -> Vec<String> {
        specs(step, surface, outcomes)
            .into_iter()
            .map(|spec| match spec.skip {
                None => format!("{} {}", spec.path.text, kind_name(&spec.kind)),
                Some(why) => format!("{} - {why}", spec.path.text),
            })
            .collect()
    }

    #[test]
    fn each_surface_and_verb_has_its_fields() {
        let execute = step("execute: 'true'");
        assert_eq!(
            names(&execute, Surface::Mcp, &[]),
            [
                "$.text text",
                "$.is_error exact",
                "$.rpc_error json",
                "$.failure.class exact"
            ]
        );
        assert_eq!(
            names(&execute, Surface::Platform, &[]),
            ["$.status exact", "$.body json", "$.failure.class exact"]
        );
        assert_eq!(
            names(&execute, Surface::Provider, &[]),
            [
                "$.exit_code exact",
                "$.signal exact",
                "$.stdout bytes",
                "$.stderr bytes",
                "$.output bytes",
                "$.failure.class exact",
                "$.ended text"
            ]
        );
        assert_eq!(
            names(&step("read_file: /a"), Surface::Provider, &[]),
            ["$.content bytes", "$.failure.class exact", "$.ended text"]
        );
        assert_eq!(
            names(&step("list_files: /a"), Surface::Provider, &[]),
            ["$.entries json", "$.failure.class exact", "$.ended text"]
        );
        assert_eq!(
            names(&step("make_dir: /a"), Surface::Provider, &[]),
            ["$.failure.class exact", "$.ended text"]
        );
        assert!(names(&step("advance: 5"), Surface::Provider, &[]).is_empty());
        // Whatever the verb, an agent is answered alike, and all of it is compared.
        for verb in [
            "call_tool: {name: a}",
            "upload_artifact: a",
            "create_session: {as: a}",
        ] {
            let names = names(&step(verb), Surface::Mcp, &[&Outcome::default()]);
            assert_eq!(
                names,
                ["$.text text", "$.is_error exact", "$.rpc_error json"],
                "{verb}"
            );
        }
        let http = step("http: {method: GET, path: /}");
        let names = names(&http, Surface::Platform, &[&Outcome::default()]);
        assert_eq!(names, ["$.status exact", "$.body json"]);
    }

    #[test]
    fn streams_are_compared_only_when_both_sides_keep_them_apart() {
        let merged = Outcome::default()
            .with("streams", "merged")
            .with("duration", 3);
        let apart = Outcome::default().with("streams", "apart");
        let got = names(
            &step("execute: 'true'"),
            Surface::Provider,
            &[&apart, &merged],
        );
        assert!(
            got.iter()
                .any(|line| line.starts_with("$.stdout - a side keeps one"))
        );
        assert!(
            got.iter()
                .any(|line| line.starts_with("$.duration - times"))
        );
        let got = names(
            &step("execute: 'true'"),
            Surface::Provider,
            &[&apart, &apart],
        );
        assert!(got.contains(&"$.stdout bytes".to_owned()));
    }

    #[test]
    fn what_most_calls_do_not_have_is_compared_where_a_side_has_it() {
        let plain = Outcome::default().with("exit_code", 0);
        let ended = plain.clone().with("ended", "web");
        let execute = step("execute: 'true'");
        let compared = |outcomes: &[&Outcome]| {
            let names = names(&execute, Surface::Provider, outcomes);
            names.contains(&"$.ended text".to_owned())
        };
        assert!(!compared(&[&plain, &plain]));
        assert!(compared(&[&ended, &plain]) && compared(&[&plain, &ended]));
    }

    #[test]
    fn a_rule_changes_what_it_names_and_leaves_the_rest() {
        let step = with_compare(
            step("read_file: /a"),
            &[
                ("content", CompareKind::LinesAnyOrder),
                ("failure", CompareKind::Ignore("wording".to_owned())),
                ("text", CompareKind::Exact),
            ],
        );
        assert_eq!(
            names(&step, Surface::Provider, &[]),
            [
                "$.ended text",
                "$.content lines: any_order",
                "$.failure - wording"
            ]
        );
        assert_eq!(
            names(&step, Surface::Mcp, &[]),
            [
                "$.is_error exact",
                "$.rpc_error json",
                "$.failure - wording",
                "$.text exact"
            ]
        );
    }
}
