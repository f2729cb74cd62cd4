//! Requests to both of Daytona's surfaces, and what a refusal of a toolbox means.

use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};
use url::Url;

use super::classes::{Meaning, of_control, of_sandbox, of_toolbox};
use super::config::{DaytonaConfig, DaytonaCredentials};
use crate::call::{Failure, FailureClass, Provider};
use crate::driver::control_plane::Route;
use crate::driver::http::{Ask, Http, HttpClients, HttpError, Reply};
use crate::driver::settings::{parse_base, route, shown};
use crate::driver::{CallContext, DriverError, DriverFacts, DriverResult, SandboxHandle};

/// The SDK whose shapes we ask for: the last one whose server is public.
const SDK_VERSION: &str = "0.190.0";

/// What a handle keeps beside the id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Private {
    /// `toolboxProxyUrl`.
    pub(crate) toolbox: String,
}

/// What is read of a sandbox's DTO.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SandboxDto {
    pub(crate) id: String,
    pub(crate) state: Option<String>,
    pub(crate) error_reason: Option<String>,
    pub(crate) toolbox_proxy_url: Option<String>,
    pub(crate) daemon_version: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) snapshot: Option<String>,
}

impl SandboxDto {
    /// The state, `unknown` when not told.
    pub(crate) fn state(&self) -> &str {
        self.state.as_deref().unwrap_or("unknown")
    }

    /// State and reason, as the provider words them.
    pub(crate) fn words(&self) -> String {
        match &self.error_reason {
            Some(reason) => format!("the sandbox is {}: {reason}", self.state()),
            None => format!("the sandbox is {}", self.state()),
        }
    }

    /// Whether it is destroyed, or about to be.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.state(), "destroyed" | "destroying")
    }
}

/// What the control plane says of one sandbox.
#[derive(Debug)]
pub(crate) enum Seen {
    /// It is there, whatever its state.
    There(SandboxDto),
    /// It does not come back: it is unknown, destroyed, or about to be, in these words.
    Gone(String),
}

impl From<SandboxDto> for Seen {
    fn from(dto: SandboxDto) -> Self {
        if dto.is_gone() {
            Self::Gone(dto.words())
        } else {
            Self::There(dto)
        }
    }
}

/// Daytona by its wire: settings, HTTP, and what was learnt on the way.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) config: DaytonaConfig,
    pub(crate) http: Http,
    facts: Mutex<DriverFacts>,
}

impl Wire {
    /// The wire to the Daytona that the settings name.
    pub(crate) fn new(config: DaytonaConfig, clients: HttpClients) -> DriverResult<Self> {
        clients.for_url(&config.api_url)?;
        let facts = DriverFacts {
            endpoint: shown(&config.api_url),
            image: config.snapshot.clone(),
            region: config.target.clone(),
            ..DriverFacts::default()
        };
        Ok(Self {
            http: Http::new(Provider::Daytona, clients),
            facts: Mutex::new(facts),
            config,
        })
    }

    /// What is known by now.
    pub(crate) fn facts(&self) -> DriverFacts {
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.clone()
    }

    /// Notes what a sandbox tells of where it runs.
    pub(crate) fn saw_sandbox(&self, dto: &SandboxDto) {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let facts = &mut *facts;
        let known = [
            (&mut facts.daemon, &dto.daemon_version),
            (&mut facts.image, &dto.snapshot),
            (&mut facts.region, &dto.target),
        ];
        for (fact, told) in known {
            if told.is_some() {
                fact.clone_from(told);
            }
        }
    }

    fn saw_api(&self, headers: &HeaderMap) {
        let version = headers.get("x-daytona-api-version");
        if let Some(version) = version.and_then(|value| value.to_str().ok()) {
            let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
            facts.api = Some(version.to_owned());
        }
    }

    fn identified(&self, ask: Ask) -> DriverResult<Ask> {
        let secret = self.config.credentials.secret().expose();
        let ask = ask
            .header("authorization", &format!("Bearer {secret}"))?
            .header("accept-encoding", "identity")?
            .header("x-daytona-source", "cutover")?
            .header("x-daytona-sdk-version", SDK_VERSION)?;
        match &self.config.credentials {
            DaytonaCredentials::Key(_) => Ok(ask),
            DaytonaCredentials::Jwt { organization, .. } => {
                ask.header("x-daytona-organization-id", organization)
            }
        }
    }

    /// A request to the control plane.
    pub(crate) fn control(
        &self,
        op: &'static str,
        method: Method,
        segments: &[&str],
    ) -> DriverResult<Ask> {
        self.identified(Ask::new(op, method, route(&self.config.api_url, segments)))
    }

    /// A request to a sandbox's toolbox.
    pub(crate) fn toolbox(
        &self,
        op: &'static str,
        method: Method,
        sandbox: &SandboxHandle,
        segments: &[&str],
    ) -> DriverResult<Ask> {
        let private: Private = serde_json::from_value(sandbox.private.clone()).unwrap_or_default();
        let base: Url = parse_base(&private.toolbox).map_err(|why| {
            Failure::new(FailureClass::Internal, format!("toolboxProxyUrl: {why}"))
        })?;
        let mut whole = vec![sandbox.id.as_str()];
        whole.extend_from_slice(segments);
        self.identified(Ask::new(op, method, route(&base, &whole)).sandbox(&sandbox.id))
    }

    /// Asks the control plane, keeping the refusal for the caller to read.
    pub(crate) async fn try_control(
        &self,
        ask: &Ask,
        cx: &CallContext,
    ) -> Result<Reply, HttpError> {
        let sent = self.http.send(ask, cx).await;
        match &sent {
            Ok(reply) => self.saw_api(&reply.headers),
            Err(HttpError::Refused(refusal)) => self.saw_api(&refusal.headers),
            Err(_) => {}
        }
        sent
    }

    /// Asks the control plane.
    pub(crate) async fn ask_control(&self, ask: &Ask, cx: &CallContext) -> DriverResult<Reply> {
        self.try_control(ask, cx)
            .await
            .map_err(|error| error.explained(|refusal| of_control(refusal, Route::of(ask))))
    }

    /// Asks the control plane about one sandbox, which answers with the sandbox. Routes without a
    /// status of their own are 201.
    pub(crate) async fn sandbox(
        &self,
        ask: &Ask,
        cx: &CallContext,
    ) -> Result<SandboxDto, HttpError> {
        let reply = self.try_control(ask, cx).await?.of_status(&[200, 201])?;
        let dto: SandboxDto = reply.object().await?;
        let is_it = ask.sandbox.as_ref().is_none_or(|asked| *asked == dto.id);
        if dto.id.is_empty() || !is_it {
            let words = "the answer is about no sandbox that was asked for".to_owned();
            return Err(HttpError::Unusable(words));
        }
        Ok(dto)
    }

    /// A sandbox as the control plane sees it, by id. That there is none is an answer only in the
    /// control plane's own words; anybody else's 404 is an error.
    pub(crate) async fn seen(&self, id: &str, cx: &CallContext) -> DriverResult<Seen> {
        let ask = self
            .control("get", Method::GET, &["sandbox", id])?
            .sandbox(id);
        let got = self.sandbox(&ask, cx).await;
        match got.map_err(|error| error.explained(of_sandbox)) {
            Ok(dto) => Ok(dto.into()),
            Err(DriverError::Failed(failure)) if failure.class == FailureClass::SandboxGone => {
                Ok(Seen::Gone(failure.message))
            }
            Err(error) => Err(error),
        }
    }

    /// Finds out what a toolbox's error means. Deleted sandboxes answer 401, 404 or 502 and
    /// stopped ones 400 or 502, so the control plane is asked before a sandbox is called dead. If it
    /// cannot be asked, nobody knows: that is the provider's failure.
    pub(crate) async fn settle(
        &self,
        sandbox: &SandboxHandle,
        error: HttpError,
        cx: &CallContext,
    ) -> DriverError {
        let failure = match error {
            HttpError::Refused(refusal) => match of_toolbox(&refusal) {
                Meaning::Told(failure) => return failure.into(),
                Meaning::Doubtful(failure) => failure,
            },
            HttpError::Lost(words) => Failure::new(FailureClass::Unavailable, words),
            other => return other.plain(),
        };
        let standing = match self.seen(&sandbox.id, cx).await {
            Ok(Seen::There(dto)) => standing(&dto),
            Ok(Seen::Gone(words)) => Some((FailureClass::SandboxGone, words)),
            Err(DriverError::Failed(unknown)) if !failure.class.is_error() => {
                let words = format!("its state is not told: {unknown}");
                Some((FailureClass::Unavailable, words))
            }
            Err(DriverError::Harness(words)) => return DriverError::Harness(words),
            Err(_) => None,
        };
        match standing {
            Some((class, words)) => {
                Failure::new(class, format!("{} ({words})", failure.message)).into()
            }
            None => failure.into(),
        }
    }
}

/// What the state of a sandbox that is there makes of a failed call; `None` when the state does not
/// explain it.
fn standing(dto: &SandboxDto) -> Option<(FailureClass, String)> {
    let class = match dto.state() {
        "stopped" | "stopping" | "paused" | "pausing" | "archived" | "archiving" => {
            FailureClass::SandboxStopped
        }
        "error" | "build_failed" | "starting" | "restoring" | "resuming" | "creating" => {
            FailureClass::Unavailable
        }
        _ => return None,
    };
    Some((class, dto.words()))
}
