//! Where the check collects mistakes.

use cutover_base::secret::Secret;
use indexmap::IndexMap;
use serde_json::Value;

use crate::call::Surface;
use crate::scenario::check::written::written;
use crate::scenario::nearest::nearest;
use crate::scenario::node::{Node, Position};
use crate::scenario::problem::Problem;
use crate::scenario::template::{SECRETS, Template};
use crate::scenario::verbs::Verb;
use crate::scenario::want::{HadBy, Want};

/// Mistakes of one file that are shown; a file with more has one cause, not hundreds.
const FINDINGS_MAX: usize = 200;

/// The mistakes of one file so far, and the names that the last pass ([`super::flow`]) checks.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<(Position, String, Option<Help>)>,
    /// Number of the step that is being read; the children of a `parallel` share its number.
    pub(crate) step: usize,
    /// Its id.
    pub(crate) step_id: String,
    /// Whether the step that is being read is deferred.
    pub(crate) deferred: bool,
    /// Names that steps define.
    pub(crate) defined: Vec<Named>,
    /// Names that steps use.
    pub(crate) used: Vec<Named>,
    /// Fields that steps name, with the surface they were named under.
    pub(crate) fields: Vec<(Position, String, Option<Surface>)>,
    /// Verbs in the order they were written.
    pub(crate) verbs: Vec<(&'static Verb, Position)>,
    /// What exists at some surfaces only of those that the verbs have.
    pub(crate) narrow: Vec<Narrow>,
    /// Expectations of failures that only the provider itself tells, with the surface they were
    /// named under.
    pub(crate) failures: Vec<(Position, Option<Surface>)>,
    /// What steps ask for that not every provider or lane has.
    pub(crate) wants: Vec<Want>,
    /// Sizes of random data that hold references.
    pub(crate) sizes: Vec<(Position, Template)>,
    /// Names that `${{ secrets.NAME }}` may have, if they are known.
    pub(crate) secrets: Option<Vec<String>>,
    /// A step's verb could not be read: what it defines is not known.
    pub(crate) incomplete: bool,
}

/// Something that exists at some surfaces only.
#[derive(Debug, Clone)]
pub(crate) struct Narrow {
    pub(crate) at: Position,
    /// What it is.
    pub(crate) what: String,
    /// Where it exists.
    pub(crate) surfaces: &'static [Surface],
}

impl Narrow {
    /// Where it exists, in words.
    pub(crate) fn told(&self) -> String {
        let names: Vec<&str> = self.surfaces.iter().map(|surface| surface.name()).collect();
        let what = &self.what;
        match names.as_slice() {
            [one] => format!("{what} exists at surface {one} only"),
            many => format!("{what} exists at surfaces {} only", many.join(" and ")),
        }
    }
}

/// What would be right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Help {
    /// As it is told.
    Text(String),
    /// That this value, which YAML reads as no text, be quoted as it is written.
    Quote(Value),
}

impl From<String> for Help {
    fn from(help: String) -> Self {
        Self::Text(help)
    }
}

impl Help {
    fn told(self, text: &str, at: Position) -> String {
        match self {
            Self::Text(help) => help,
            Self::Quote(value) => match written(text, at, &value) {
                Some(written) => format!("quote it: \"{written}\""),
                None => "quote it".to_owned(),
            },
        }
    }
}

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// `${{ name }}`; defined by `capture`.
    Reference,
    /// A sandbox; defined by `provision`.
    Sandbox,
    /// A background process; defined by `start_background`.
    Process,
    /// A session of the platform; defined by `create_session`, but for the first.
    Session,
    /// A step's id.
    Step,
}

/// A name at a place.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) namespace: Namespace,
    pub(crate) name: String,
    pub(crate) at: Position,
    pub(crate) step: usize,
    pub(crate) deferred: bool,
}

impl Findings {
    /// Adds a mistake.
    pub(crate) fn add(&mut self, at: Position, message: impl Into<String>) {
        self.add_with(at, message, None::<Help>);
    }

    /// Adds a mistake and what would be right.
    pub(crate) fn add_with(
        &mut self,
        at: Position,
        message: impl Into<String>,
        help: Option<impl Into<Help>>,
    ) {
        if self.list.len() < FINDINGS_MAX {
            self.list.push((at, message.into(), help.map(Into::into)));
        }
    }

    /// Adds a word that is none of the known ones, and names the nearest or all.
    pub(crate) fn unknown(&mut self, at: Position, what: &str, word: &str, known: &[&str]) {
        self.none_of(at, &format!("unknown {what}"), word, known);
    }

    /// As [`Findings::unknown`], with other words before the wrong one.
    pub(crate) fn none_of(&mut self, at: Position, said: &str, word: &str, known: &[&str]) {
        let help = match nearest(word, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        let word: String = word.escape_debug().take(60).collect();
        self.add_with(at, format!("{said} `{word}`"), Some(help));
    }

    /// Adds a value of the wrong type.
    pub(crate) fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str) {
        let help = match node.to_json() {
            value @ (Value::Bool(_) | Value::Number(_)) if wanted == "text" => {
                Some(Help::Quote(value))
            }
            _ => None,
        };
        let message = format!("{what} must be {wanted}, this is {}", node.type_name());
        self.add_with(node.at, message, help);
    }

    /// Notes a name that the current step defines.
    pub(crate) fn define(&mut self, namespace: Namespace, name: &str, at: Position) {
        let named = self.named(namespace, name, at);
        self.defined.push(named);
    }

    /// Notes a name that the current step uses.
    pub(crate) fn uses(&mut self, namespace: Namespace, name: &str, at: Position) {
        let named = self.named(namespace, name, at);
        self.used.push(named);
    }

    /// Notes something that the current step asks for and not everybody has.
    pub(crate) fn wants(&mut self, at: Position, what: String, had_by: HadBy) {
        self.wants.push(Want {
            step: self.step_id.clone(),
            what,
            had_by,
            at,
        });
    }

    fn named(&self, namespace: Namespace, name: &str, at: Position) -> Named {
        Named {
            namespace,
            name: name.to_owned(),
            at,
            step: self.step,
            deferred: self.deferred,
        }
    }

    /// The secrets that steps use, without values.
    pub(crate) fn secrets_used(&self) -> IndexMap<String, Option<Secret>> {
        let references = self
            .used
            .iter()
            .filter(|used| used.namespace == Namespace::Reference);
        references
            .filter_map(|used| used.name.strip_prefix(SECRETS))
            .map(|name| (name.to_owned(), None))
            .collect()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.list.len()
    }

    /// The mistakes as problems of a file, in the order of their places.
    pub(crate) fn into_problems(mut self, file: &str, text: &str) -> Vec<Problem> {
        self.list.sort_by_key(|(at, ..)| *at);
        self.list.dedup();
        self.list
            .into_iter()
            .map(|(at, message, help)| {
                let help = help.map(|help| help.told(text, at));
                Problem::at(file, text, at, message).with_help(help)
            })
            .collect()
    }
}
