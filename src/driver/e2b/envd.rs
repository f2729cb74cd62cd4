//! Addressing a sandbox's envd and calling it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::classes::{GONE_WORDS, of_envd};
use super::config::{E2bConfig, ENVD_PORT};
use crate::call::{Failure, FailureClass, Provider};
use crate::driver::http::{Ask, Http, HttpClients, HttpError, Payload, Retry};
use crate::driver::settings::{parse_base, route, shown};
use crate::driver::{
    CallContext, DriverError, DriverFacts, DriverResult, SandboxHandle, SandboxState,
};

/// Time for the question whether a sandbox is there at all.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// What a handle keeps beside the id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Private {
    /// `envdAccessToken`.
    pub(crate) token: Option<String>,
    /// `domain`, null on hosted E2B.
    pub(crate) domain: Option<String>,
    /// `envdVersion`.
    pub(crate) envd: String,
}

impl Private {
    fn of(sandbox: &SandboxHandle) -> Self {
        serde_json::from_value(sandbox.private.clone()).unwrap_or_default()
    }

    /// The user that must be named because the daemon has no default of its own: those
    /// before 0.4.0.
    pub(crate) fn old_default_user(sandbox: &SandboxHandle) -> Option<&'static str> {
        let envd = Self::of(sandbox).envd;
        let mut parts = envd.split('.').map_while(|part| part.parse::<u32>().ok());
        let (major, minor) = (parts.next()?, parts.next()?);
        (major == 0 && minor < 4).then_some("user")
    }
}

/// E2B by its wire: settings, HTTP, and what was learnt on the way.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) config: E2bConfig,
    pub(crate) http: Http,
    facts: Mutex<DriverFacts>,
}

impl Wire {
    /// The wire to the E2B that the settings name.
    pub(crate) fn new(config: E2bConfig, clients: HttpClients) -> DriverResult<Self> {
        clients.for_url(&config.api_url)?;
        let facts = DriverFacts {
            endpoint: shown(&config.api_url),
            image: Some(config.template.clone()),
            ..DriverFacts::default()
        };
        Ok(Self {
            http: Http::new(Provider::E2b, clients),
            facts: Mutex::new(facts),
            config,
        })
    }

    /// What is known by now.
    pub(crate) fn facts(&self) -> DriverFacts {
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.clone()
    }

    /// Notes the daemon's version.
    pub(crate) fn saw_daemon(&self, version: &str) {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.daemon = Some(version.to_owned());
    }

    fn envd_base(&self, sandbox: &SandboxHandle, private: &Private) -> DriverResult<Url> {
        if let Some(url) = &self.config.sandbox_url {
            return Ok(url.clone());
        }
        let domain = private.domain.as_deref().unwrap_or(&self.config.domain);
        // The form that is valid for every domain.
        parse_base(&format!("https://{ENVD_PORT}-{}.{domain}", sandbox.id)).map_err(|why| {
            Failure::new(FailureClass::Internal, format!("sandbox address: {why}")).into()
        })
    }

    /// A request to a sandbox's envd, without a body.
    pub(crate) fn envd(
        &self,
        op: &'static str,
        method: Method,
        sandbox: &SandboxHandle,
        segments: &[&str],
    ) -> DriverResult<Ask> {
        let private = Private::of(sandbox);
        let url = route(&self.envd_base(sandbox, &private)?, segments);
        let mut ask = Ask::new(op, method, url)
            .sandbox(&sandbox.id)
            .header("e2b-sandbox-id", &sandbox.id)?
            .header("e2b-sandbox-port", &ENVD_PORT.to_string())?
            .header("accept-encoding", "identity")?;
        if let Some(token) = &private.token {
            ask = ask.header("x-access-token", token)?;
        }
        ask.settled = Some(GONE_WORDS);
        Ok(ask)
    }

    /// Adds the user to an RPC.
    pub(crate) fn as_user(
        ask: Ask,
        sandbox: &SandboxHandle,
        user: Option<&str>,
    ) -> DriverResult<Ask> {
        match user.or_else(|| Private::old_default_user(sandbox)) {
            None => Ok(ask),
            Some(user) => {
                let basic = STANDARD.encode(format!("{user}:"));
                ask.header("authorization", &format!("Basic {basic}"))
            }
        }
    }

    /// A unary RPC.
    pub(crate) async fn rpc<T: DeserializeOwned>(
        &self,
        op: &'static str,
        sandbox: &SandboxHandle,
        method: [&str; 2],
        body: &Value,
        retry: Retry,
        cx: &CallContext,
    ) -> DriverResult<T> {
        let ask = self
            .envd(op, Method::POST, sandbox, &method)?
            .header("connect-protocol-version", "1")?
            .json(body)
            .retry(retry);
        let ask = Self::as_user(ask, sandbox, None)?;
        let answer = match self.http.send(&ask, cx).await {
            Ok(reply) => match reply.of_status(&[200]) {
                Ok(reply) => reply.object::<T>().await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        match answer {
            Ok(value) => Ok(value),
            Err(error) => Err(self.settle(sandbox, error, cx).await),
        }
    }

    /// Finds out what an error means, by asking whether the sandbox is there when the error
    /// alone does not tell.
    pub(crate) async fn settle(
        &self,
        sandbox: &SandboxHandle,
        error: HttpError,
        cx: &CallContext,
    ) -> DriverError {
        let failure = match error {
            HttpError::Refused(refusal) => {
                let failure = of_envd(&refusal);
                if failure.class == FailureClass::SandboxGone {
                    return self.gone_or_paused(sandbox, failure, cx).await;
                }
                if refusal.status != 502 || failure.class != FailureClass::Unavailable {
                    return failure.into();
                }
                failure
            }
            HttpError::Lost(words) => Failure::new(FailureClass::Unavailable, words),
            other => return other.plain(),
        };
        match self.probe(sandbox, cx).await {
            Some(gone) => {
                let words = format!("{} ({})", failure.message, gone);
                let failure = Failure::new(FailureClass::SandboxGone, words);
                self.gone_or_paused(sandbox, failure, cx).await
            }
            None => failure.into(),
        }
    }

    /// The proxy says the same of a paused sandbox as of one that is gone, so the
    /// control plane is asked before a sandbox is called gone. If it cannot be asked, nobody knows:
    /// that is the provider's failure.
    pub(crate) async fn gone_or_paused(
        &self,
        sandbox: &SandboxHandle,
        failure: Failure,
        cx: &CallContext,
    ) -> DriverError {
        let paused = async {
            let detail = self.detail("probe", sandbox)?;
            let detail = detail.limits(Some(PROBE_TIMEOUT), PROBE_TIMEOUT);
            Ok::<_, DriverError>(self.state(&detail, cx).await? == SandboxState::Paused)
        };
        match paused.await {
            Ok(true) => Failure::new(FailureClass::SandboxStopped, failure.message).into(),
            Ok(false) => failure.into(),
            Err(DriverError::Failed(unknown)) => {
                let words = format!("{} (its state is not told: {unknown})", failure.message);
                Failure::new(FailureClass::Unavailable, words).into()
            }
            Err(error) => error,
        }
    }

    /// Asks envd's health: the provider's words when it says that the sandbox is gone.
    async fn probe(&self, sandbox: &SandboxHandle, cx: &CallContext) -> Option<String> {
        let ask = self
            .envd("probe", Method::GET, sandbox, &["health"])
            .ok()?
            .retry(Retry::Unsent)
            .limits(Some(PROBE_TIMEOUT), PROBE_TIMEOUT);
        match self.http.send(&ask, cx).await {
            Ok(mut reply) => {
                reply.done();
                None
            }
            Err(HttpError::Refused(refusal)) => {
                let failure = of_envd(&refusal);
                (failure.class == FailureClass::SandboxGone).then_some(failure.message)
            }
            Err(_) => None,
        }
    }
}

/// A body of a Connect stream: one envelope.
pub(crate) fn stream_payload(body: &Value) -> Payload {
    Payload::Raw(
        "application/connect+json",
        super::frame::envelope(body.to_string().as_bytes()),
    )
}
