//! Daytona's settings, by the names of its official SDKs.

use cutover_base::secret::Secret;
use url::Url;

use crate::driver::settings::{SettingError, base_url, filled, parse_base};

/// Control plane when none is set.
const API_URL: &str = "https://app.daytona.io/api";

/// How Daytona is reached.
#[derive(Debug, Clone)]
pub struct DaytonaConfig {
    /// What proves who asks.
    pub credentials: DaytonaCredentials,
    /// Base URL of the control plane, its `/api` included: `DAYTONA_API_URL`, else the older
    /// `DAYTONA_SERVER_URL`, else the cloud's.
    pub api_url: Url,
    /// `DAYTONA_TARGET`: the region.
    pub target: Option<String>,
    /// `DAYTONA_SNAPSHOT`; the provider's default when not set.
    pub snapshot: Option<String>,
}

/// What proves who asks.
#[derive(Debug, Clone)]
pub enum DaytonaCredentials {
    /// `DAYTONA_API_KEY`; it implies its organisation.
    Key(Secret),
    /// `DAYTONA_JWT_TOKEN` with `DAYTONA_ORGANIZATION_ID`.
    Jwt {
        /// The token.
        token: Secret,
        /// The organisation's id.
        organization: String,
    },
}

impl DaytonaCredentials {
    /// The secret part.
    pub fn secret(&self) -> &Secret {
        match self {
            Self::Key(secret) | Self::Jwt { token: secret, .. } => secret,
        }
    }
}

impl DaytonaConfig {
    /// Reads the variables of the official SDKs.
    ///
    /// # Errors
    /// When neither a key nor a token with its organisation is set, or the URL cannot be used.
    pub fn from_env(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let api_url = match base_url(get, "DAYTONA_API_URL")? {
            Some(url) => url,
            None => match base_url(get, "DAYTONA_SERVER_URL")? {
                Some(url) => url,
                None => parse_base(API_URL).map_err(SettingError)?,
            },
        };
        Ok(Self {
            credentials: credentials(get)?,
            api_url,
            target: filled(get, "DAYTONA_TARGET"),
            snapshot: filled(get, "DAYTONA_SNAPSHOT"),
        })
    }
}

fn credentials(get: &dyn Fn(&str) -> Option<String>) -> Result<DaytonaCredentials, SettingError> {
    if let Some(key) = filled(get, "DAYTONA_API_KEY") {
        return Ok(DaytonaCredentials::Key(Secret::new("DAYTONA_API_KEY", key)));
    }
    let Some(token) = filled(get, "DAYTONA_JWT_TOKEN") else {
        return Err(SettingError(
            "DAYTONA_API_KEY is not set (nor DAYTONA_JWT_TOKEN with DAYTONA_ORGANIZATION_ID); \
             a key is made at https://app.daytona.io/dashboard/keys"
                .to_owned(),
        ));
    };
    let organization = filled(get, "DAYTONA_ORGANIZATION_ID").ok_or_else(|| {
        SettingError(
            "DAYTONA_ORGANIZATION_ID is not set; DAYTONA_JWT_TOKEN cannot be used without it"
                .to_owned(),
        )
    })?;
    Ok(DaytonaCredentials::Jwt {
        token: Secret::new("DAYTONA_JWT_TOKEN", token),
        organization,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<DaytonaConfig, SettingError> {
        DaytonaConfig::from_env(&|name| {
            let found = vars.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_key_is_enough() {
        let config = read(&[("DAYTONA_API_KEY", "dtn_00")]).unwrap();
        assert_eq!(config.api_url.as_str(), API_URL);
        assert!(config.snapshot.is_none() && config.target.is_none());
        assert!(!format!("{config:?}").contains("dtn_00"));
    }

    #[test]
    fn a_token_needs_its_organisation() {
        let vars = [("DAYTONA_JWT_TOKEN", "t"), ("DAYTONA_ORGANIZATION_ID", "o")];
        let config = read(&vars).unwrap();
        assert!(matches!(config.credentials, DaytonaCredentials::Jwt { .. }));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let check = |vars: &[(&str, &str)], name: &str| {
            let error = read(vars).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        };
        check(&[], "DAYTONA_API_KEY");
        check(&[("DAYTONA_JWT_TOKEN", "t")], "DAYTONA_ORGANIZATION_ID");
        check(
            &[("DAYTONA_API_KEY", "k"), ("DAYTONA_API_URL", "x")],
            "DAYTONA_API_URL",
        );
    }
}
