//! The arguments of a step: as they were written and checked, and with every reference replaced.

use std::time::Duration;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::call::sandbox_call::{Env, SessionId};
use crate::scenario::data::DataError;
use crate::scenario::template::{
    Bindings, DataTemplate, EnvTemplate, JsonTemplate, Template, Unresolved,
};

/// Checked arguments, by key; defaults are among them.
#[derive(Debug, Clone, Default)]
pub struct Written(Vec<(&'static str, Argument)>);

/// One checked argument.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is a kind of `key::Kind`")]
pub enum Argument {
    Text(Template),
    Null,
    Word(String),
    Duration(Duration),
    Whole(u64),
    Flag(bool),
    Data(DataTemplate),
    Env(EnvTemplate),
    Variables(IndexMap<String, Option<Template>>),
    Json(JsonTemplate),
}

/// Why a step's call could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A reference has no value: the step that would have captured it did not run.
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    /// The resolved size of random data is not a size.
    #[error("{0}")]
    Data(DataError),
    /// The verb's description and its call do not agree: a bug of ours.
    #[error("`{verb}` was made without its argument `{key}`")]
    Absent {
        /// The verb.
        verb: &'static str,
        /// The key that its call asks for.
        key: &'static str,
    },
    /// The verb makes no call: a bug of ours.
    #[error("`{0}` is not a call")]
    NotACall(&'static str),
}

impl From<DataError> for ResolveError {
    fn from(error: DataError) -> Self {
        match error {
            DataError::Unresolved(unresolved) => Self::Unresolved(unresolved),
            size @ DataError::Size(_) => Self::Data(size),
        }
    }
}

impl Written {
    /// What `provision` stands for with nothing written.
    pub(crate) fn main() -> Self {
        Self(vec![("name", Argument::Text(Template::literal("main")))])
    }

    /// Adds an argument.
    pub(crate) fn add(&mut self, key: &'static str, argument: Argument) {
        self.0.push((key, argument));
    }

    /// The arguments by key, in the order of the verb's description.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Argument)> {
        self.0.iter().map(|(key, argument)| (*key, argument))
    }

    fn get(&self, key: &str) -> Option<&Argument> {
        let found = self.0.iter().find(|(name, _)| *name == key);
        found.map(|(_, argument)| argument)
    }

    /// The arguments with every reference replaced.
    ///
    /// # Errors
    /// When a reference has no value, or random data no size.
    pub(crate) fn resolve(
        &self,
        verb: &'static str,
        bindings: &Bindings,
    ) -> Result<Arguments, ResolveError> {
        let values = self.0.iter().map(|(key, argument)| {
            let value = argument.resolve(bindings)?;
            Ok((*key, value))
        });
        let values = values.collect::<Result<_, ResolveError>>()?;
        Ok(Arguments { verb, values })
    }

    /// A text with references.
    pub(crate) fn text(&self, key: &str) -> Option<&Template> {
        match self.get(key)? {
            Argument::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A name or a word.
    pub(crate) fn word(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Argument::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Variables with references, none when not given.
    pub(crate) fn variables(&self, key: &str) -> IndexMap<String, Option<Template>> {
        match self.get(key) {
            Some(Argument::Variables(variables)) => variables.clone(),
            _ => IndexMap::new(),
        }
    }

    /// A time.
    pub(crate) fn duration(&self, key: &str) -> Option<Duration> {
        match self.get(key)? {
            Argument::Duration(duration) => Some(*duration),
            _ => None,
        }
    }
}

/// An argument with every reference replaced.
#[derive(Debug, Clone)]
enum Resolved {
    Text(String),
    Null,
    Duration(Duration),
    Whole(u64),
    Flag(bool),
    Data(Bytes),
    Env(Env),
    Json(Json),
}

impl Argument {
    /// Whether it says what holds without it: a provider that has no such argument does it anyway.
    pub(crate) fn asks_nothing(&self) -> bool {
        match self {
            Self::Duration(duration) => duration.is_zero(),
            Self::Flag(flag) => !flag,
            Self::Env(variables) => variables.is_empty(),
            Self::Variables(variables) => variables.is_empty(),
            Self::Text(_)
            | Self::Null
            | Self::Word(_)
            | Self::Whole(_)
            | Self::Data(_)
            | Self::Json(_) => false,
        }
    }

    fn resolve(&self, bindings: &Bindings) -> Result<Resolved, ResolveError> {
        Ok(match self {
            Self::Text(text) => Resolved::Text(text.resolve(bindings)?),
            // Variables of the stack belong to what the harness does, which resolves them itself.
            Self::Null | Self::Variables(_) => Resolved::Null,
            Self::Word(word) => Resolved::Text(word.clone()),
            Self::Duration(duration) => Resolved::Duration(*duration),
            Self::Whole(number) => Resolved::Whole(*number),
            Self::Flag(flag) => Resolved::Flag(*flag),
            Self::Data(data) => Resolved::Data(data.resolve(bindings)?),
            Self::Env(variables) => {
                let resolved = variables
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), value.resolve(bindings)?)));
                Resolved::Env(resolved.collect::<Result<_, Unresolved>>()?)
            }
            Self::Json(json) => Resolved::Json(json.resolve(bindings)?),
        })
    }
}

/// The arguments of a call, ready to be taken out by the verb's own file.
#[derive(Debug)]
pub struct Arguments {
    verb: &'static str,
    values: Vec<(&'static str, Resolved)>,
}

/// Defines a getter for each kind: what was given, or `None`.
macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $kind:ident -> $type:ty;)*) => {
        $(
            $(#[$doc])*
            pub(crate) fn $name(&self, key: &str) -> Option<$type> {
                match self.get(key)? {
                    Resolved::$kind(value) => Some(value.clone()),
                    _ => None,
                }
            }
        )*
    };
}

impl Arguments {
    getters! {
        /// A text or a word.
        maybe_text: Text -> String;
        /// A time.
        maybe_duration: Duration -> Duration;
        /// A whole number.
        maybe_whole: Whole -> u64;
        /// Bytes.
        maybe_data: Data -> Bytes;
        /// JSON.
        maybe_json: Json -> Json;
        maybe_env: Env -> Env;
        maybe_flag: Flag -> bool;
    }

    fn get(&self, key: &str) -> Option<&Resolved> {
        let found = self.values.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| value)
    }

    fn absent(&self, key: &'static str) -> ResolveError {
        let verb = self.verb;
        ResolveError::Absent { verb, key }
    }

    /// A text that the check has seen.
    pub(crate) fn text(&self, key: &'static str) -> Result<String, ResolveError> {
        self.maybe_text(key).ok_or_else(|| self.absent(key))
    }

    /// The session that the call names.
    pub(crate) fn session(&self) -> SessionId {
        match self.get("session_id") {
            Some(Resolved::Text(id)) => SessionId::Given(id.clone()),
            Some(_) => SessionId::LeftOut,
            None => SessionId::Current,
        }
    }

    /// The sandbox that the call is for.
    pub(crate) fn sandbox(&self) -> Result<String, ResolveError> {
        self.text("sandbox_name")
    }

    /// Bytes that the check has seen.
    pub(crate) fn data(&self, key: &'static str) -> Result<Bytes, ResolveError> {
        self.maybe_data(key).ok_or_else(|| self.absent(key))
    }

    /// Variables, none when not given.
    pub(crate) fn env(&self, key: &str) -> Env {
        self.maybe_env(key).unwrap_or_default()
    }

    /// A flag, `false` when not given.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.maybe_flag(key).unwrap_or_default()
    }
}
