//! The top of a scenario file.

use std::path::Path;
use std::sync::Arc;

use cutover_base::blob::sha256_hex;
use indexmap::IndexMap;
use serde_json::Value;

use crate::scenario::capability::capability_names;
use crate::scenario::check::fields::{Fields, report_duplicates};
use crate::scenario::check::findings::{Findings, Namespace};
use crate::scenario::check::flow;
use crate::scenario::check::scalar;
use crate::scenario::check::stack::{mcp, platform, traffic};
use crate::scenario::check::step::{Place, step};
use crate::scenario::check::surfaces::surfaces;
use crate::scenario::model::{Action, Effects, Scenario, Step};
use crate::scenario::node::{Kind, Node, Position};
use crate::scenario::problem::Problem;
use crate::scenario::verbs::{self, Call, Verb, Written};

/// Keys at the top of a scenario.
pub(crate) const TOP_KEYS: [&str; 14] = [
    "why",
    "tags",
    "surfaces",
    "quirks",
    "parity",
    "requires",
    "matrix",
    "optional",
    "platform",
    "mcp",
    "provision",
    "effects",
    "traffic",
    "steps",
];

/// Steps of one scenario: a longer one cannot be judged as one story.
pub(crate) const STEPS_MAX: usize = 500;

/// Points of one matrix: every point is a case with sandboxes of its own.
pub(crate) const MATRIX_POINTS_MAX: usize = 256;

/// The name of the session that a case begins with, where there are sessions.
pub(crate) const FIRST_SESSION: &str = "main";

/// Verbs of scenarios that see to their own sandboxes: those make none, or ask for one in their own
/// way.
static MAKES_ITS_OWN: [&Verb; 4] = [
    &verbs::PROVISION,
    &verbs::CREATE_SESSION,
    &verbs::CALL_TOOL,
    &verbs::HTTP,
];

/// Checks a scenario's text. `secrets` are the names that it may use, if they are known.
///
/// # Errors
/// Every problem of the file.
pub(crate) fn check(
    name: &str,
    file: &Path,
    folder: Option<&Path>,
    text: &str,
    secrets: Option<&[String]>,
) -> Result<Scenario, Vec<Problem>> {
    let shown = file.display().to_string();
    let root = Node::parse(text).map_err(|error| {
        let at = Position {
            line: error.line,
            column: error.column,
        };
        vec![Problem::at(&shown, text, at, error.message)]
    })?;
    if matches!(root.kind, Kind::Null) {
        return Err(vec![Problem::of_file(shown, "the file is empty")]);
    }
    let mut findings = Findings::default();
    findings.secrets = secrets.map(<[String]>::to_vec);
    let scenario = read(&root, folder, &mut findings).map(|head| Scenario {
        name: name.to_owned(),
        file: file.to_owned(),
        text: Arc::from(text),
        sha256: sha256_hex(text.as_bytes()),
        ..head
    });
    match scenario {
        Some(scenario) if findings.count() == 0 => Ok(scenario),
        _ => Err(findings.into_problems(&shown, text)),
    }
}

/// Reads all of a file; the name, file and text are filled in by the caller.
fn read(root: &Node, folder: Option<&Path>, findings: &mut Findings) -> Option<Scenario> {
    let fields = Fields::open(root, "scenario", &TOP_KEYS, findings)?;
    let why = fields.required("why", findings);
    let why = why.and_then(|node| scalar::words(node, "`why`", findings));
    let matrix = fields
        .get("matrix")
        .map(|node| matrix(node, findings))
        .unwrap_or_default();
    let flag = |key: &str, findings: &mut Findings| {
        fields
            .get(key)
            .and_then(|node| scalar::boolean(node, &format!("`{key}`"), findings))
            .unwrap_or_default()
    };
    let optional = flag("optional", findings);
    let (platform, mcp) = (platform(&fields, findings), mcp(&fields, findings));
    let traffic = traffic(&fields, findings);
    let no_provision = no_provision(&fields, findings);
    let steps = fields.required("steps", findings);
    findings.define(Namespace::Session, FIRST_SESSION, Position::default());
    let mut steps = steps
        .map(|node| read_steps(node, folder, findings))
        .unwrap_or_default();
    let makes_its_own = findings
        .verbs
        .iter()
        .any(|(verb, _)| MAKES_ITS_OWN.contains(verb));
    if !makes_its_own && !no_provision {
        steps.insert(0, implicit_main());
        findings.step = 0;
        findings.define(Namespace::Sandbox, "main", Position::default());
        findings.define(Namespace::Step, "00-provision", Position::default());
    }
    let surfaces = surfaces(fields.get("surfaces"), fields.at, findings);
    let secrets = findings.secrets_used();
    flow::check(&surfaces, &matrix, findings);
    Some(Scenario {
        name: String::new(),
        file: std::path::PathBuf::new(),
        text: Arc::from(""),
        sha256: String::new(),
        why: why.unwrap_or_default(),
        tags: list(&fields, "tags", findings)
            .into_iter()
            .map(|(tag, _)| tag)
            .collect(),
        surfaces,
        quirks: quirks(&fields, "quirks", findings),
        parity: quirks(&fields, "parity", findings),
        requires: requires(&fields, findings),
        matrix,
        optional,
        effects: effects(fields.get("effects"), findings),
        traffic,
        platform,
        mcp,
        wants: std::mem::take(&mut findings.wants),
        secrets,
        steps,
    })
}

fn read_steps(node: &Node, folder: Option<&Path>, findings: &mut Findings) -> Vec<Step> {
    let Kind::List(items) = &node.kind else {
        findings.wrong_type(node, "`steps`", "a list");
        return Vec::new();
    };
    if items.is_empty() || items.len() > STEPS_MAX {
        findings.add(
            node.at,
            format!("a scenario has from 1 to {STEPS_MAX} steps"),
        );
        return Vec::new();
    }
    let mut steps = Vec::new();
    for (index, item) in items.iter().enumerate() {
        findings.step = index + 1;
        let place = Place {
            number: index + 1,
            parent: None,
            folder,
        };
        steps.extend(step(item, place, findings));
    }
    steps
}

/// The sandbox that a scenario gets when it makes none.
fn implicit_main() -> Step {
    Step {
        id: "00-provision".to_owned(),
        line: 0,
        action: Action::Call(Call {
            verb: &verbs::PROVISION,
            written: Written::main(),
        }),
        expect: Vec::new(),
        compare: Vec::new(),
        normalise: Vec::new(),
        capture: Vec::new(),
        until: None,
        guard: None,
        defer: false,
    }
}

fn list(fields: &Fields<'_>, key: &str, findings: &mut Findings) -> Vec<(String, Position)> {
    fields
        .get(key)
        .map(|node| scalar::names(node, &format!("`{key}`"), findings))
        .unwrap_or_default()
}

fn quirks(fields: &Fields<'_>, key: &str, findings: &mut Findings) -> Vec<(String, usize)> {
    let quirks = list(fields, key, findings);
    for (id, at) in &quirks {
        let digits = id.strip_prefix('Q').or_else(|| id.strip_prefix("L-"));
        let good = digits.is_some_and(|digits| {
            (2..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
        if !good {
            findings.add(
                *at,
                format!("`{id}` is no quirk's id, such as `Q27` or `L-001`"),
            );
        }
    }
    quirks.into_iter().map(|(id, at)| (id, at.line)).collect()
}

/// The capabilities that are asked for, and those that the steps' verbs mean.
fn requires(fields: &Fields<'_>, findings: &mut Findings) -> Vec<String> {
    let known = capability_names();
    let mut requires = Vec::new();
    for (name, at) in list(fields, "requires", findings) {
        if !known.contains(&name.as_str()) {
            findings.unknown(at, "capability", &name, &known);
        }
        requires.push(name);
    }
    for meant in findings.verbs.iter().filter_map(|(verb, _)| verb.requires) {
        if !requires.iter().any(|name| name == meant) {
            requires.push(meant.to_owned());
        }
    }
    requires
}

fn effects(node: Option<&Node>, findings: &mut Findings) -> Effects {
    match node.map(Node::as_text) {
        None | Some(Some("none")) => Effects::None,
        Some(Some("network")) => Effects::Network,
        Some(Some("external")) => Effects::External,
        Some(word) => {
            if let (Some(node), word) = (node, word.unwrap_or_default()) {
                findings.unknown(node.at, "effect", word, &["none", "network", "external"]);
            }
            Effects::None
        }
    }
}

fn no_provision(fields: &Fields<'_>, findings: &mut Findings) -> bool {
    let Some(node) = fields.get("provision") else {
        return false;
    };
    let none = node.as_text() == Some("none");
    if !none {
        let help = "a sandbox with arguments is a step: `- provision: {name: main, ...}`";
        let message = "at the top, `provision` knows `none` only";
        findings.add_with(node.at, message, Some(help.to_owned()));
    }
    none
}

fn matrix(node: &Node, findings: &mut Findings) -> IndexMap<String, Vec<Value>> {
    let mut matrix = IndexMap::new();
    let Kind::Map(axes) = &node.kind else {
        findings.wrong_type(node, "`matrix`", "a mapping of axes to lists");
        return matrix;
    };
    report_duplicates(axes, findings);
    for (axis, values) in axes {
        if !scalar::is_name(&axis.text) {
            findings.add(
                axis.at,
                "an axis' name has letters, digits, `_`, `-` and `.` only",
            );
        }
        matrix.insert(axis.text.clone(), points(values, findings));
    }
    let count = matrix.values().fold(1_usize, |count, points: &Vec<Value>| {
        count.saturating_mul(points.len())
    });
    if count > MATRIX_POINTS_MAX {
        findings.add(
            node.at,
            format!("the matrix has {count} points; at most {MATRIX_POINTS_MAX}"),
        );
    }
    matrix
}

fn points(node: &Node, findings: &mut Findings) -> Vec<Value> {
    let Kind::List(items) = &node.kind else {
        findings.wrong_type(node, "an axis", "a list");
        return Vec::new();
    };
    if items.is_empty() {
        findings.add(node.at, "an axis needs at least one value");
    }
    let mut points = Vec::new();
    for item in items {
        let value = item.to_json();
        let short = match &value {
            Value::Array(_) | Value::Object(_) => {
                findings.wrong_type(item, "a point", "text, a number or a boolean");
                continue;
            }
            Value::String(text) => text.chars().count() <= 100,
            _ => true,
        };
        if !short {
            findings.add(
                item.at,
                "a point is part of a case's id: at most 100 characters",
            );
        }
        if points.contains(&value) {
            findings.add(item.at, format!("the point {value} stands twice"));
        }
        points.push(value);
    }
    points
}
