//! A field of an outcome, and those that do not depend on the verb.

use crate::scenario::compare_kind::CompareKind;

/// A field that an outcome may have.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub domain: Domain,
    /// What it says, in one sentence.
    pub what: &'static str,
    /// What is compared of it when the step says nothing.
    pub compared: Compared,
}

/// What the values of a field are: an expectation of anything else can never hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Text or bytes, with nothing below it.
    Text,
    /// One of these words, with nothing below it.
    Words(&'static [&'static str]),
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Any JSON value, or what only the provider decides.
    Json,
}

impl Domain {
    /// Whether it is text or bytes, with nothing below it.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Words(_))
    }
}

/// What is compared of a field when the step says nothing.
#[derive(Debug)]
pub enum Compared {
    /// Nothing, and why.
    No(&'static str),
    /// The field itself or a path below it, and how.
    By(&'static str, CompareKind),
    /// The same, where a side gives the field; most calls have no such thing.
    WhereGiven(&'static str, CompareKind),
}

/// What every call at surface provider may give beside the fields of its verb.
pub static COMMON: [Field; 3] = [
    Field {
        name: "failure",
        domain: Domain::Json,
        what: "Why the provider did not do it: `class` and the provider's own `message`.",
        compared: Compared::By("$.failure.class", CompareKind::Exact),
    },
    Field {
        name: "duration",
        domain: Domain::Number,
        what: "How long the step took, in milliseconds.",
        compared: Compared::No("times are reported and not compared unless the step says so"),
    },
    Field {
        name: "ended",
        domain: Domain::Text,
        what: "The background processes of the sandbox that a time limit of the provider has ended, by \
               the names they were started under: `server, worker`.",
        compared: Compared::WhereGiven("$.ended", CompareKind::Text),
    },
];

/// What every call at surface mcp gives.
pub static MCP: [Field; 3] = [
    Field {
        name: "text",
        domain: Domain::Text,
        what: "The text of the tool's answer.",
        compared: Compared::By("$.text", CompareKind::Text),
    },
    Field {
        name: "is_error",
        domain: Domain::Boolean,
        what: "Whether the tool says that it failed; absent, `false` and `true` differ.",
        compared: Compared::By("$.is_error", CompareKind::Exact),
    },
    Field {
        name: "rpc_error",
        domain: Domain::Json,
        what: "The JSON-RPC error: `code` and `message`.",
        compared: Compared::By("$.rpc_error", CompareKind::Json),
    },
];

/// What every call at surface platform gives.
pub static PLATFORM: [Field; 2] = [
    Field {
        name: "status",
        domain: Domain::Number,
        what: "The HTTP status.",
        compared: Compared::By("$.status", CompareKind::Exact),
    },
    Field {
        name: "body",
        domain: Domain::Json,
        what: "The body, as JSON.",
        compared: Compared::By("$.body", CompareKind::Json),
    },
];
