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

const DURATION: Field = Field {
    name: "duration",
    domain: Domain::Number,
    what: "How long the step took, in milliseconds.",
    compared: Compared::No("times are reported and not compared unless the step says so"),
};

/// What stands behind the stack: an agent is told in words, so that the class is known of failures
/// alone in which the provider did not do its work.
const BENEATH: Field = Field {
    name: "failure",
    domain: Domain::Json,
    what: "Why the provider beneath did not do its work, where the step expects that by its \
           `class`; what a tool reports is no such failure.",
    compared: Compared::WhereGiven("$.failure.class", CompareKind::Exact),
};

/// What every call at surface provider may give beside the fields of its verb.
pub static COMMON: [Field; 3] = [
    Field {
        name: "failure",
        domain: Domain::Json,
        what: "Why the provider did not do it: `class` and the provider's own `message`.",
        compared: Compared::By("$.failure.class", CompareKind::Exact),
    },
    DURATION,
    Field {
        name: "ended",
        domain: Domain::Text,
        what: "The background processes of the sandbox that a time limit of the provider has ended, by \
               the names they were started under: `server, worker`.",
        compared: Compared::WhereGiven("$.ended", CompareKind::Text),
    },
];

/// What something behind the scenes may give at surfaces mcp and platform beside its own fields.
pub static BEHIND: [Field; 2] = [BENEATH, DURATION];

/// What every call at surface mcp gives.
pub static MCP: [Field; 5] = [
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
    BENEATH,
    DURATION,
];

/// What every call at surface platform gives.
pub static PLATFORM: [Field; 4] = [
    Field {
        name: "status",
        domain: Domain::Number,
        what: "The HTTP status.",
        compared: Compared::By("$.status", CompareKind::Exact),
    },
    Field {
        name: "body",
        domain: Domain::Json,
        what: "The body, as JSON where it is, else as text.",
        compared: Compared::By("$.body", CompareKind::Json),
    },
    BENEATH,
    DURATION,
];
