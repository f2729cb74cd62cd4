//! What a sandbox is made of, and how a request names it.

use crate::engine::Profile;

/// The team's namespace, in which names of snapshots lie.
pub(crate) const NAMESPACE: &str = "local";

/// Virtual CPUs said of every sandbox (hosted default, contract 7.2).
pub(crate) const CPU_COUNT: u32 = 2;

/// The account that every template of E2B has.
pub(crate) const DEFAULT_USER: &str = "user";

/// The tag that a reference without one means.
pub(crate) const DEFAULT_TAG: &str = "default";

/// A template, as sandboxes made of it show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    /// Its alias, if it has one.
    pub(crate) alias: Option<String>,
    /// Its id, of E2B's shape.
    pub(crate) id: String,
    /// Virtual CPUs said of its sandboxes.
    pub(crate) cpus: u32,
}

/// As whom and where things happen in a sandbox when nobody says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    /// The account.
    pub(crate) user: String,
    /// The folder; without one it is the account's home.
    pub(crate) work_dir: Option<String>,
}

impl Default for Defaults {
    /// Those of the built-in templates.
    fn default() -> Self {
        Self {
            user: DEFAULT_USER.to_owned(),
            work_dir: None,
        }
    }
}

/// Alias, id and build of the templates that are built in. All have the built-in profile
/// `litellm`, so that only the provider's nature differs.
pub(crate) const BUILT_IN: [(&str, &str, &str); 3] = [
    (
        "base",
        "rki5dems9wqfm4r03t7g",
        "5e2a9f5e-6a3f-4a52-9a61-0f1b1a7c0001",
    ),
    (
        "litellm",
        "c2lp7h5b0vq9xw3kz8dn",
        "5e2a9f5e-6a3f-4a52-9a61-0f1b1a7c0002",
    ),
    (
        "krrishdholakia/litellm-4gb",
        "m4gb1t8yfs6r2ja0ecuo",
        "5e2a9f5e-6a3f-4a52-9a61-0f1b1a7c0003",
    ),
];

/// The image of a template.
pub(crate) fn profile(network: bool, memory_bytes_max: u64, image: Option<&str>) -> Profile {
    let mut profile = Profile::litellm("e2b.local");
    // Every template of E2B has an account `user`, whatever its image had.
    profile.image = image.map(str::to_owned);
    profile.network = network;
    profile.memory_bytes_max = memory_bytes_max;
    profile
}

/// What `templateID` says: an id, alias, `name:tag` or `namespace/name[:tag]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Id, alias or `namespace/alias`, in lower case.
    pub(crate) name: String,
    /// The tag, if one is given.
    pub(crate) tag: Option<String>,
}

impl Reference {
    /// Reads a reference. `None` if it is none (contract 1.5: 400).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, tag) = match text.split_once(':') {
            Some((name, tag)) => (name, Some(tag)),
            None => (text, None),
        };
        let plain = |part: &str| {
            (1..=128).contains(&part.len())
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let tag_plain =
            |tag: &str| plain(&tag.replace('.', "_")) && !tag.contains("..") && !tag.is_empty();
        let fits =
            name.split('/').count() <= 2 && name.split('/').all(plain) && tag.is_none_or(tag_plain);
        fits.then(|| Self {
            name: name.to_lowercase(),
            tag: tag.map(str::to_lowercase),
        })
    }

    /// The tag it means.
    pub(crate) fn tag(&self) -> &str {
        self.tag.as_deref().unwrap_or(DEFAULT_TAG)
    }
}

/// The built-in template of a name.
pub(crate) fn built_in(name: &str) -> Option<Template> {
    let found = BUILT_IN
        .iter()
        .find(|(alias, id, _)| *alias == name || *id == name)?;
    Some(Template {
        alias: Some(found.0.to_owned()),
        id: found.1.to_owned(),
        cpus: CPU_COUNT,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_the_contract_says() {
        for (text, expected) in [
            ("base", Some(("base", "default"))),
            ("Base:V2", Some(("base", "v2"))),
            ("ns/base:1.2", Some(("ns/base", "1.2"))),
            ("a/b/c", None),
            ("", None),
            ("a:", None),
            ("a:b:c", None),
            ("../x", None),
            ("a b", None),
        ] {
            let found = Reference::parse(text);
            let found = found
                .as_ref()
                .map(|found| (found.name.as_str(), found.tag()));
            assert_eq!(found, expected, "{text}");
        }
        for (alias, id, _) in BUILT_IN {
            assert_eq!(built_in(alias), built_in(id));
            assert!(built_in(alias).is_some());
        }
        assert_eq!(built_in("nope"), None);
    }
}
