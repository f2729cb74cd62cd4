//! The arguments of a verb, read by the verb's own description.

use std::path::Path;

use cutover_base::fault::Fault;

use crate::scenario::check::data::data;
use crate::scenario::check::fields::Fields;
use crate::scenario::check::findings::{Findings, Namespace, Narrow};
use crate::scenario::check::scalar;
use crate::scenario::node::{Kind as NodeKind, Node, Position};
use crate::scenario::template::{JsonTemplate, Template};
use crate::scenario::verbs::arguments::Argument;
use crate::scenario::verbs::key::When;
use crate::scenario::verbs::{Key, Kind, Need, Verb, Written};
use crate::scenario::want::HadBy;

/// Signals that a provider can be asked to send: what none sends is not offered.
pub(crate) const SIGNALS: [&str; 2] = ["TERM", "KILL"];

/// What was written for a verb: a mapping, or one value that is short for its main argument.
struct Given<'n> {
    at: Position,
    short: Option<(&'static str, &'n Node)>,
    fields: Option<Fields<'n>>,
}

/// Reads the arguments of a verb; `None` when one of them is wrong.
pub(crate) fn arguments(
    verb: &'static Verb,
    node: &Node,
    folder: Option<&Path>,
    findings: &mut Findings,
) -> Option<Written> {
    let before = findings.count();
    let given = Given::open(verb, node, findings)?;
    let chosen = verb.one_of.iter().filter(|key| given.get(key).is_some());
    if !verb.one_of.is_empty() && chosen.count() != 1 {
        let names: Vec<String> = verb.one_of.iter().map(|key| format!("`{key}`")).collect();
        let names = names.join(" and ");
        findings.add(
            node.at,
            format!("`{verb}` must have exactly one of {names}"),
        );
        return None;
    }
    let mut written = Written::default();
    for key in verb.keys {
        note_surfaces(verb, key, &given, findings);
        if let Some(argument) = argument(verb, key, &given, folder, findings) {
            note_providers(verb, key, &given, &argument, findings);
            written.add(key.name, argument);
        }
    }
    (findings.count() == before).then_some(written)
}

impl<'n> Given<'n> {
    fn open(verb: &Verb, node: &'n Node, findings: &mut Findings) -> Option<Self> {
        let is_short = !matches!(
            node.kind,
            NodeKind::Map(_) | NodeKind::Null | NodeKind::List(_)
        );
        let (short, fields) = match verb.short {
            Some(name) if is_short => (Some((name, node)), None),
            _ => {
                let known: Vec<&str> = verb.keys.iter().map(|key| key.name).collect();
                let what = format!("arguments of {verb}");
                (None, Some(Fields::open(node, what, &known, findings)?))
            }
        };
        Some(Self {
            at: node.at,
            short,
            fields,
        })
    }

    fn get(&self, name: &str) -> Option<&'n Node> {
        match (&self.short, &self.fields) {
            (Some((short, node)), _) => (*short == name).then_some(*node),
            (None, fields) => fields.as_ref()?.get(name),
        }
    }

    /// Where the argument's key stands, if it was written out.
    fn written_at(&self, name: &str) -> Option<Position> {
        self.fields.as_ref()?.entry(name).map(|(at, _)| at)
    }

    fn is_set(&self, flag: &str) -> bool {
        let node = self.get(flag);
        node.is_some_and(|node| matches!(node.kind, NodeKind::Bool(true)))
    }
}

/// Notes an argument that not every surface of the verb has.
fn note_surfaces(verb: &Verb, key: &Key, given: &Given<'_>, findings: &mut Findings) {
    let Some(at) = given.written_at(key.name) else {
        return;
    };
    let lacks = |surface| !key.surfaces.is_empty() && !key.surfaces.contains(surface);
    if verb.surfaces.iter().any(lacks) {
        findings.narrow.push(Narrow {
            at,
            what: format!("`{}` of {verb}", key.name),
            surfaces: key.surfaces,
        });
    }
}

/// Notes an argument, or a word of one, that not every provider or lane has.
fn note_providers(
    verb: &Verb,
    key: &Key,
    given: &Given<'_>,
    argument: &Argument,
    findings: &mut Findings,
) {
    let Some(node) = given.get(key.name) else {
        return;
    };
    if !key.providers.is_empty() && !argument.asks_nothing() {
        let at = given.written_at(key.name).unwrap_or(node.at);
        let what = format!("`{}` of `{verb}`", key.name);
        findings.wants(at, what, HadBy::Providers(key.providers));
    }
    let Argument::Word(word) = argument else {
        return;
    };
    let what = || format!("`{word}` of `{verb}`");
    if let Some((_, providers)) = key.words.iter().find(|(known, _)| known == word) {
        findings.wants(node.at, what(), HadBy::Providers(providers));
    }
    if key.of_standins.contains(&word.as_str()) {
        findings.wants(node.at, what(), HadBy::Standins);
    }
}

/// Reads one argument, or takes what stands for it.
fn argument(
    verb: &Verb,
    key: &Key,
    given: &Given<'_>,
    folder: Option<&Path>,
    findings: &mut Findings,
) -> Option<Argument> {
    if matches!(key.when, When::With(other) if given.get(other).is_none()) {
        return None;
    }
    if let When::Without(other) = key.when
        && let (Some(_), Some(node)) = (given.get(other), given.get(key.name))
    {
        let message = format!("`{verb}` has `{other}` or `{}`, not both", key.name);
        findings.add(given.written_at(key.name).unwrap_or(node.at), message);
    }
    let argument = match (given.get(key.name), key.need) {
        (Some(node), _) => read(key, node, folder, findings),
        (None, Need::Default(value)) => Some(default(key, value)),
        (None, Need::RequiredUnless(flag)) if given.is_set(flag) => None,
        (None, Need::Required | Need::RequiredUnless(_)) => {
            findings.add(given.at, format!("`{verb}` must have `{}`", key.name));
            None
        }
        (None, Need::Optional | Need::Implied(_)) => None,
    };
    if has_meaning(key, given) {
        let at = given.get(key.name).map_or(given.at, |node| node.at);
        note_names(key, argument.as_ref(), at, findings);
    }
    argument
}

fn has_meaning(key: &Key, given: &Given<'_>) -> bool {
    match key.when {
        When::Always | When::With(_) | When::Without(_) => true,
        When::Unless(other, word) => given.get(other).and_then(Node::as_text) != Some(word),
    }
}

/// Notes the names of sandboxes, processes and sessions that the argument defines or uses.
fn note_names(key: &Key, argument: Option<&Argument>, at: Position, findings: &mut Findings) {
    let name = match argument {
        Some(Argument::Text(text)) => text.as_literal(),
        Some(Argument::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    let Some(name) = name else {
        return;
    };
    match key.kind {
        Kind::NewSandbox => findings.define(Namespace::Sandbox, name, at),
        Kind::Sandbox => findings.uses(Namespace::Sandbox, name, at),
        Kind::NewProcess => findings.define(Namespace::Process, name, at),
        Kind::Process => findings.uses(Namespace::Process, name, at),
        Kind::NewSession => findings.define(Namespace::Session, name, at),
        Kind::Session => findings.uses(Namespace::Session, name, at),
        _ => {}
    }
}

/// What stands for an argument that was not given. Only texts and flags have such a value.
fn default(key: &Key, value: &'static str) -> Argument {
    match key.kind {
        Kind::Flag => Argument::Flag(value == "true"),
        _ => Argument::Text(Template::literal(value)),
    }
}

fn read(
    key: &Key,
    node: &Node,
    folder: Option<&Path>,
    findings: &mut Findings,
) -> Option<Argument> {
    let what = format!("`{}`", key.name);
    match key.kind {
        Kind::Text | Kind::NewSandbox | Kind::Sandbox => {
            scalar::template(node, &what, findings).map(Argument::Text)
        }
        Kind::TextOrNull if matches!(node.kind, NodeKind::Null) => Some(Argument::Null),
        Kind::TextOrNull => scalar::template(node, &what, findings).map(Argument::Text),
        Kind::NewProcess | Kind::Process | Kind::NewSession | Kind::Session => {
            scalar::name(node, &what, findings).map(Argument::Word)
        }
        Kind::Duration(Some(bounds)) => {
            scalar::duration_within(node, &what, bounds, findings).map(Argument::Duration)
        }
        Kind::Duration(None) => scalar::duration(node, &what, findings).map(Argument::Duration),
        Kind::Whole(least, most) => {
            scalar::whole(node, &what, (least, most), findings).map(Argument::Whole)
        }
        Kind::Flag => scalar::boolean(node, &what, findings).map(Argument::Flag),
        Kind::Word(noun, words) => word(node, &what, noun, words, findings),
        Kind::Signal => signal(node, &what, findings),
        Kind::Fault => fault_spec(node, &what, findings),
        Kind::Data => data(node, folder, findings).map(Argument::Data),
        Kind::Env => Some(Argument::Env(scalar::env(node, &what, findings))),
        Kind::Variables => Some(Argument::Variables(scalar::variables(
            node, &what, findings,
        ))),
        Kind::Json => json(node, findings),
    }
}

fn word(
    node: &Node,
    what: &str,
    noun: &str,
    words: &[&str],
    findings: &mut Findings,
) -> Option<Argument> {
    let word = scalar::text(node, what, findings)?;
    if words.contains(&word) {
        return Some(Argument::Word(word.to_owned()));
    }
    findings.unknown(node.at, noun, word, words);
    None
}

fn signal(node: &Node, what: &str, findings: &mut Findings) -> Option<Argument> {
    let word = scalar::text(node, what, findings)?.to_ascii_uppercase();
    let name = word.strip_prefix("SIG").unwrap_or(&word);
    if SIGNALS.contains(&name) {
        return Some(Argument::Word(name.to_owned()));
    }
    findings.none_of(node.at, "no provider sends the signal", name, &SIGNALS);
    None
}

fn fault_spec(node: &Node, what: &str, findings: &mut Findings) -> Option<Argument> {
    // `503` alone is a number in YAML and a fault here.
    let spec = match &node.kind {
        NodeKind::Number(number) => number.to_string(),
        _ => scalar::text(node, what, findings)?.to_owned(),
    };
    match Fault::parse_list(&spec) {
        Ok(_) => Some(Argument::Word(spec)),
        Err(why) => {
            findings.add(node.at, why.to_string());
            None
        }
    }
}

fn json(node: &Node, findings: &mut Findings) -> Option<Argument> {
    match JsonTemplate::parse(node.to_json()) {
        Ok((template, names)) => {
            for name in names {
                findings.uses(Namespace::Reference, &name, node.at);
            }
            Some(Argument::Json(template))
        }
        Err(error) => {
            findings.add(node.at, error.to_string());
            None
        }
    }
}
