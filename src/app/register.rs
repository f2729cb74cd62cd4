//! Registering a template with its provider: how the provider is reached, until when, and what stands if
//! that is cut short.

use std::sync::Arc;
use std::time::Duration;

use cutover_template::register::{Connection, Pace, Progress, RegisterError};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::signals::{Signals, name};
use crate::driver::daytona::{DaytonaConfig, DaytonaCredentials};
use crate::driver::e2b::E2bConfig;
use crate::driver::http::HttpClients;

/// Daytona's control plane, and what a registration takes from the environment besides.
pub(crate) struct Daytona {
    pub(crate) connection: Connection,
    /// `DAYTONA_TARGET`.
    pub(crate) region: Option<String>,
    /// `DAYTONA_ORGANIZATION_ID`.
    pub(crate) organization: Option<String>,
}

/// Reads Daytona's variables.
///
/// # Errors
/// The variable that is missing or wrong.
pub(crate) fn daytona(environment: &Environment) -> Result<Daytona, AppError> {
    let variable = |name: &str| environment.var(name);
    let config =
        DaytonaConfig::from_env(&variable).map_err(|error| AppError::usage(error.to_string()))?;
    let secret = config.credentials.secret();
    let bearer = format!("Bearer {}", secret.expose());
    let mut headers = vec![("authorization", bearer, secret.name.clone())];
    let mut organization = variable("DAYTONA_ORGANIZATION_ID");
    if let DaytonaCredentials::Jwt {
        organization: id, ..
    } = &config.credentials
    {
        let variable = "DAYTONA_ORGANIZATION_ID".to_owned();
        headers.push(("x-daytona-organization-id", id.clone(), variable));
        organization = Some(id.clone());
    }
    Ok(Daytona {
        connection: connection(config.api_url, headers)?,
        region: config.target,
        organization,
    })
}

/// Reads E2B's variables.
///
/// # Errors
/// The variable that is missing or wrong.
pub(crate) fn e2b(environment: &Environment) -> Result<Connection, AppError> {
    let variable = |name: &str| environment.var(name);
    let config =
        E2bConfig::from_env(&variable).map_err(|error| AppError::usage(error.to_string()))?;
    let key = config.api_key.expose().to_owned();
    let variable = config.api_key.name.clone();
    connection(config.api_url, vec![("x-api-key", key, variable)])
}

fn connection(
    api: Url,
    named: Vec<(&'static str, String, String)>,
) -> Result<Connection, AppError> {
    let mut headers = HeaderMap::new();
    for (name, value, variable) in named {
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            AppError::usage(format!(
                "{variable} has characters that no HTTP header can hold"
            ))
        })?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(name), value);
    }
    let clients = HttpClients::new();
    Ok(Connection {
        api,
        headers,
        clients: Arc::new(move |url| clients.for_url(url).map_err(|error| error.to_string())),
        pace: Pace::default(),
    })
}

/// Works until it is done, a signal comes, or so many minutes have gone. What then stands half-made is told.
///
/// # Errors
/// What it was refused for, what failed, and what cut it short.
pub(crate) async fn watched<T>(
    work: impl Future<Output = Result<T, RegisterError>>,
    progress: &Progress<'_>,
    max_minutes: u64,
    tell: fn(&str),
) -> Result<T, AppError> {
    let signals = Signals::watch()?;
    let limit = Duration::from_secs(max_minutes.saturating_mul(60));
    let ended = tokio::select! {
        done = work => done.map_err(|error| match error {
            RegisterError::Refused(message) => AppError::usage(message),
            RegisterError::Failed(message) => AppError::failed(message),
        }),
        () = signals.cancelled.cancelled() => {
            let number = signals.received().unwrap_or(2);
            Err(AppError::Interrupted { number, name: name(number) })
        }
        () = tokio::time::sleep(limit) => Err(AppError::failed(format!(
            "not done after {max_minutes} minutes (--max-minutes)"
        ))),
    };
    if !matches!(ended, Ok(_) | Err(AppError::Usage(_))) {
        tell(&progress.stands());
    }
    ended
}
