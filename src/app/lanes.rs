//! A side that is reached in the cloud: its provider, or a platform that somebody runs before it.

use std::collections::BTreeMap;

use cutover_base::secret::Secret;
use cutover_base::side::Side;
use url::Url;

use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::side_settings::SideSettings;
use crate::call::{Lane, SideSpec};
use crate::driver::http::HttpClients;
use crate::stage::{DeployedSide, LiveSide, SideStage, live_driver};

/// What a side in the cloud is made ready from.
pub(crate) struct LaneOf<'a> {
    pub(crate) side: Side,
    pub(crate) spec: &'a SideSpec,
    pub(crate) clients: &'a HttpClients,
    pub(crate) environment: &'a Environment,
    /// The MCP server, where it is not ours.
    pub(crate) mcp: Option<Vec<String>>,
}

impl LaneOf<'_> {
    /// The side, where it is in the cloud.
    pub(crate) fn open(
        &self,
        settings: &SideSettings,
        secrets: &mut Vec<Secret>,
    ) -> Result<Option<SideStage>, AppError> {
        match self.deployed(settings, secrets)? {
            Some(deployed) => Ok(Some(deployed)),
            None => self.live(secrets),
        }
    }

    /// The provider, on a live lane.
    fn live(&self, secrets: &mut Vec<Secret>) -> Result<Option<SideStage>, AppError> {
        let provider = self.spec.provider;
        if self.spec.lane != Lane::Live {
            return Ok(None);
        }
        let get = |name: &str| self.environment.var(name);
        let (driver, known) = live_driver(provider, self.clients, &get)
            .map_err(|error| AppError::usage(format!("{provider}@live: {error}")))?;
        add(secrets, known);
        Ok(Some(SideStage::Live(Box::new(LiveSide {
            driver,
            variables: of_sdks(&self.environment.variables),
            clients: self.clients.clone(),
            stack: self.spec.stack.clone(),
            mcp: self.mcp.clone(),
        }))))
    }

    /// The platform, where the stack is `deployed`.
    fn deployed(
        &self,
        settings: &SideSettings,
        secrets: &mut Vec<Secret>,
    ) -> Result<Option<SideStage>, AppError> {
        let side = self.side;
        let address = settings.platforms[side].as_deref();
        let session = settings.sessions[side].clone();
        if self.spec.stack.base != "deployed" {
            let flag = match (address, &session) {
                (Some(_), _) => "platform",
                (None, Some(_)) => "session",
                (None, None) => return Ok(None),
            };
            return Err(AppError::usage(format!(
                "--{side}-{flag} is for the stack `deployed`: --{side} {}@live/deployed",
                self.spec.provider
            )));
        }
        let address = address.ok_or_else(|| {
            AppError::usage(format!(
                "--{side} {}: where that platform answers is not said; --{side}-platform URL",
                self.spec
            ))
        })?;
        let base =
            base_of(address).map_err(|why| AppError::usage(format!("--{side}-platform: {why}")))?;
        let name = format!("CUTOVER_{}_PLATFORM_TOKEN", side.name().to_uppercase());
        let token = self.environment.var(&name);
        let token = token.filter(|token| !token.is_empty()).ok_or_else(|| {
            AppError::usage(format!(
                "{name} is not set; it is what the platform's callers know"
            ))
        })?;
        let token = Secret::new(name, token);
        add(secrets, vec![token.clone()]);
        // Without the provider's key the platform is used all the same.
        let get = |name: &str| self.environment.var(name);
        let known = live_driver(self.spec.provider, self.clients, &get).ok();
        let driver = known.map(|(driver, known)| {
            add(secrets, known);
            driver
        });
        Ok(Some(SideStage::Deployed(Box::new(DeployedSide {
            base,
            token,
            session,
            provider: self.spec.provider,
            driver,
            clients: self.clients.clone(),
            mcp: self.mcp.clone(),
        }))))
    }
}

/// The address of a platform, without a slash at its end. What is wrong with one is told without it: a
/// password may stand in it.
fn base_of(address: &str) -> Result<String, String> {
    let base = address.trim_end_matches('/');
    let url = Url::parse(base).map_err(|error| error.to_string())?;
    let has_more = !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some();
    if has_more || !matches!(url.scheme(), "http" | "https") {
        let takes =
            "it takes http://HOST or https://HOST, with no user, password, `?` or `#` in it";
        return Err(takes.to_owned());
    }
    Ok(base.to_owned())
}

/// Adds secrets that are not known yet.
fn add(secrets: &mut Vec<Secret>, more: Vec<Secret>) {
    for secret in more {
        if secrets.iter().all(|had| had.expose() != secret.expose()) {
            secrets.push(secret);
        }
    }
}

/// The variables that the providers' SDKs read: what else is set here is none of a platform's.
fn of_sdks(variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_theirs = |name: &str| name.starts_with("E2B_") || name.starts_with("DAYTONA_");
    let theirs = variables.iter().filter(|(name, _)| is_theirs(name));
    theirs
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// A command as a shell reads it.
pub(crate) fn as_shell(command: &str) -> Vec<String> {
    ["/bin/sh", "-c", command].map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_platform_is_a_place_and_nothing_else() {
        for (address, base) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("https://lap.example/below//", "https://lap.example/below"),
        ] {
            assert_eq!(base_of(address).as_deref(), Ok(base));
        }
        for address in [
            "lap.example",
            "ftp://lap.example",
            "http://",
            "http://someone@lap.example",
            "http://:s3cret@lap.example",
            "http://lap.example?token=s3cret",
            "http://lap.example/#s3cret",
        ] {
            let why = base_of(address).unwrap_err();
            assert!(!why.contains("s3cret"), "{why}");
        }
    }
}
