//! The templates that the stand-in knows.

use crate::standin::engine::Profile;

/// A template: what `templateID` may name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template {
    /// Its alias.
    pub(crate) alias: &'static str,
    /// Its id, of E2B's shape.
    pub(crate) id: &'static str,
}

/// Virtual CPUs said of every sandbox (hosted default, contract 7.2).
pub(crate) const CPU_COUNT: u32 = 2;

/// All have the built-in profile `litellm`, so that only the provider's nature differs.
const TEMPLATES: [Template; 3] = [
    Template {
        alias: "base",
        id: "rki5dems9wqfm4r03t7g",
    },
    Template {
        alias: "litellm",
        id: "c2lp7h5b0vq9xw3kz8dn",
    },
    Template {
        alias: "krrishdholakia/litellm-4gb",
        id: "m4gb1t8yfs6r2ja0ecuo",
    },
];

/// The image of a template.
pub(crate) fn profile(network: bool) -> Profile {
    let mut profile = Profile::litellm("e2b.local");
    profile.network = network;
    profile
}

/// Why a reference names no template (contract 1.5).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReferenceError {
    /// 400.
    Invalid(String),
    /// 404.
    NotFound(String),
}

/// Finds what `templateID` says: an id, alias, `name:tag` or `namespace/name[:tag]`.
pub(crate) fn find(reference: &str) -> Result<&'static Template, ReferenceError> {
    let (name, tag) = match reference.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (reference, None),
    };
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if name.split('/').count() > 2
        || !name.split('/').all(plain)
        || tag.is_some_and(|tag| !tag.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        let text = format!("Invalid template reference: '{reference}'");
        return Err(ReferenceError::Invalid(text));
    }
    let wanted = name.to_lowercase();
    let template = TEMPLATES
        .iter()
        .find(|template| template.alias == wanted || template.id == wanted)
        .ok_or_else(|| ReferenceError::NotFound(format!("template '{name}' not found")))?;
    match tag {
        None | Some("default") => Ok(template),
        Some(tag) => Err(ReferenceError::NotFound(format!(
            "tag '{tag}' does not exist for template '{name}'"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reference: &str, expected: &Result<&str, ReferenceError>) {
        let found = find(reference).map(|template| template.alias);
        assert_eq!(found, *expected, "{reference}");
    }

    #[test]
    fn references_are_read_as_the_contract_says() {
        let not_found = |text: &str| Err(ReferenceError::NotFound(text.to_owned()));
        check("base", &Ok("base"));
        check("base:default", &Ok("base"));
        check("rki5dems9wqfm4r03t7g", &Ok("base"));
        check("litellm", &Ok("litellm"));
        check(
            "krrishdholakia/litellm-4gb",
            &Ok("krrishdholakia/litellm-4gb"),
        );
        check("nope", &not_found("template 'nope' not found"));
        check(
            "base:v2",
            &not_found("tag 'v2' does not exist for template 'base'"),
        );
        assert!(matches!(find("a/b/c"), Err(ReferenceError::Invalid(_))));
        assert!(matches!(find(""), Err(ReferenceError::Invalid(_))));
    }
}
