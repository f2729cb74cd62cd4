//! What the direct mode is told when the server starts.

use std::sync::Arc;

use cutover_base::secret::Secret;
use cutover_js::url::proxy_address;
use cutover_sdk::e2b::Places;
use cutover_sdk::{Ignore, Observer};
use indexmap::IndexMap;

/// The template of a sandbox where none is set.
const TEMPLATE: &str = "base";

/// The account of E2B, and what its sandboxes get.
#[derive(Debug, Clone)]
pub struct DirectSettings {
    /// `E2B_API_KEY`; without it nothing is provisioned.
    pub key: Option<Secret>,
    /// `E2B_TEMPLATE`.
    pub template: String,
    /// Where E2B is.
    pub places: Places,
    /// Labels of the sandboxes. The original has none.
    pub labels: IndexMap<String, String>,
    /// Who is told of what passes between E2B and this server.
    pub observer: Arc<dyn Observer>,
    /// What the sandboxes are told to be their proxy: `VAULT_URL` with `VAULT_PROXY_TOKEN`.
    pub(super) proxy: Option<Secret>,
}

impl DirectSettings {
    /// What these variables make. An empty one counts as unset.
    ///
    /// # Errors
    /// When an address of E2B is none.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let places = Places::new(
            set("E2B_API_URL").as_deref(),
            set("E2B_DOMAIN").as_deref(),
            set("E2B_SANDBOX_URL").as_deref(),
        )?;
        let token = set("VAULT_PROXY_TOKEN");
        let proxy = set("VAULT_URL").map(|url| proxy_address(&url, token.as_deref()));
        Ok(Self {
            key: set("E2B_API_KEY").map(|key| Secret::new("E2B_API_KEY", key)),
            template: set("E2B_TEMPLATE").unwrap_or_else(|| TEMPLATE.to_owned()),
            places,
            labels: IndexMap::new(),
            observer: Arc::new(Ignore),
            proxy: proxy.map(|it| Secret::new("VAULT_URL", it)),
        })
    }

    /// Whether the sandboxes get a proxy.
    pub(crate) const fn has_vault(&self) -> bool {
        self.proxy.is_some()
    }

    /// The variables of a sandbox.
    pub(super) fn variables(&self) -> IndexMap<String, String> {
        let proxy = self.proxy.iter().flat_map(|proxy| {
            ["HTTPS_PROXY", "HTTP_PROXY"].map(|name| (name.to_owned(), proxy.expose().to_owned()))
        });
        proxy.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<DirectSettings, String> {
        DirectSettings::from_variables(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_is_empty_is_not_set() {
        let names = ["E2B_API_KEY", "E2B_TEMPLATE", "VAULT_URL", "E2B_API_URL"];
        for given in [vec![], names.map(|name| (name, "")).to_vec()] {
            let settings = settings(&given).unwrap();
            assert_eq!(
                (settings.key.is_some(), settings.has_vault()),
                (false, false)
            );
            assert_eq!(settings.template, "base");
            assert!(settings.variables().is_empty());
        }
    }

    #[test]
    fn the_vault_is_the_proxy_of_a_sandbox_and_its_token_is_shown_nowhere() {
        let given = [
            ("VAULT_URL", "http://vault:14322"),
            ("VAULT_PROXY_TOKEN", "hush"),
            ("E2B_API_KEY", "e2b_hush"),
        ];
        let settings = settings(&given).unwrap();
        let variables: Vec<_> = settings.variables().into_iter().collect();
        let address = || "http://x:hush@vault:14322/".to_owned();
        assert_eq!(
            variables,
            [
                ("HTTPS_PROXY".to_owned(), address()),
                ("HTTP_PROXY".to_owned(), address())
            ]
        );
        assert!(!format!("{settings:?}").contains("hush"));
    }

    #[test]
    fn an_address_that_is_none_is_told_by_its_name() {
        let told = settings(&[("E2B_API_URL", "nope")]).unwrap_err();
        assert_eq!(told, "E2B_API_URL is no http or https URL");
    }
}
