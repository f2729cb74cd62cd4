//! From scenarios to the cases of a run.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutover_base::by_side::BySide;

use crate::call::{SideSpec, Surface};
use crate::plan::case::Case;
use crate::plan::matrix::{case_id, points};
use crate::plan::on_request::unasked;
use crate::plan::selection::Selection;
use crate::plan::shard::Shard;
use crate::scenario::model::{Action, Effects, PlatformSettings, Scenario, Step};
use crate::scenario::verbs;

/// What the user selected, and what the run can do.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// Surfaces to judge.
    pub surfaces: Vec<Surface>,
    /// Globs on case ids or scenario names, one of which must fit; all fit when there is none.
    pub only: Vec<String>,
    /// Globs on case ids or scenario names, none of which may fit.
    pub skip: Vec<String>,
    /// Tags, one of which a scenario must have; all fit when there is none.
    pub tags: Vec<String>,
    /// Names of scenarios or folders of them, one of which must hold the scenario; all fit when
    /// there is none.
    pub paths: Vec<String>,
    /// Scenarios that were asked for by their whole names, which selects nothing: some wait for that.
    pub named: Vec<String>,
    /// Whether all scenarios are replayed that wait to be asked for.
    pub on_request: bool,
    /// Whether scenarios that change something elsewhere are replayed.
    pub allow_external: bool,
    /// Capabilities that the run has, see [`crate::scenario::capability`].
    pub capabilities: BTreeSet<String>,
    /// Who takes part; where nobody is named, everything that a step asks for is there.
    pub sides: Option<BySide<SideSpec>>,
    /// Case ids that a profile requires, whatever the scenario says.
    pub required: BTreeSet<String>,
    /// The part of the run that is this machine's.
    pub shard: Option<Shard>,
}

/// What will be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The cases, by id.
    pub cases: Vec<Case>,
    /// Cases or scenarios that were selected by name and are left out, with the reason.
    pub skipped: Vec<(String, String)>,
    /// Sandboxes that one replay of all cases makes on each side. Cases with unmet capabilities
    /// make none.
    pub creates_per_side: usize,
}

impl Plan {
    /// Leaves only the cases that `wanted` holds for.
    pub fn keep(&mut self, wanted: impl Fn(&Case) -> bool) {
        self.cases.retain(wanted);
        self.creates_per_side = creates_of(&self.cases);
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A pattern of `only` or `skip` is no glob.
    #[error("`{pattern}` is not a pattern: {why}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Plans a run. Unmet capabilities keep a case in the plan (it is told as `unsupported`); every
/// other reason to leave one out that the user did not ask for is in [`Plan::skipped`].
///
/// # Errors
/// When a pattern is no glob.
pub fn plan(scenarios: &[Arc<Scenario>], options: &PlanOptions) -> Result<Plan, PlanError> {
    let globs = |patterns: &[String]| {
        Selection::new(patterns).map_err(|(pattern, why)| PlanError::Pattern { pattern, why })
    };
    let (only, skip) = (globs(&options.only)?, globs(&options.skip)?);
    let named = [options.only.as_slice(), &options.paths, &options.named].concat();
    let mut cases = Vec::new();
    let mut skipped = Vec::new();
    for scenario in scenarios.iter().filter(|s| is_selected(s, options)) {
        let why = unasked(scenario, &options.tags, &named);
        if let Some(why) = why.filter(|_| !options.on_request) {
            skipped.push((scenario.name.clone(), why));
            continue;
        }
        let surfaces: Vec<Surface> = scenario
            .surfaces
            .iter()
            .copied()
            .filter(|surface| options.surfaces.contains(surface))
            .collect();
        if surfaces.is_empty() {
            let own: Vec<&str> = scenario.surfaces.iter().map(|s| s.name()).collect();
            let plural = if own.len() > 1 { "s" } else { "" };
            let why = format!("it exists at surface{plural} {} only", own.join(", "));
            skipped.push((scenario.name.clone(), why));
        }
        for surface in surfaces {
            let lacking = options
                .sides
                .as_ref()
                .and_then(|sides| lacking(surface, sides));
            for point in points(scenario) {
                let id = case_id(scenario, surface, &point);
                if !options.only.is_empty() && !only.holds(&id) {
                    continue;
                }
                if options.shard.is_some_and(|shard| !shard.holds(&id)) {
                    continue;
                }
                let why = left_out(scenario, &id, &skip, options);
                if let Some(why) = why.or_else(|| lacking.clone()) {
                    skipped.push((id, why));
                    continue;
                }
                cases.push(case(scenario, surface, point, id, options));
            }
        }
    }
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    skipped.sort();
    Ok(Plan {
        creates_per_side: creates_of(&cases),
        cases,
        skipped,
    })
}

fn creates_of(cases: &[Case]) -> usize {
    cases
        .iter()
        .filter(|case| case.unmet.is_empty())
        .map(|case| creates(&case.scenario))
        .sum()
}

/// Sandboxes that one replay of a scenario makes on one side.
pub fn creates(scenario: &Scenario) -> usize {
    fn of(steps: &[Step]) -> usize {
        steps
            .iter()
            .map(|step| match &step.action {
                Action::Call(call) => usize::from(*call.verb == verbs::PROVISION),
                Action::Parallel(children) => of(children),
                Action::Harness(..) => 0,
            })
            .sum()
    }
    of(&scenario.steps)
}

/// Why no case can be at a surface: the stack of a side does not have it.
fn lacking(surface: Surface, sides: &BySide<SideSpec>) -> Option<String> {
    sides.iter().find_map(|(side, spec)| {
        let why = spec.stack.lacks(surface, spec.provider)?;
        Some(format!("on the {side} {why}"))
    })
}

fn is_selected(scenario: &Scenario, options: &PlanOptions) -> bool {
    let tagged =
        options.tags.is_empty() || options.tags.iter().any(|tag| scenario.tags.contains(tag));
    let is_under = |path: &String| {
        let path = path.trim_end_matches('/');
        scenario.name == path
            || scenario
                .name
                .strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/'))
    };
    tagged && (options.paths.is_empty() || options.paths.iter().any(is_under))
}

fn left_out(
    scenario: &Scenario,
    id: &str,
    skip: &Selection,
    options: &PlanOptions,
) -> Option<String> {
    if skip.holds(id) {
        return Some("left out by --skip".to_owned());
    }
    if scenario.effects == Effects::External && !options.allow_external {
        let why = "it changes something outside the sandbox; `--allow external` replays it";
        return Some(why.to_owned());
    }
    None
}

fn case(
    scenario: &Arc<Scenario>,
    surface: Surface,
    point: indexmap::IndexMap<String, serde_json::Value>,
    id: String,
    options: &PlanOptions,
) -> Case {
    let lacking = scenario
        .requires
        .iter()
        .filter(|needed| !options.capabilities.contains(*needed))
        .cloned();
    let mut unmet: Vec<String> = lacking.collect();
    unmet.extend(lacks(scenario, options.sides.as_ref()));
    // What is known to be unmet excuses a case unless a profile names it.
    let required = options.required.contains(&id) || (!scenario.optional && unmet.is_empty());
    Case {
        id,
        scenario: Arc::clone(scenario),
        surface,
        point,
        required,
        unmet,
    }
}

/// What a scenario has that is about the platform itself, if it has something.
fn of_platform(scenario: &Scenario) -> Option<String> {
    fn in_steps(steps: &[Step]) -> Option<&'static str> {
        steps.iter().find_map(|step| match &step.action {
            Action::Parallel(children) => in_steps(children),
            action => Some(action.verb())
                .filter(|it| it.of_platform)
                .map(|it| it.name),
        })
    }
    if scenario.platform != PlatformSettings::default() {
        return Some("it sets the platform up".to_owned());
    }
    in_steps(&scenario.steps).map(|verb| format!("it has the verb `{verb}`"))
}

/// What the steps ask for that a side does not have; each is told once.
fn lacks(scenario: &Scenario, sides: Option<&BySide<SideSpec>>) -> Vec<String> {
    let Some(sides) = sides else {
        return Vec::new();
    };
    let mut lacks = Vec::new();
    if let Some(what) = of_platform(scenario)
        && let Some((_, spec)) = sides.iter().find(|(_, spec)| !spec.stack.has_platform())
    {
        let stack = &spec.stack;
        lacks.push(format!("{what}, and the stack `{stack}` has no platform"));
    }
    for want in &scenario.wants {
        for lack in sides.iter().filter_map(|(_, spec)| want.lacks(spec)) {
            if !lacks.contains(&lack) {
                lacks.push(lack);
            }
        }
    }
    lacks
}

#[cfg(test)]
mod tests {
    use crate::scenario::load_embedded;

    use super::*;

    fn scenarios() -> Vec<Arc<Scenario>> {
        load_embedded(&[
            (
                "files/roundtrip",
                "why: x\ntags: [core]\nmatrix: {size: [1MiB, 4096], 'eol': ['a/b', lf]}\nsteps:\n  - write_file: {path: /a, data: '${{ matrix.size }}${{ matrix.eol }}'}\n",
            ),
            ("execute/plain", "why: x\nsteps: [{execute: ls}]\n"),
            (
                "execute/two",
                "why: x\nsteps:\n  - provision: a\n  - parallel: [{provision: b}, {execute: {sandbox_name: a, cmd: ls}}]\n",
            ),
            ("net/push", "why: x\neffects: external\nsteps: [{execute: ls}]\n"),
            ("root/chown", "why: x\nrequires: [root]\nsteps: [{execute: ls}]\n"),
            ("maybe/one", "why: x\noptional: true\nsteps: [{execute: ls}]\n"),
            ("mcp/only", "why: x\nsurfaces: [mcp]\nsteps: [{execute: ls}]\n"),
        ])
        .unwrap()
    }

    fn at_provider() -> PlanOptions {
        PlanOptions {
            surfaces: vec![Surface::Provider],
            ..PlanOptions::default()
        }
    }

    fn ids(options: &PlanOptions) -> Vec<String> {
        let plan = plan(&scenarios(), options).unwrap();
        plan.cases.into_iter().map(|case| case.id).collect()
    }

    #[test]
    fn cases_are_in_order_and_left_out_ones_are_named() {
        let plan = plan(&scenarios(), &at_provider()).unwrap();
        let ids: Vec<&str> = plan.cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "provider/execute/plain",
                "provider/execute/two",
                "provider/files/roundtrip/size=1MiB/eol=a%2Fb",
                "provider/files/roundtrip/size=1MiB/eol=lf",
                "provider/files/roundtrip/size=4096/eol=a%2Fb",
                "provider/files/roundtrip/size=4096/eol=lf",
                "provider/maybe/one",
                "provider/root/chown",
            ]
        );
        assert_eq!(plan.skipped[0].0, "mcp/only");
        assert_eq!(plan.skipped[1].0, "provider/net/push");
        assert!(plan.skipped[1].1.contains("--allow external"));
        assert_eq!(plan.creates_per_side, 1 + 2 + 4 + 1);
        let required: Vec<bool> = plan.cases.iter().map(|case| case.required).collect();
        assert_eq!(required, [true, true, true, true, true, true, false, false]);
        assert_eq!(plan.cases[7].unmet, ["root"]);
    }

    #[test]
    fn capabilities_and_profiles_make_a_case_required() {
        let mut options = at_provider();
        options.capabilities.insert("root".to_owned());
        options.required.insert("provider/maybe/one".to_owned());
        options.allow_external = true;
        let plan = plan(&scenarios(), &options).unwrap();
        assert!(
            plan.cases
                .iter()
                .all(|case| case.required && case.unmet.is_empty())
        );
        assert!(plan.cases.iter().any(|case| case.id == "provider/net/push"));
    }

    #[test]
    fn selection_by_glob_tag_path_and_shard() {
        let only = |patterns: &[&str]| {
            let mut options = at_provider();
            options.only = patterns.iter().map(|&text| text.to_owned()).collect();
            ids(&options)
        };
        assert_eq!(only(&["execute/plain"]), ["provider/execute/plain"]);
        assert_eq!(only(&["provider/execute/*"]).len(), 2);
        assert_eq!(only(&["*size=4096*"]).len(), 2);
        assert_eq!(only(&["files"]).len(), 4);
        assert_eq!(only(&["execute/{plain,two}", "maybe/**"]).len(), 3);
        assert!(only(&["nothing"]).is_empty());
        let mut options = at_provider();
        options.tags = vec!["core".to_owned()];
        assert_eq!(ids(&options).len(), 4);
        let mut options = at_provider();
        options.paths = vec!["execute/".to_owned()];
        assert_eq!(ids(&options).len(), 2);
        let mut options = at_provider();
        options.skip = vec!["execute/*".to_owned()];
        let plan = plan(&scenarios(), &options).unwrap();
        assert_eq!(plan.cases.len(), 6);
        assert!(
            plan.skipped
                .iter()
                .any(|(id, why)| id == "provider/execute/two" && why.contains("--skip"))
        );
        let parts: usize = (1..=3)
            .map(|index| {
                let mut options = at_provider();
                options.shard = format!("{index}/3").parse().ok();
                ids(&options).len()
            })
            .sum();
        assert_eq!(parts, 8);
    }

    #[test]
    fn a_bad_pattern_is_an_error() {
        let mut options = at_provider();
        options.only = vec!["a[".to_owned()];
        let error = plan(&scenarios(), &options).unwrap_err().to_string();
        assert!(error.starts_with("`a[` is not a pattern"), "{error}");
    }
}
