//! Which fields an outcome may have, by surface and verb.

use std::sync::LazyLock;

use crate::call::Surface;
use crate::scenario::verbs::ALL;
use crate::scenario::verbs::field::{BEHIND, COMMON, Domain, Field, MCP, PLATFORM};
use crate::scenario::verbs::verb::Verb;

/// The fields that a surface can have: those of the verbs in the order of the verbs, then the
/// common ones.
pub fn fields(surface: Surface) -> &'static [&'static Field] {
    static OF_SURFACES: LazyLock<[Vec<&'static Field>; 3]> = LazyLock::new(|| {
        Surface::ALL.map(|surface| {
            let mut fields: Vec<&'static Field> = Vec::new();
            let common = common(surface);
            for field in ALL.into_iter().flat_map(|verb| own(verb, surface)) {
                let had = fields
                    .iter()
                    .chain(&common)
                    .any(|had| had.name == field.name);
                if !had {
                    fields.push(field);
                }
            }
            match surface {
                // An agent's answers come before what is known from behind.
                Surface::Mcp | Surface::Platform => common.into_iter().chain(fields).collect(),
                Surface::Provider => fields.into_iter().chain(common).collect(),
            }
        })
    });
    let [mcp, platform, provider] = &*OF_SURFACES;
    match surface {
        Surface::Mcp => mcp,
        Surface::Platform => platform,
        Surface::Provider => provider,
    }
}

/// The fields that a call of a verb may give at a surface.
pub fn fields_of(verb: &Verb, surface: Surface) -> impl Iterator<Item = &'static Field> {
    let own = own(verb, surface);
    let common: &'static [Field] = match surface {
        Surface::Provider => &COMMON,
        _ if verb.is_behind() => &BEHIND,
        Surface::Mcp => &MCP,
        Surface::Platform => &PLATFORM,
    };
    own.iter().chain(common)
}

/// What a verb's own fields are: what a call gives at surfaces mcp and platform is the same for all.
const fn own(verb: &Verb, surface: Surface) -> &'static [Field] {
    match surface {
        Surface::Provider => verb.fields,
        Surface::Mcp | Surface::Platform if verb.is_behind() => verb.fields,
        Surface::Mcp | Surface::Platform => &[],
    }
}

fn common(surface: Surface) -> Vec<&'static Field> {
    match surface {
        Surface::Mcp => MCP.iter().collect(),
        Surface::Platform => PLATFORM.iter().collect(),
        Surface::Provider => COMMON.iter().collect(),
    }
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
