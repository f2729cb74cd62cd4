//! Where E2B is.

use cutover_js::url;

/// The domain of E2B's cloud.
const DOMAIN: &str = "e2b.app";
/// The port of the daemon in a sandbox.
pub(super) const ENVD_PORT: &str = "49983";

/// The addresses of E2B. None of them holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    api_url: String,
    domain: String,
    sandbox_url: Option<String>,
}

impl Places {
    /// Takes the variables `E2B_API_URL`, `E2B_DOMAIN` and `E2B_SANDBOX_URL`. An empty one counts as
    /// unset.
    ///
    /// # Errors
    /// When a URL is none of HTTP, or has a user or a password in it.
    pub fn new(
        api_url: Option<&str>,
        domain: Option<&str>,
        sandbox_url: Option<&str>,
    ) -> Result<Self, String> {
        let domain = set(domain).unwrap_or(DOMAIN).to_owned();
        let api_url = set(api_url).map(|it| base("E2B_API_URL", it)).transpose()?;
        let sandbox_url = set(sandbox_url).map(|it| base("E2B_SANDBOX_URL", it));
        Ok(Self {
            api_url: api_url.unwrap_or_else(|| format!("https://api.{domain}")),
            domain,
            sandbox_url: sandbox_url.transpose()?,
        })
    }

    /// The base of the control plane, without a slash at its end.
    pub(super) fn api_url(&self) -> &str {
        &self.api_url
    }

    /// The base of all sandboxes, if they have one.
    pub(super) fn sandbox_url(&self) -> Option<&str> {
        self.sandbox_url.as_deref()
    }

    /// The base of a sandbox's daemon.
    pub(super) fn envd_url(&self, id: &str, domain: Option<&str>) -> String {
        match &self.sandbox_url {
            Some(url) => url.clone(),
            None => format!(
                "https://{ENVD_PORT}-{id}.{}",
                domain.unwrap_or(&self.domain)
            ),
        }
    }
}

fn set(value: Option<&str>) -> Option<&str> {
    value.filter(|it| !it.is_empty())
}

/// A base URL. What is wrong with it is said without quoting it, as it may hold a password.
fn base(name: &str, value: &str) -> Result<String, String> {
    let parsed = url::parse(value).filter(|it| matches!(it.scheme(), "http" | "https"));
    let Some(parsed) = parsed else {
        return Err(format!("{name} is no http or https URL"));
    };
    if url::has_credentials(&parsed) {
        return Err(format!("{name} has a user or a password in it"));
    }
    Ok(value.strip_suffix('/').unwrap_or(value).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_is_the_cloud() {
        for empty in [None, Some("")] {
            let places = Places::new(empty, empty, empty).unwrap();
            assert_eq!(places.api_url(), "https://api.e2b.app");
            assert_eq!(places.envd_url("i", None), "https://49983-i.e2b.app");
            assert_eq!(places.envd_url("i", Some("d")), "https://49983-i.d");
        }
        let places = Places::new(None, Some("sbx.localhost:1"), None).unwrap();
        assert_eq!(places.api_url(), "https://api.sbx.localhost:1");
    }

    #[test]
    fn one_base_serves_all_sandboxes() {
        let both = Some("http://127.0.0.1:1/");
        let places = Places::new(both, None, both).unwrap();
        assert_eq!(places.api_url(), "http://127.0.0.1:1");
        assert_eq!(places.envd_url("i", Some("d")), "http://127.0.0.1:1");
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_it() {
        for (url, said) in [
            ("nope-SECRET", "E2B_API_URL is no http or https URL"),
            ("ftp://SECRET", "E2B_API_URL is no http or https URL"),
            (
                "http://u:SECRET@h",
                "E2B_API_URL has a user or a password in it",
            ),
        ] {
            assert_eq!(Places::new(Some(url), None, None), Err(said.to_owned()));
        }
    }
}
