//! E2B's settings, by the names of its official SDKs.

use cutover_base::secret::Secret;
use url::Url;

use super::defaults::TEMPLATE;
use crate::driver::settings::{SettingError, base_url, filled, parse_base};

/// The port that envd listens on.
pub(crate) const ENVD_PORT: u16 = 49983;

/// Domain when none is set.
const DOMAIN: &str = "e2b.app";

/// How E2B is reached.
#[derive(Debug, Clone)]
pub struct E2bConfig {
    /// `E2B_API_KEY`.
    pub api_key: Secret,
    /// Base URL of the control plane: `E2B_API_URL`, else `https://api.<domain>`.
    pub api_url: Url,
    /// `E2B_SANDBOX_URL`: one base URL for every sandbox's envd.
    pub sandbox_url: Option<Url>,
    /// `E2B_DOMAIN`, else `e2b.app`.
    pub domain: String,
    /// `E2B_TEMPLATE`, else the SDK's default.
    pub template: String,
}

impl E2bConfig {
    /// Reads the variables of the official SDKs.
    ///
    /// # Errors
    /// When `E2B_API_KEY` is not set or a URL cannot be used.
    pub fn from_env(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let api_key = filled(get, "E2B_API_KEY").ok_or_else(|| {
            SettingError(
                "E2B_API_KEY is not set; a key is made at https://e2b.dev/dashboard?tab=keys"
                    .to_owned(),
            )
        })?;
        let domain = filled(get, "E2B_DOMAIN").unwrap_or_else(|| DOMAIN.to_owned());
        let api_url = match base_url(get, "E2B_API_URL")? {
            Some(url) => url,
            None => parse_base(&format!("https://api.{domain}"))
                .map_err(|why| SettingError(format!("E2B_DOMAIN: {why}")))?,
        };
        Ok(Self {
            api_key: Secret::new("E2B_API_KEY", api_key),
            api_url,
            sandbox_url: base_url(get, "E2B_SANDBOX_URL")?,
            domain,
            template: filled(get, "E2B_TEMPLATE").unwrap_or_else(|| TEMPLATE.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<E2bConfig, SettingError> {
        E2bConfig::from_env(&|name| {
            let found = vars.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_key_is_enough() {
        let config = read(&[("E2B_API_KEY", "e2b_00")]).unwrap();
        assert_eq!(config.api_url.as_str(), "https://api.e2b.app/");
        assert_eq!(config.template, "base");
        assert!(config.sandbox_url.is_none());
        assert!(!format!("{config:?}").contains("e2b_00"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let check = |vars: &[(&str, &str)], name: &str| {
            let error = read(vars).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        };
        check(&[], "E2B_API_KEY");
        check(&[("E2B_API_KEY", " ")], "E2B_API_KEY");
        check(
            &[("E2B_API_KEY", "k"), ("E2B_API_URL", "127.0.0.1:1")],
            "E2B_API_URL",
        );
        check(
            &[("E2B_API_KEY", "k"), ("E2B_SANDBOX_URL", "ftp://x")],
            "E2B_SANDBOX_URL",
        );
        check(&[("E2B_API_KEY", "k"), ("E2B_DOMAIN", "a b")], "E2B_DOMAIN");
    }
}
