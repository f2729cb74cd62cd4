//! Which fields an outcome may have, by surface and verb.

use std::sync::LazyLock;

use crate::call::Surface;
use crate::scenario::verbs::ALL;
use crate::scenario::verbs::field::{COMMON, Domain, Field, MCP, PLATFORM};
use crate::scenario::verbs::verb::Verb;

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

/// Whether a field, at whichever surface it exists, is text or bytes.
pub fn is_text(name: &str) -> bool {
    domains(name).any(Domain::is_text)
}

/// What the values of a field are, at each surface where it exists.
pub fn domains(name: &str) -> impl Iterator<Item = Domain> {
    let all = Surface::ALL.into_iter().flat_map(fields);
    all.filter(move |field| field.name == name)
        .map(|field| field.domain)
}
