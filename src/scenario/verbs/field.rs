//! The fields of an outcome.

use std::sync::LazyLock;

use crate::call::Surface;
use crate::scenario::compare_kind::CompareKind;
use crate::scenario::verbs::ALL;
use crate::scenario::verbs::verb::Verb;

/// A field that an outcome may have.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub what: &'static str,
    /// What is compared of it when the step says nothing.
    pub compared: Compared,
}

/// What is compared of a field when the step says nothing.
#[derive(Debug)]
pub enum Compared {
    /// Nothing, and why.
    No(&'static str),
    /// The field itself or a path below it, and how.
    By(&'static str, CompareKind),
}

/// What every call at surface provider may give beside the fields of its verb.
pub static COMMON: [Field; 2] = [
    Field {
        name: "failure",
        what: "Why the provider did not do it: `class` and the provider's own `message`.",
        compared: Compared::By("$.failure.class", CompareKind::Exact),
    },
    Field {
        name: "duration",
        what: "How long the step took, in milliseconds.",
        compared: Compared::No("times are reported and not compared unless the step says so"),
    },
];

/// What every call at surface mcp gives.
pub static MCP: [Field; 3] = [
    Field {
        name: "text",
        what: "The text of the tool's answer.",
        compared: Compared::By("$.text", CompareKind::Text),
    },
    Field {
        name: "is_error",
        what: "Whether the tool says that it failed; absent, `false` and `true` differ.",
        compared: Compared::By("$.is_error", CompareKind::Exact),
    },
    Field {
        name: "rpc_error",
        what: "The JSON-RPC error: `code` and `message`.",
        compared: Compared::By("$.rpc_error", CompareKind::Json),
    },
];

/// What every call at surface platform gives.
pub static PLATFORM: [Field; 2] = [
    Field {
        name: "status",
        what: "The HTTP status.",
        compared: Compared::By("$.status", CompareKind::Exact),
    },
    Field {
        name: "body",
        what: "The body, as JSON.",
        compared: Compared::By("$.body", CompareKind::Json),
    },
];

/// The fields that a surface can have: those of the verbs in the order of the verbs, then the
/// common ones.
pub fn fields(surface: Surface) -> &'static [&'static Field] {
    static PROVIDER_FIELDS: LazyLock<Vec<&'static Field>> = LazyLock::new(|| {
        let mut fields: Vec<&'static Field> = Vec::new();
        let of_verbs = ALL.into_iter().flat_map(|verb| verb.fields);
        for field in of_verbs.chain(&COMMON) {
            if !fields.iter().any(|had| had.name == field.name) {
                fields.push(field);
            }
        }
        fields
    });
    static MCP_FIELDS: [&Field; 3] = [&MCP[0], &MCP[1], &MCP[2]];
    static PLATFORM_FIELDS: [&Field; 2] = [&PLATFORM[0], &PLATFORM[1]];
    match surface {
        Surface::Mcp => &MCP_FIELDS,
        Surface::Platform => &PLATFORM_FIELDS,
        Surface::Provider => &PROVIDER_FIELDS,
    }
}

/// The fields that a call of a verb may give at a surface.
pub fn fields_of(verb: &Verb, surface: Surface) -> impl Iterator<Item = &'static Field> {
    let (own, common): (&'static [Field], &'static [Field]) = match surface {
        Surface::Mcp => (&MCP, &[]),
        Surface::Platform => (&PLATFORM, &[]),
        Surface::Provider => (verb.fields, &COMMON),
    };
    own.iter().chain(common)
}

/// The names of the fields that a surface can have.
pub fn field_names(surface: Surface) -> impl Iterator<Item = &'static str> + Clone {
    fields(surface).iter().map(|field| field.name)
}
