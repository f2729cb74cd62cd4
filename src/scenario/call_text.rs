//! The call of a step as people read it: the verb and its arguments, with references as they were
//! written.

use std::time::Duration;

use cutover_base::side::Side;
use cutover_base::words::counted;
use indexmap::IndexMap;

use crate::scenario::model::{Action, Step};
use crate::scenario::template::{DataTemplate, Part, Template};
use crate::scenario::verbs::arguments::Argument;
use crate::scenario::verbs::{HarnessAction, Need, ProviderEvent, Restart, Verb, Written};

/// Bytes of a call that are kept for reports. The whole stands in the scenario, which the journal
/// holds.
pub const CALL_BYTES_MAX: usize = 4096;

/// A call as a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallText {
    /// The verb, its arguments in the spelling of YAML, a command as it stands; its beginning when
    /// it is over [`CALL_BYTES_MAX`].
    pub text: Box<str>,
    /// Bytes of the whole.
    pub bytes: usize,
}

impl CallText {
    /// The call of a step.
    pub fn of(step: &Step) -> Self {
        match &step.action {
            Action::Call(call) => Self::new(call.verb, &arguments(call.verb, &call.written)),
            Action::Harness(verb, action) => Self::new(verb, &harness(verb, action)),
            Action::Parallel(children) => {
                Self::cut(&format!("parallel: {}", counted(children.len(), "step")))
            }
        }
    }

    /// Whether this is only the beginning.
    pub fn is_cut(&self) -> bool {
        self.text.len() < self.bytes
    }

    fn new(verb: &Verb, arguments: &[(&'static str, String)]) -> Self {
        let is_main = |(key, _): &&(&'static str, String)| verb.short == Some(*key);
        let main = arguments.iter().find(is_main);
        let rest = arguments.iter().filter(|argument| !is_main(argument));
        let rest: Vec<String> = rest
            .map(|(key, value)| format!("{key}: {}", quoted(value)))
            .collect();
        let rest = match rest.as_slice() {
            [] => String::new(),
            some => format!("{{ {} }}", some.join(", ")),
        };
        Self::cut(&match main {
            Some((_, main)) if rest.is_empty() => format!("{verb}: {main}"),
            Some((_, main)) => format!("{verb}: {}\n  with {rest}", main.trim_end_matches('\n')),
            None if rest.is_empty() => verb.name.to_owned(),
            None => format!("{verb}: {rest}"),
        })
    }

    fn cut(text: &str) -> Self {
        let bytes = text.len();
        let mut end = bytes.min(CALL_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            text: text[..end].into(),
            bytes,
        }
    }
}

/// The arguments that were written: those that stand for nothing written are left out.
fn arguments(verb: &Verb, written: &Written) -> Vec<(&'static str, String)> {
    let shown = written
        .iter()
        .map(|(key, argument)| (key, argument_text(argument)));
    let is_default = |name: &str, value: &str| {
        let key = verb.key(name);
        key.is_some_and(|key| matches!(key.need, Need::Default(default) if default == value))
    };
    shown
        .filter(|(name, value)| !is_default(name, value))
        .collect()
}

fn argument_text(argument: &Argument) -> String {
    match argument {
        Argument::Text(text) => template(text),
        Argument::Null => "null".to_owned(),
        Argument::Word(word) => word.clone(),
        Argument::Duration(duration) => duration_text(*duration),
        Argument::Whole(number) => number.to_string(),
        Argument::Flag(flag) => flag.to_string(),
        Argument::Data(DataTemplate::Text(text)) => template(text),
        // What was read from a file may be many MiB.
        Argument::Data(DataTemplate::Bytes(bytes)) if bytes.len() > CALL_BYTES_MAX => {
            format!("({} bytes)", bytes.len())
        }
        Argument::Data(DataTemplate::Bytes(bytes)) => match str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => format!("({} bytes that are not text)", bytes.len()),
        },
        Argument::Data(DataTemplate::Random { seed, size }) => {
            format!(
                "({} of random data, seed {})",
                template(size),
                template(seed)
            )
        }
        Argument::Env(variables) => {
            let all = variables
                .iter()
                .map(|(name, value)| format!("{name}={}", template(value)));
            all.collect::<Vec<_>>().join(" ")
        }
        Argument::Variables(variables) => self::variables(variables),
        Argument::Json(json) => json.written().to_string(),
    }
}

fn harness(verb: &Verb, action: &HarnessAction) -> Vec<(&'static str, String)> {
    let main = verb.short.unwrap_or_default();
    match action {
        HarnessAction::Pause(duration) | HarnessAction::Advance(duration) => {
            vec![(main, duration_text(*duration))]
        }
        HarnessAction::AtProvider { sandbox, event } => {
            let event = match event {
                ProviderEvent::Kill => "kill",
                ProviderEvent::Delete => "delete",
                ProviderEvent::Stop => "stop",
                ProviderEvent::Pause => "pause",
                ProviderEvent::Expire => "expire",
                ProviderEvent::List => "list",
            };
            let mut shown = vec![(main, event.to_owned())];
            let sandbox = template(sandbox);
            if sandbox != "main" {
                shown.push(("sandbox", sandbox));
            }
            shown
        }
        HarnessAction::Fault { spec, side } => {
            let side = side.map(Side::name).map(|side| ("side", side.to_owned()));
            [(main, spec.clone())].into_iter().chain(side).collect()
        }
        HarnessAction::Restart(Restart::Mcp { env } | Restart::Platform { env }) => {
            let given = (!env.is_empty()).then(|| ("env", variables(env)));
            given.into_iter().collect()
        }
        HarnessAction::Restart(Restart::Switch) => Vec::new(),
    }
}

/// Variables that are set or unset.
fn variables(variables: &IndexMap<String, Option<Template>>) -> String {
    let all = variables.iter().map(|(name, value)| match value {
        Some(value) => format!("{name}={}", template(value)),
        None => format!("{name} unset"),
    });
    all.collect::<Vec<_>>().join(" ")
}

/// A template as it was written, but for the spaces in its references.
fn template(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Literal(text) => text.replace("${{", "$${{"),
        Part::Reference(name) => format!("${{{{ {name} }}}}"),
    };
    template.parts.iter().map(part).collect()
}

fn duration_text(duration: Duration) -> String {
    match duration.as_millis() {
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}

/// A value in a mapping: as it stands where that cannot be misread.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./~%+=@".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    serde_json::Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use crate::scenario::load_embedded;

    use super::*;

    fn call_of(step: &str) -> CallText {
        let text = format!("why: x\nsteps:\n  - execute: ls\n    capture: {{v: output}}\n{step}\n");
        let scenario = &load_embedded(&[("a/b", &text)]).unwrap()[0];
        CallText::of(scenario.steps.last().unwrap())
    }

    #[test]
    fn a_call_is_shown_as_it_is_written() {
        for (step, wanted) in [
            ("  - execute: 'echo $HOME'", "execute: echo $HOME"),
            (
                "  - execute: 'echo ${{v}} $${{ v }}'",
                "execute: echo ${{ v }} $${{ v }}",
            ),
            (
                "  - execute: { cmd: \"a\\nb\\n\", timeout: 1500ms, env: { A: x y } }",
                "execute: a\nb\n  with { env: \"A=x y\", timeout: 1500ms }",
            ),
            ("  - read_file: /a b", "read_file: /a b"),
            (
                "  - write_file: { path: /a, data: \"é\\n\" }",
                "write_file: { path: /a, data: \"é\\n\" }",
            ),
            (
                "  - write_file: { path: /a, data: { base64: /w== } }",
                "write_file: { path: /a, data: \"(1 bytes that are not text)\" }",
            ),
            (
                "  - write_file: { path: /a, data: { random: { seed: s, size: 1MiB } } }",
                "write_file: { path: /a, data: \"(1MiB of random data, seed s)\" }",
            ),
            ("  - wait: 2s", "wait: 2s"),
            ("  - at_provider: kill", "at_provider: kill"),
            (
                "  - parallel: [{execute: a}, {execute: b}]",
                "parallel: 2 steps",
            ),
            ("  - terminate: main", "terminate"),
        ] {
            assert_eq!(&*call_of(step).text, wanted, "{step}");
        }
    }

    #[test]
    fn a_huge_call_is_cut_between_characters_and_counted() {
        let call = call_of(&format!("  - execute: 'x{}'", "é".repeat(50_000)));
        assert!(call.is_cut() && call.text.len() <= CALL_BYTES_MAX);
        assert_eq!(call.bytes, "execute: x".len() + 100_000);
        assert!(!call_of("  - execute: 'true'").is_cut());
    }
}
