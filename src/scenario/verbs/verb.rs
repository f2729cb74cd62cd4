//! What a verb is: the one description from which the check, the JSON Schema, the reference page
//! and the call itself are made.

use std::fmt;
use std::hash::{Hash, Hasher};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::call::{Provider, Surface, ToolCall};
use crate::scenario::verbs::ALL;
use crate::scenario::verbs::arguments::{Arguments, ResolveError, Written};
use crate::scenario::verbs::field::Field;
use crate::scenario::verbs::harness::HarnessAction;
use crate::scenario::verbs::key::Key;

/// A verb that a step may have. Two verbs are equal when their names are.
pub struct Verb {
    /// The key in YAML.
    pub name: &'static str,
    /// What it acts on.
    pub kind: VerbKind,
    /// What it does, in one sentence.
    pub what: &'static str,
    /// A step that uses it: an entry of `steps`, in YAML.
    pub example: &'static str,
    /// The surfaces that have it.
    pub surfaces: &'static [Surface],
    /// The providers that have it at surface provider.
    pub providers: &'static [Provider],
    /// Its arguments, in the order in which they are shown.
    pub keys: &'static [Key],
    /// The argument that a value alone stands for: `execute: ls` is `execute: { cmd: ls }`.
    pub short: Option<&'static str>,
    /// Arguments of which exactly one must be given.
    pub one_of: &'static [&'static str],
    /// What the outcome has at surface provider, beside the fields of every call.
    pub fields: &'static [Field],
    /// Whether it is about the platform itself: its sessions, or starting it anew.
    pub of_platform: bool,
    /// The capability that a scenario with it needs.
    pub requires: Option<&'static str>,
    /// Makes the call of the resolved arguments.
    pub call: Option<MakeCall>,
    /// What the harness itself does; `None` for what is a call after all.
    pub harness: Option<fn(&Written) -> Option<HarnessAction>>,
}

/// Makes a call of its arguments.
pub(crate) type MakeCall = fn(&Arguments) -> Result<ToolCall, ResolveError>;

/// What a verb acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerbKind {
    /// On what is in a sandbox: the work that an agent wants done.
    Work,
    /// On the life of a sandbox.
    Life,
    /// On the harness, or on what stands between agent and provider.
    Harness,
}

impl Verb {
    /// What a verb's description starts from.
    pub const BLANK: Self = Self {
        name: "",
        kind: VerbKind::Work,
        what: "",
        example: "",
        surfaces: &[Surface::Provider],
        providers: &[Provider::E2b, Provider::Daytona],
        keys: &[],
        short: None,
        one_of: &[],
        fields: &[],
        of_platform: false,
        requires: None,
        call: None,
        harness: None,
    };

    /// The verb of a YAML key.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|verb| verb.name == name)
    }

    /// Its place among all verbs, in the order in which they are shown.
    pub fn position(&self) -> usize {
        ALL.into_iter().take_while(|verb| *verb != self).count()
    }

    /// The argument of this name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Whether what it gives comes from behind the scenes, whatever the surface.
    pub const fn is_behind(&self) -> bool {
        self.call.is_none()
    }

    /// Whether it may be written with no argument at all.
    pub fn needs_nothing(&self) -> bool {
        self.one_of.is_empty() && !self.keys.iter().any(Key::is_required)
    }
}

impl PartialEq for Verb {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Verb {}

impl Hash for Verb {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Debug for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verb({})", self.name)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for Verb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl JsonSchema for Verb {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Verb".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = ALL.into_iter().map(|verb| verb.name).collect();
        json_schema!({ "type": "string", "enum": names, "description": "What a step does." })
    }
}
