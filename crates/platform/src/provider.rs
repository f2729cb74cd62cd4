//! What the endpoint asks of a sandbox provider.
//!
//! Comes in: ids and requests, in JavaScript's own strings where an agent wrote them. Goes out:
//! what the provider gave, or what the original would have thrown. Deliberately absent: any wire.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cutover_js::{Text, Value};
use indexmap::IndexMap;

use crate::inject::Environment;
use crate::model::Agent;
use crate::settings::Choice;

/// A provider of sandboxes.
///
/// The endpoint asks for one thing at a time and bounds nothing but what it says: limits of time
/// are the provider's own.
#[async_trait]
pub trait SandboxProvider: Send + Sync + fmt::Debug {
    /// What stands before `://` in the stored address of a sandbox: `e2b`.
    fn url_scheme(&self) -> &str;

    /// Creates a sandbox for a session.
    async fn create(
        &self,
        session_id: &Text,
        agent: &Agent,
        environment: &Environment,
    ) -> Result<Created, Thrown>;

    /// Runs a command.
    async fn execute(&self, id: &Text, cmd: &Text, timeout: Duration) -> Result<Executed, Thrown>;

    /// Reads a file as text, as the original does: what is not text comes as it came.
    async fn read_file(&self, id: &Text, path: &Text) -> Result<Value, Thrown>;

    /// Ends a sandbox. One that is gone already is no failure.
    async fn terminate(&self, id: &Text) -> Result<(), Thrown>;

    /// Tells whether a sandbox can still be used. Asked only where fixes are.
    async fn alive(&self, id: &Text) -> Result<bool, Thrown>;

    /// Reads a file as it is, its size checked before it is fetched: one of more than
    /// `bytes_max` bytes is [`Thrown`] with [`Class::TooLarge`]. Asked only where fixes are.
    async fn read_bytes(&self, id: &Text, path: &Text, bytes_max: u64) -> Result<Bytes, Thrown>;
}

/// A sandbox that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The provider's id of it.
    pub id: Text,
    /// What it was made of, where the provider told that: the name of a snapshot.
    pub made_of: Option<Text>,
}

/// What a command gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Executed {
    /// The text for the agent; none where the provider's answer had none. It may be anything that
    /// JSON can say, as the original hands it on unseen.
    pub output: Option<Value>,
    /// Whether the command failed. The original knows no such thing; told only where fixes are.
    pub failed: bool,
}

/// What the original would have thrown: the message of the JavaScript error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thrown {
    /// The error's message.
    pub message: Text,
    /// What it was about, as far as fixes tell it to the agent.
    pub class: Class,
    /// The status of the provider's answer, where there was one.
    pub status: Option<u16>,
    /// Whether what was asked for may have been done all the same.
    pub effect: Effect,
}

/// What a call that failed may have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it was not sent, or it was refused.
    None,
    /// Nobody knows.
    Unknown,
    /// All of it. That it failed is what the original makes of the outcome.
    Done,
}

/// What a failure was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The sandbox is gone for good.
    SandboxGone,
    /// The command ran into its limit of time.
    TimeLimit,
    /// There is no such file.
    NoSuchFile,
    /// The path is that of a directory.
    IsDirectory,
    /// The file may not be read.
    PermissionDenied,
    /// The file is larger than was asked for.
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// A sandbox was not made, for a reason that the message tells in words for the agent.
    NotMade,
    /// Anything else: the provider did not do its work.
    Other,
}

impl Thrown {
    /// An error of no class that an agent is told about.
    pub fn new(message: impl Into<Text>) -> Self {
        Self::of(Class::Other, message)
    }

    /// An error of a class.
    pub fn of(class: Class, message: impl Into<Text>) -> Self {
        Self {
            message: message.into(),
            class,
            status: None,
            effect: Effect::Unknown,
        }
    }

    /// The same, of an answer with this status. What was refused for a mistake of whoever asked was
    /// not done.
    #[must_use]
    pub fn with_status(mut self, status: Option<u16>) -> Self {
        self.status = status;
        if status.is_some_and(|status| (400..500).contains(&status)) {
            self.effect = Effect::None;
        }
        self
    }

    /// The same, of a call that has done so much.
    #[must_use]
    pub const fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }
}

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

impl std::error::Error for Thrown {}

/// The providers whose keys are set, by scheme.
#[derive(Debug, Clone, Default)]
pub struct Registry(IndexMap<String, Arc<dyn SandboxProvider>>);

impl Registry {
    /// Puts these providers into a registry.
    pub fn new(providers: impl IntoIterator<Item = Arc<dyn SandboxProvider>>) -> Self {
        let named = |it: Arc<dyn SandboxProvider>| (it.url_scheme().to_owned(), it);
        Self(providers.into_iter().map(named).collect())
    }

    /// The providers, for whoever wants to stand between them and the endpoint.
    pub fn into_providers(self) -> impl Iterator<Item = Arc<dyn SandboxProvider>> {
        self.0.into_values()
    }

    /// The provider of a scheme.
    pub(crate) fn get(&self, scheme: &Text) -> Option<&Arc<dyn SandboxProvider>> {
        self.0.get(scheme.as_str()?)
    }

    /// The provider that was chosen for new sandboxes.
    pub(crate) fn chosen(&self, choice: Choice) -> Option<&Arc<dyn SandboxProvider>> {
        self.0.get(choice.word())
    }
}
