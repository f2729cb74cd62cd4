//! The names that a step defines for later ones, and those that it uses.

use crate::scenario::model::{Action, Step};
use crate::scenario::template::{DataTemplate, JsonTemplate, Template};
use crate::scenario::verbs::arguments::Argument;
use crate::scenario::verbs::{HarnessAction, Kind, Restart};

/// Names of a step: of captures as they are, of processes as `process NAME`, of sessions as `session NAME`, of sandboxes as
/// `sandbox.NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Names {
    /// What later steps may use.
    pub(crate) defines: Vec<String>,
    /// What the step's call cannot do without.
    pub(crate) uses: Vec<String>,
}

impl Names {
    /// The names of a step, those of its parallel steps not among them.
    pub(crate) fn of(step: &Step) -> Self {
        let mut names = Self::default();
        let captures = step.capture.iter().map(|capture| capture.name.clone());
        names.defines.extend(captures);
        let call = match &step.action {
            Action::Call(call) => call,
            Action::Harness(
                _,
                HarnessAction::Restart(Restart::Mcp { env } | Restart::Platform { env }),
            ) => {
                let texts = env.values().flatten();
                let used = texts.flat_map(|text| text.references().map(str::to_owned));
                names.uses.extend(used);
                return names;
            }
            Action::Harness(..) | Action::Parallel(_) => return names,
        };
        for (key, argument) in call.written.iter() {
            let kind = call.verb.key(key).map(|key| key.kind);
            let literal = match argument {
                Argument::Text(text) => text.as_literal(),
                Argument::Word(word) => Some(word.as_str()),
                _ => None,
            };
            match (kind, literal) {
                (Some(Kind::NewProcess), Some(name)) => names.defines.push(process(name)),
                (Some(Kind::Process), Some(name)) => names.uses.push(process(name)),
                (Some(Kind::NewSession), Some(name)) => names.defines.push(session(name)),
                (Some(Kind::Session), Some(name)) => names.uses.push(session(name)),
                (Some(Kind::NewSandbox), Some(name)) => names.defines.push(sandbox(name)),
                (Some(Kind::Sandbox), Some(name)) => names.uses.push(sandbox(name)),
                _ => names.uses.extend(references(argument)),
            }
        }
        names
    }
}

fn process(name: &str) -> String {
    format!("process {name}")
}

fn session(name: &str) -> String {
    format!("session {name}")
}

fn sandbox(name: &str) -> String {
    format!("sandbox.{name}")
}

fn references(argument: &Argument) -> Vec<String> {
    let of = |text: &Template| text.references().map(str::to_owned).collect::<Vec<_>>();
    match argument {
        Argument::Text(text) | Argument::Data(DataTemplate::Text(text)) => of(text),
        Argument::Data(DataTemplate::Random { seed, size }) => [of(seed), of(size)].concat(),
        Argument::Env(variables) => variables.iter().flat_map(|(_, value)| of(value)).collect(),
        Argument::Json(json) => JsonTemplate::parse(json.written().clone())
            .map(|(_, names)| names)
            .unwrap_or_default(),
        Argument::Variables(variables) => variables.values().flatten().flat_map(of).collect(),
        Argument::Data(DataTemplate::Bytes(_))
        | Argument::Null
        | Argument::Word(_)
        | Argument::Duration(_)
        | Argument::Whole(_)
        | Argument::Flag(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::load_embedded;

    use super::*;

    #[test]
    fn what_a_step_defines_and_uses() {
        let text = "why: x\nsteps:\n  - execute: ls\n    capture: {v: output}\n  \
                    - start_background: { as: p, cmd: 'cat ${{ v }}' }\n  \
                    - send_stdin: { process: p, data: '${{v}} ${{ sandbox.main }}' }\n";
        let scenario = &load_embedded(&[("a/b", text)]).unwrap()[0];
        let names: Vec<_> = scenario.steps.iter().map(Names::of).collect();
        assert_eq!(names[0].defines, ["sandbox.main"]);
        assert_eq!(names[1].defines, ["v"]);
        assert_eq!(names[2].defines, ["process p"]);
        assert!(names[2].uses.contains(&"v".to_owned()));
        for used in ["process p", "v", "sandbox.main"] {
            assert!(names[3].uses.contains(&used.to_owned()), "{used}");
        }
    }
}
