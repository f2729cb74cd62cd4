//! One argument of a verb.

use std::time::Duration;

use crate::call::{Provider, Surface};

/// An argument: how it is written, and what it means.
#[derive(Debug)]
pub struct Key {
    /// The key in YAML.
    pub name: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// What it means, in one sentence.
    pub what: &'static str,
    /// A value, in YAML.
    pub example: &'static str,
    /// Whether it must be given.
    pub need: Need,
    /// When it has a meaning at all.
    pub when: When,
    /// The surfaces that have it; empty: all that have the verb.
    pub surfaces: &'static [Surface],
    /// The providers that have it; empty: all that have the verb.
    pub providers: &'static [Provider],
    /// Words of it that only these providers have.
    pub words: &'static [(&'static str, &'static [Provider])],
    /// Words of it that need a stand-in on both sides.
    pub of_standins: &'static [&'static str],
}

/// What may stand as an argument.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text, in which `${{ name }}` stands for a value.
    Text,
    /// Text, or `null` for none at all.
    TextOrNull,
    /// A new name for a sandbox.
    NewSandbox,
    /// The name of a sandbox.
    Sandbox,
    /// A new name for a background process.
    NewProcess,
    /// The name of a background process.
    Process,
    /// A new name for a session.
    NewSession,
    /// The name of a session.
    Session,
    /// A time, within bounds if there are any.
    Duration(Option<(Duration, Duration)>),
    /// A whole number within bounds.
    Whole(u64, u64),
    /// `true` or `false`.
    Flag,
    /// One of these words; first what they are called together.
    Word(&'static str, &'static [&'static str]),
    /// A signal's name, with or without `SIG`, in either case.
    Signal,
    /// A fault of a stand-in.
    Fault,
    /// Bytes: text, base64, a file or random ones.
    Data,
    /// Environment variables or headers: names and texts.
    Env,
    /// Environment variables: names and texts, or `null` to unset one.
    Variables,
    /// Any JSON, in whose texts `${{ name }}` stands for a value.
    Json,
}

/// Whether an argument must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Yes.
    Required,
    /// Yes, unless this flag is set.
    RequiredUnless(&'static str),
    /// No.
    Optional,
    /// No; this value is then sent.
    Default(&'static str),
    /// No; nothing is then sent, and this is what holds: words, in which values stand in backticks.
    Implied(&'static str),
}

/// When an argument has a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// Beside this argument only.
    With(&'static str),
    /// Not beside this argument.
    Without(&'static str),
    /// Unless this argument is this word.
    Unless(&'static str, &'static str),
}

/// The time limits of a command; zero is none.
pub const COMMAND_LIMIT: Kind =
    Kind::Duration(Some((Duration::ZERO, Duration::from_secs(24 * 3600))));

/// The durations that a provider may be asked for.
pub const LIMIT: Kind = Kind::Duration(Some((
    Duration::from_millis(1),
    Duration::from_secs(24 * 3600),
)));

impl Key {
    /// The sandbox that a call is for.
    pub const SANDBOX: Self = Self::optional(
        "sandbox_name",
        Kind::Sandbox,
        "The sandbox that the call is for.",
        "main",
    )
    .default("main");

    /// A path inside the sandbox.
    pub const PATH: Self = Self::required(
        "path",
        Kind::Text,
        "The path, as the provider is to be given it.",
        "notes/a.txt",
    );

    /// The background process that a call is for.
    pub const PROCESS: Self = Self::required(
        "process",
        Kind::Process,
        "The background process, by the name it was started under.",
        "server",
    );

    /// Shell text to run.
    pub const CMD: Self = Self::required(
        "cmd",
        Kind::Text,
        "Shell text, sent as it stands.",
        "echo hello",
    );

    /// A working directory.
    pub const CWD: Self = Self::optional(
        "cwd",
        Kind::Text,
        "The directory to run in; not given: the provider's default.",
        "/tmp",
    )
    .at(&[Surface::Provider]);

    /// Variables of one command or sandbox.
    pub const ENV: Self = Self::optional(
        "env",
        Kind::Env,
        "Environment variables.",
        "{ GREETING: hello }",
    )
    .at(&[Surface::Provider]);

    /// The session that something belongs to.
    pub const SESSION: Self = Self::optional(
        "session_id",
        Kind::TextOrNull,
        "The session that it belongs to, whether or not it exists; `null` leaves it out, where the \
         surface can.",
        "other-session",
    )
    .implied("the current session, `${{ session }}`")
    .at(&[Surface::Mcp, Surface::Platform]);

    /// Variables of a part of the stack.
    pub const VARIABLES: Self = Self::optional(
        "env",
        Kind::Variables,
        "Variables that are then set, or unset with `null`; all others stay as they were.",
        "{ SESSION_ID: null }",
    );

    /// An argument that must be given.
    pub const fn required(
        name: &'static str,
        kind: Kind,
        what: &'static str,
        example: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            what,
            example,
            need: Need::Required,
            when: When::Always,
            surfaces: &[],
            providers: &[],
            words: &[],
            of_standins: &[],
        }
    }

    /// An argument that need not be given.
    pub const fn optional(
        name: &'static str,
        kind: Kind,
        what: &'static str,
        example: &'static str,
    ) -> Self {
        let mut key = Self::required(name, kind, what, example);
        key.need = Need::Optional;
        key
    }

    /// With the value that is sent when it is not given.
    #[must_use]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.need = Need::Default(value);
        self
    }

    /// With what holds when it is not given and nothing is sent.
    #[must_use]
    pub const fn implied(mut self, value: &'static str) -> Self {
        self.need = Need::Implied(value);
        self
    }

    /// Needed, unless a flag is set.
    #[must_use]
    pub const fn unless(mut self, flag: &'static str) -> Self {
        self.need = Need::RequiredUnless(flag);
        self
    }

    /// With the condition under which it has a meaning.
    #[must_use]
    pub const fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// Only at these surfaces.
    #[must_use]
    pub const fn at(mut self, surfaces: &'static [Surface]) -> Self {
        self.surfaces = surfaces;
        self
    }

    /// Only at these providers.
    #[must_use]
    pub const fn only(mut self, providers: &'static [Provider]) -> Self {
        self.providers = providers;
        self
    }

    /// With words that only some providers have.
    #[must_use]
    pub const fn words(mut self, words: &'static [(&'static str, &'static [Provider])]) -> Self {
        self.words = words;
        self
    }

    /// With words that need a stand-in on both sides.
    #[must_use]
    pub const fn at_standins(mut self, words: &'static [&'static str]) -> Self {
        self.of_standins = words;
        self
    }

    /// Whether a step must give it, whatever else it gives.
    pub const fn is_required(&self) -> bool {
        matches!(self.need, Need::Required)
    }
}
