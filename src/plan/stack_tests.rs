//! Cases at surfaces that a stack stands behind.

use std::sync::Arc;

use cutover_base::by_side::BySide;

use crate::call::{SideSpec, Surface};
use crate::plan::{Plan, PlanOptions, plan};
use crate::scenario::load_embedded;
use crate::scenario::model::Scenario;

fn scenarios() -> Vec<Arc<Scenario>> {
    load_embedded(&[
        (
            "execute/nonzero-exit",
            "why: x\nsteps: [{execute: exit 3}]\n",
        ),
        (
            "http/health",
            "why: x\nsteps: [{http: {method: GET, path: /}}]\n",
        ),
        ("files/stat", "why: x\nsteps: [{stat_file: /}]\n"),
    ])
    .unwrap()
}

fn planned(surfaces: &[Surface], sides: Option<[&str; 2]>) -> Plan {
    let sides = sides.map(|[source, target]| {
        let sides = BySide { source, target };
        sides.map(|spec| spec.parse::<SideSpec>().unwrap())
    });
    let options = PlanOptions {
        surfaces: surfaces.to_vec(),
        sides,
        ..PlanOptions::default()
    };
    plan(&scenarios(), &options).unwrap()
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.cases.iter().map(|case| case.id.as_str()).collect()
}

#[test]
fn a_scenario_is_a_case_at_each_of_its_surfaces() {
    let everywhere = [
        "mcp/execute/nonzero-exit",
        "platform/execute/nonzero-exit",
        "platform/http/health",
        "provider/execute/nonzero-exit",
        "provider/files/stat",
    ];
    let all = planned(&Surface::ALL, None);
    assert_eq!(ids(&all), everywhere);
    assert!(all.skipped.is_empty(), "{:?}", all.skipped);
    let ordinary = planned(&Surface::ALL, Some(["e2b/lap-337+Q27", "daytona/unified"]));
    assert_eq!(ids(&ordinary), everywhere);
    let outer = planned(&[Surface::Mcp], None);
    assert_eq!(ids(&outer), everywhere[..1]);
    let told: Vec<String> = outer
        .skipped
        .iter()
        .map(|(what, why)| format!("{what}: {why}"))
        .collect();
    assert_eq!(
        told,
        [
            "files/stat: it exists at surface provider only",
            "http/health: it exists at surface platform only"
        ]
    );
}

#[test]
fn a_surface_that_a_stack_does_not_have_is_not_selected_and_named() {
    let direct = planned(&Surface::ALL, Some(["e2b/lap-direct", "daytona"]));
    assert_eq!(ids(&direct), ["mcp/execute/nonzero-exit"]);
    assert_eq!(direct.skipped.len(), 4);
    let why = "on the source the stack `lap-direct` has surface mcp only";
    assert!(direct.skipped.iter().all(|(_, told)| told == why));
    let nowhere = planned(&Surface::ALL, Some(["e2b", "daytona/lap-direct"]));
    assert!(nowhere.cases.is_empty());
    assert!(nowhere.skipped[0].1.ends_with("speaks to E2B only"));
    assert_eq!(nowhere.creates_per_side, 0);
}

#[test]
fn what_only_a_provider_has_is_asked_of_the_provider_alone() {
    let text =
        "why: x\nsurfaces: [mcp, provider]\nsteps:\n  - execute: ls\n  - at_provider: pause\n";
    let scenarios = load_embedded(&[("a/b", text)]).unwrap();
    let sides = ["e2b", "daytona"].map(|spec| spec.parse::<SideSpec>().unwrap());
    let [source, target] = sides;
    let options = PlanOptions {
        surfaces: Surface::ALL.to_vec(),
        sides: Some(BySide { source, target }),
        ..PlanOptions::default()
    };
    let cases = plan(&scenarios, &options).unwrap().cases;
    // `at_provider` goes past the stack: what Daytona lacks it lacks at every surface.
    assert!(cases.iter().all(|case| !case.unmet.is_empty()), "{cases:?}");
}

#[test]
fn what_is_about_the_platform_is_unsupported_where_there_is_none() {
    let limit = "platform: { execute_timeout: 2s }\nsteps: [{execute: x}]";
    let session = "steps: [{create_session: {as: b}}]";
    let nested =
        "steps: [{parallel: [{execute: a}, {create_session: {as: b}}]}, {provision: main}]";
    for (text, told) in [
        (limit, "it sets the platform up"),
        (session, "it has the verb `create_session`"),
        (nested, "it has the verb `create_session`"),
    ] {
        let text = format!("why: x\nsurfaces: [mcp]\n{text}\n");
        let scenarios = load_embedded(&[("a/b", text.as_str())]).unwrap();
        for (source, lacks) in [("e2b/lap-direct", true), ("e2b", false)] {
            let sides = BySide {
                source: source.parse::<SideSpec>().unwrap(),
                target: "daytona".parse().unwrap(),
            };
            let options = PlanOptions {
                surfaces: vec![Surface::Mcp],
                sides: Some(sides),
                ..PlanOptions::default()
            };
            let plan = plan(&scenarios, &options).unwrap();
            let wanted = format!("{told}, and the stack `lap-direct` has no platform");
            let wanted: &[String] = if lacks { &[wanted] } else { &[] };
            assert_eq!(plan.cases[0].unmet, wanted, "{text}");
        }
    }
}
