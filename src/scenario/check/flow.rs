//! The last pass: whether every name that is used was defined, and before its use.

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;
use serde_json::Value;

use crate::call::{FailureClass, Surface};
use crate::scenario::check::findings::{Findings, Named, Namespace};
use crate::scenario::data::parse_size;
use crate::scenario::nearest::nearest;
use crate::scenario::template::{Bindings, HOME, SECRETS};
use crate::scenario::verbs::field_names;

/// Checks all names that the steps defined and used, and all fields that they named.
pub(crate) fn check(
    surfaces: &[Surface],
    matrix: &IndexMap<String, Vec<Value>>,
    findings: &mut Findings,
) {
    let defined = std::mem::take(&mut findings.defined);
    let used = std::mem::take(&mut findings.used);
    repeated(&defined, findings);
    for name in &used {
        match name.namespace {
            Namespace::Reference => reference(name, &defined, (surfaces, matrix), findings),
            Namespace::Sandbox => sandbox(name, &defined, surfaces, findings),
            Namespace::Process => process(name, &defined, findings),
            Namespace::Session => session(name, &defined, findings),
            Namespace::Step => {}
        }
    }
    fields(surfaces, findings);
    failures(surfaces, findings);
    sizes(matrix, findings);
}

/// Sizes that come from one axis of the matrix: every point must be a size.
fn sizes(matrix: &IndexMap<String, Vec<Value>>, findings: &mut Findings) {
    for (at, size) in std::mem::take(&mut findings.sizes) {
        let axes: BTreeSet<&str> = size.references().collect();
        let axis = axes.first().and_then(|name| name.strip_prefix("matrix."));
        let (Some(axis), 1) = (axis, axes.len()) else {
            continue;
        };
        for point in matrix.get(axis).into_iter().flatten() {
            let text = point
                .as_str()
                .map_or_else(|| point.to_string(), str::to_owned);
            let bindings = Bindings::from([(format!("matrix.{axis}"), text)]);
            let resolved = size.resolve(&bindings).unwrap_or_default();
            if let Err(why) = parse_size(&resolved) {
                findings.add(at, why);
            }
        }
    }
}

/// Names of steps, processes and captures are unique.
fn repeated(defined: &[Named], findings: &mut Findings) {
    let mut seen = HashMap::new();
    for name in defined {
        let what = match name.namespace {
            Namespace::Step => "step id",
            Namespace::Process => "process",
            Namespace::Session => "session",
            Namespace::Reference => "capture",
            // The same sandbox may be provisioned again: what then happens is worth a scenario.
            Namespace::Sandbox => continue,
        };
        let first = seen
            .entry((what, name.name.as_str()))
            .or_insert(name.at)
            .line;
        if what == "session" && first == 0 && name.at.line > 0 {
            let message = format!("session `{}` is the one that a case begins with", name.name);
            findings.add(name.at, message);
            continue;
        }
        if seen[&(what, name.name.as_str())] != name.at {
            findings.add_with(
                name.at,
                format!("{what} `{}` stands twice", name.name),
                Some(format!("it stands at line {first} already")),
            );
        }
    }
}

fn reference(
    used: &Named,
    defined: &[Named],
    (surfaces, matrix): (&[Surface], &IndexMap<String, Vec<Value>>),
    findings: &mut Findings,
) {
    let name = used.name.as_str();
    if matches!(name, "session" | "run" | HOME) {
        return;
    }
    if let Some(secret) = name.strip_prefix(SECRETS) {
        undeclared(used, secret, findings);
        return;
    }
    if let Some(axis) = name.strip_prefix("matrix.") {
        let axes: Vec<&str> = matrix.keys().map(String::as_str).collect();
        if !axes.contains(&axis) {
            findings.unknown(used.at, "matrix axis", axis, &axes);
        }
        return;
    }
    if let Some(sandbox) = name.strip_prefix("sandbox.") {
        // Elsewhere a raw call may have made it.
        if surfaces.contains(&Surface::Provider)
            && !of(defined, Namespace::Sandbox).any(|have| have.name == sandbox)
            && !findings.incomplete
        {
            findings.add(
                used.at,
                format!("no step provisions the sandbox `{sandbox}`"),
            );
        }
        return;
    }
    let here: Vec<&Named> = of(defined, Namespace::Reference).collect();
    let same = here.iter().filter(|have| have.name == name);
    if same.clone().any(|have| is_before(have, used)) {
        return;
    }
    let shown = format!("`${{{{ {name} }}}}`");
    match same.clone().next() {
        Some(have) if have.step == used.step => findings.add(
            used.at,
            format!("{shown} is captured by this very step, or by one that runs at the same time"),
        ),
        Some(have) => findings.add(
            used.at,
            format!("{shown} is captured later, at line {}", have.at.line),
        ),
        None => {
            let mut names: Vec<&str> = here.iter().map(|have| have.name.as_str()).collect();
            names.extend(["session", "run", HOME]);
            let help = match nearest(name, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("defined: {}", names.join(", ")),
            };
            findings.add_with(used.at, format!("{shown} is not defined"), Some(help));
        }
    }
}

/// A secret that no settings declare. Where nobody knows the settings, every name is taken.
fn undeclared(used: &Named, secret: &str, findings: &mut Findings) {
    let Some(known) = findings
        .secrets
        .clone()
        .filter(|known| !known.iter().any(|name| name == secret))
    else {
        return;
    };
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let near = nearest(secret, &known).map(|near| format!("did you mean `{SECRETS}{near}`? else "));
    let help = format!(
        "{}add `{secret}` to `secrets:` in cutover.yaml, which takes it from the environment, or \
         write `$${{{{ {} }}}}` for the text itself",
        near.unwrap_or_default(),
        used.name,
    );
    let message = format!("the secret `${{{{ {} }}}}` is not declared", used.name);
    findings.add_with(used.at, message, Some(help));
}

fn sandbox(used: &Named, defined: &[Named], surfaces: &[Surface], findings: &mut Findings) {
    // At mcp and platform a name nobody provisions is a call like any other, with an answer.
    if !surfaces.contains(&Surface::Provider) || findings.incomplete {
        return;
    }
    let names: Vec<&str> = of(defined, Namespace::Sandbox)
        .map(|have| have.name.as_str())
        .collect();
    if !names.contains(&used.name.as_str()) {
        let help = match nearest(&used.name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "add a step `- provision: {}`".to_owned(),
            None => format!("provisioned: {}", names.join(", ")),
        };
        let name = used.name.escape_debug();
        findings.add_with(
            used.at,
            format!("no step provisions the sandbox `{name}`"),
            Some(help),
        );
    }
}

fn process(used: &Named, defined: &[Named], findings: &mut Findings) {
    if findings.incomplete {
        return;
    }
    let names: Vec<&str> = of(defined, Namespace::Process)
        .filter(|have| is_before(have, used))
        .map(|have| have.name.as_str())
        .collect();
    if !names.contains(&used.name.as_str()) {
        let help = match nearest(&used.name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "start it with `start_background: {as: NAME, cmd: ...}`".to_owned(),
        };
        let message = format!("no earlier step starts the process `{}`", used.name);
        findings.add_with(used.at, message, Some(help));
    }
}

fn session(used: &Named, defined: &[Named], findings: &mut Findings) {
    if findings.incomplete {
        return;
    }
    let names: Vec<&str> = of(defined, Namespace::Session)
        .filter(|have| is_before(have, used))
        .map(|have| have.name.as_str())
        .collect();
    if !names.contains(&used.name.as_str()) {
        let help = match nearest(&used.name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "make it with `create_session: {as: NAME}`".to_owned(),
        };
        let message = format!("no earlier step makes the session `{}`", used.name);
        findings.add_with(used.at, message, Some(help));
    }
}

/// Whether a definition has run when the use runs: deferred steps run last, in reverse order.
fn is_before(defined: &Named, used: &Named) -> bool {
    match (defined.deferred, used.deferred) {
        (false, false) => defined.step < used.step,
        (false, true) => defined.step != used.step,
        (true, false) => false,
        (true, true) => defined.step > used.step,
    }
}

fn of(defined: &[Named], namespace: Namespace) -> impl Iterator<Item = &Named> {
    defined
        .iter()
        .filter(move |have| have.namespace == namespace)
}

/// Fields that no surface of the scenario has, or that the surface they stand under has not.
fn fields(surfaces: &[Surface], findings: &mut Findings) {
    for (at, field, under) in std::mem::take(&mut findings.fields) {
        let looked_at: &[Surface] = match &under {
            Some(surface) if !surfaces.contains(surface) => {
                let message = format!("this scenario does not run at surface {surface}");
                findings.add(at, message);
                continue;
            }
            Some(surface) => std::slice::from_ref(surface),
            None => surfaces,
        };
        let known: Vec<&str> = looked_at
            .iter()
            .flat_map(|surface| field_names(*surface))
            .collect();
        if !known.is_empty() && !known.contains(&field.as_str()) {
            let names: Vec<&str> = looked_at.iter().map(|surface| surface.name()).collect();
            let what = format!("field at surface {}:", names.join(", "));
            findings.unknown(at, &what, &field, &known);
        }
    }
}

/// Expectations of what only the provider itself tells, where no provider is asked: they would never
/// be looked at, or never hold.
fn failures(surfaces: &[Surface], findings: &mut Findings) {
    for (at, under) in std::mem::take(&mut findings.failures) {
        let is_told = match under {
            Some(surface) => surface == Surface::Provider,
            None => surfaces.contains(&Surface::Provider),
        };
        if !is_told {
            let errors = FailureClass::ALL
                .into_iter()
                .filter(|class| class.is_error());
            let errors: Vec<&str> = errors.map(FailureClass::name).collect();
            findings.add_with(
                at,
                "at surfaces mcp and platform `failure` is expected by a `class` that means that the \
                 provider did not do its work",
                Some(format!(
                    "{}; what a tool reports stands in `text` or `body`",
                    errors.join(", ")
                )),
            );
        }
    }
}
