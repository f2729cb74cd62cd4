//! A deployed platform as the surfaces of one case see it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cutover_base::secret::Secret;
use cutover_platform::Variables;
use serde_json::{Value, json};
use url::Url;

use super::side::DeployedSide;
use crate::driver::{CallContext, Destroyed, SandboxHandle};
use crate::stage::mcp_server::{self, McpServer, RunningMcp};
use crate::surface::{Behind, Lifecycle, NewSession, PlatformHost, Refused, ToolClient};
use crate::transcript::{Ending, KnownLiteral};

/// Where a platform has its sessions.
const SESSIONS: &str = "/api/v1/managed_agents/sessions";

/// An answer about a session that is longer is not read.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// How long making and ending a session may take.
const SESSION_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct DeployedHost {
    side: DeployedSide,
    lifecycle: Arc<dyn Lifecycle>,
    tools: Option<RunningMcp>,
    /// What stands behind every name in a session that others use too.
    suffix: Option<String>,
    made: Mutex<Made>,
}

#[derive(Debug, Default)]
struct Made {
    /// Sessions of our own, which end with the case.
    sessions: Vec<String>,
    /// Provider's ids by session and name.
    ids: BTreeMap<(String, String), String>,
    /// Those that are there.
    alive: Vec<String>,
    /// Whether there is one whose id nobody told.
    unknown: bool,
}

impl DeployedHost {
    pub(super) async fn start(
        side: DeployedSide,
        server: Option<McpServer>,
        lifecycle: Arc<dyn Lifecycle>,
    ) -> Result<Self, String> {
        let variables: Variables = [
            ("LAP_BASE_URL", side.base.as_str()),
            ("LAP_AUTH_TOKEN", side.token.expose()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let tools = match &server {
            Some(server) => Some(mcp_server::start(server, &variables).await?),
            None => None,
        };
        let unique = || format!("-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        Ok(Self {
            suffix: side.session.as_ref().map(|_| unique()),
            side,
            lifecycle,
            tools,
            made: Mutex::default(),
        })
    }

    fn made(&self) -> std::sync::MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let address = format!("{}{path}", self.side.base);
        let url =
            Url::parse(&address).map_err(|error| format!("`{address}` is no URL: {error}"))?;
        let client = self
            .side
            .clients
            .for_url(&url)
            .map_err(|error| error.to_string())?;
        let mut request = client
            .request(method, url)
            .timeout(SESSION_TIMEOUT)
            .bearer_auth(self.side.token.expose());
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let told = |error: reqwest::Error| crate::driver::http::chain(&error);
        let mut answer = request.send().await.map_err(told)?;
        let status = answer.status();
        let mut text = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(told)? {
            if text.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err(format!("the answer is over {ANSWER_BYTES_MAX} bytes"));
            }
            text.extend_from_slice(&piece);
        }
        let text = String::from_utf8_lossy(&text);
        if !status.is_success() {
            let begin: String = text.chars().take(200).collect();
            return Err(format!("HTTP {}: {begin}", status.as_u16()));
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}

#[async_trait]
impl PlatformHost for DeployedHost {
    fn base(&self) -> String {
        self.side.base.clone()
    }

    fn token(&self) -> Secret {
        self.side.token.clone()
    }

    fn is_ours(&self) -> bool {
        false
    }

    fn tools(&self) -> Option<Arc<ToolClient>> {
        self.tools.as_ref().map(|it| Arc::clone(&it.client))
    }

    async fn create_session(&self, asked: NewSession<'_>) -> Result<String, String> {
        if let Some(session) = &self.side.session {
            let plain = asked.status.is_none() && asked.agent.is_none();
            return plain.then(|| session.clone()).ok_or_else(|| {
                "a deployed platform with a session of its own makes no others".to_owned()
            });
        }
        let mut body = asked.agent.cloned().unwrap_or_else(|| json!({}));
        if let (Some(status), Some(members)) = (asked.status, body.as_object_mut()) {
            members.insert("status".to_owned(), status.into());
        }
        let made = self.ask(reqwest::Method::POST, SESSIONS, Some(&body)).await;
        let made = made.map_err(|why| {
            format!("the platform makes no session ({why}); name one with --source-session or --target-session")
        })?;
        let id = ["id", "session_id"]
            .iter()
            .find_map(|it| made.get(it)?.as_str());
        let id = id
            .ok_or("the platform tells no id of the session it made")?
            .to_owned();
        self.made().sessions.push(id.clone());
        Ok(id)
    }

    fn sandbox_id(&self, session: &str, name: &str) -> Option<String> {
        let key = (session.to_owned(), name.to_owned());
        self.made().ids.get(&key).cloned()
    }

    fn name_there(&self, name: &str) -> String {
        match &self.suffix {
            Some(suffix) => format!("{name}{suffix}"),
            None => name.to_owned(),
        }
    }

    fn as_shown(&self, text: String) -> String {
        match &self.suffix {
            Some(suffix) => text.replace(suffix, ""),
            None => text,
        }
    }

    fn provisioning(&self, name: &str) -> Result<(), Refused> {
        let labels = self.lifecycle.labels();
        self.lifecycle.intent(None, name, &labels)
    }

    fn adopt(
        &self,
        session: &str,
        name: &str,
        told: Option<&str>,
    ) -> Result<Option<KnownLiteral>, String> {
        let id = told.and_then(|told| which(told, self.side.provider));
        let mut made = self.made();
        let id = match id {
            Some(Ok(id)) => id,
            // What nobody here can ask for may outlive the session.
            other => {
                made.unknown = true;
                return other.transpose().map(|_| None);
            }
        };
        made.ids
            .insert((session.to_owned(), name.to_owned()), id.clone());
        if !made.alive.contains(&id) {
            made.alive.push(id.clone());
            self.lifecycle.created(&id);
        }
        Ok(Some(KnownLiteral {
            kind: "sandbox".to_owned(),
            value: id,
        }))
    }

    fn begin(&self, _cx: &CallContext) {}

    async fn behind(&self, _cx: &CallContext) -> Behind {
        // Nobody sees what passes between a deployed platform and its provider.
        Behind::default()
    }

    async fn close(&self, cx: &CallContext) -> Ending {
        let made = std::mem::take(&mut *self.made());
        let mut ending = if made.unknown {
            Ending::Unverified
        } else {
            Ending::Clean
        };
        for id in made.alive {
            let Some(driver) = &self.side.driver else {
                ending = Ending::Unverified;
                continue;
            };
            let handle = SandboxHandle {
                id: id.clone(),
                private: Value::Null,
            };
            match driver.destroy(&handle, cx).await {
                Ok(Destroyed::Now) => self.lifecycle.destroyed(&id, "cleanup"),
                Ok(Destroyed::AlreadyGone) => self.lifecycle.destroyed(&id, "gone"),
                Err(error) => {
                    self.lifecycle.leaked(&id, &error.to_string());
                    ending = Ending::Leaked;
                }
            }
        }
        for session in made.sessions {
            let path = format!("{SESSIONS}/{session}");
            // A session that cannot be ended costs nothing once its sandboxes are gone.
            let _ = self.ask(reqwest::Method::DELETE, &path, None).await;
        }
        ending
    }
}

/// The sandbox in what [`crate::surface::WHICH`] printed; none in anything else.
fn which(told: &str, provider: crate::call::Provider) -> Option<Result<String, String>> {
    let (e2b, daytona) = told.trim().strip_prefix("e2b=")?.split_once(" daytona=")?;
    let (mine, other) = match provider {
        crate::call::Provider::E2b => (e2b, daytona),
        crate::call::Provider::Daytona => (daytona, e2b),
    };
    if !mine.is_empty() {
        return Some(Ok(mine.to_owned()));
    }
    (!other.is_empty()).then(|| {
        Err(format!(
            "the platform's sandbox is not one of {}: it has the id {other} of the other provider",
            provider.title()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Provider;

    #[test]
    fn the_sandbox_says_whose_it_is() {
        let id = |told, provider| which(told, provider);
        assert_eq!(
            id("e2b=i1 daytona=", Provider::E2b),
            Some(Ok("i1".to_owned()))
        );
        assert_eq!(
            id("e2b= daytona=u", Provider::Daytona),
            Some(Ok("u".to_owned()))
        );
        assert!(
            id("e2b=i1 daytona=", Provider::Daytona)
                .unwrap()
                .unwrap_err()
                .contains("i1")
        );
        for told in [
            "",
            "error: sandbox 'main' not provisioned",
            "e2b= daytona=",
            "e2b=",
        ] {
            assert_eq!(id(told, Provider::E2b), None, "{told}");
        }
    }
}
