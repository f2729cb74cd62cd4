//! E2B's control plane: create, kill, list, pause.

use std::time::Duration;

use indexmap::IndexMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::classes::of_control;
use super::envd::{Private, Wire};
use crate::call::sandbox_call::{AtExpiry, Provision};
use crate::call::{Failure, FailureClass};
use crate::driver::control_plane::Route;
use crate::driver::deletion::{Deletion, Missed};
use crate::driver::http::{Ask, HttpError, Reply, Retry};
use crate::driver::pages::{Pages, with_ids};
use crate::driver::settings::route;
use crate::driver::whole_units::whole_seconds;
use crate::driver::{
    CallContext, Destroyed, DriverError, DriverResult, Labels, SandboxHandle, SandboxState,
};

/// Time for a kill to be heard, as for every call of the SDKs.
const KILL_TIMEOUT: Duration = Duration::from_secs(60);

/// What JavaScript's and Python's encoders leave alone.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    #[serde(rename = "sandboxID")]
    sandbox_id: String,
    envd_version: String,
    envd_access_token: Option<String>,
    domain: Option<String>,
}

/// What is read of an answer about one sandbox.
#[derive(Deserialize)]
pub(super) struct Detail {
    #[serde(rename = "sandboxID")]
    pub(super) sandbox_id: String,
    #[serde(default)]
    state: Value,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "sandboxID")]
    sandbox_id: String,
}

impl Wire {
    /// A request to the control plane.
    pub(super) fn control(
        &self,
        op: &'static str,
        method: Method,
        segments: &[&str],
    ) -> DriverResult<Ask> {
        Ask::new(op, method, route(&self.config.api_url, segments))
            .header("x-api-key", self.config.api_key.expose())
    }

    /// Asks the control plane.
    pub(super) async fn ask_control(&self, ask: &Ask, cx: &CallContext) -> DriverResult<Reply> {
        let sent = self.http.send(ask, cx).await;
        sent.map_err(|error| error.explained(|refusal| of_control(refusal, Route::of(ask))))
    }

    /// Asks the control plane for what it knows of a sandbox, by a route of these statuses.
    pub(super) async fn ask_about(
        &self,
        ask: &Ask,
        statuses: &[u16],
        cx: &CallContext,
    ) -> DriverResult<Detail> {
        let reply = self.ask_control(ask, cx).await?;
        let told = async { reply.of_status(statuses)?.object::<Detail>().await };
        let detail = told.await.map_err(HttpError::plain)?;
        if ask
            .sandbox
            .as_deref()
            .is_some_and(|id| id != detail.sandbox_id)
        {
            let words = "the answer is about another sandbox".to_owned();
            return Err(HttpError::Unusable(words).plain());
        }
        Ok(detail)
    }

    /// Makes a sandbox. The answer comes when it runs.
    pub(crate) async fn create(
        &self,
        call: &Provision,
        labels: &Labels,
        cx: &CallContext,
    ) -> DriverResult<SandboxHandle> {
        let mut body = json!({
            "templateID": self.config.template,
            "metadata": labels,
            "envVars": call.env,
        });
        if let Some(lifetime) = call.timeout {
            body["timeout"] = json!(whole_seconds(lifetime));
        }
        match call.at_expiry {
            None => {}
            Some(AtExpiry::Kill) => body["autoPause"] = json!(false),
            Some(AtExpiry::Pause) => body["autoPause"] = json!(true),
            Some(AtExpiry::Stop) => {
                let what = "E2B has no stop; a sandbox whose time has come is killed or paused";
                return Err(DriverError::Unsupported(what.to_owned()));
            }
        }
        // The key makes a second send the same as one, so that a lost answer leaks nothing.
        let ask = self
            .control("create", Method::POST, &["v2", "sandboxes"])?
            .header("idempotency-key", &format!("cutover-{}", Uuid::new_v4()))?
            .json(&body)
            .retry(Retry::Safe);
        let reply = self.ask_control(&ask, cx).await?;
        let made = async { reply.of_status(&[201])?.object::<Created>().await };
        let created = made.await.map_err(HttpError::plain)?;
        if created.sandbox_id.is_empty() {
            let words = "a sandbox without an id".to_owned();
            return Err(HttpError::Unusable(words).plain());
        }
        self.saw_daemon(&created.envd_version);
        let private = Private {
            token: created.envd_access_token,
            domain: created.domain,
            envd: created.envd_version,
        };
        Ok(SandboxHandle {
            id: created.sandbox_id,
            private: json!(private),
        })
    }

    /// Kills a sandbox, running or paused. It is asked again until it is heard: what is not killed
    /// goes on costing.
    pub(crate) async fn kill(
        &self,
        sandbox: &SandboxHandle,
        cx: &CallContext,
    ) -> DriverResult<Destroyed> {
        let ask = self
            .control("destroy", Method::DELETE, &["sandboxes", &sandbox.id])?
            .sandbox(&sandbox.id);
        let mut deletion = Deletion::within(self.http.within(KILL_TIMEOUT));
        loop {
            let killed = match self.http.send(&ask, cx).await {
                Ok(reply) => match reply.of_status(&[204]) {
                    Ok(reply) => reply.empty().await,
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            let Err(error) = killed else {
                return Ok(Destroyed::Now);
            };
            match deletion.missed(error, |refusal| of_control(refusal, Route::Sandbox)) {
                Missed::Gone(how) => return Ok(how),
                Missed::Refused(error) => return Err(error),
                Missed::Unheard(error) => deletion.again(error).await?,
            }
        }
    }

    /// Pauses a sandbox.
    pub(crate) async fn pause(
        &self,
        sandbox: &SandboxHandle,
        cx: &CallContext,
    ) -> DriverResult<()> {
        let ask = self
            .control("pause", Method::POST, &["sandboxes", &sandbox.id, "pause"])?
            .sandbox(&sandbox.id)
            .json(&json!({}));
        let reply = self.ask_control(&ask, cx).await?;
        let paused = async { reply.of_status(&[204])?.empty().await };
        paused.await.map_err(HttpError::plain)
    }

    /// A request for what is known of a sandbox.
    pub(super) fn detail(&self, op: &'static str, sandbox: &SandboxHandle) -> DriverResult<Ask> {
        let ask = self.control(op, Method::GET, &["sandboxes", &sandbox.id])?;
        Ok(ask.sandbox(&sandbox.id))
    }

    /// What state a sandbox is in, by its [`detail`](Self::detail).
    pub(super) async fn state(&self, detail: &Ask, cx: &CallContext) -> DriverResult<SandboxState> {
        let detail = match self.ask_about(detail, &[200], cx).await {
            Err(DriverError::Failed(failure)) if failure.class == FailureClass::SandboxGone => {
                return Ok(SandboxState::Gone);
            }
            detail => detail?,
        };
        match detail.state.as_str() {
            Some("running") => Ok(SandboxState::Running),
            Some("paused") => Ok(SandboxState::Paused),
            _ => {
                let words = format!("a sandbox in the state {}", detail.state);
                Err(Failure::new(FailureClass::Internal, words).into())
            }
        }
    }

    /// Lists the sandboxes with these labels, running and paused, all of them.
    pub(crate) async fn list(
        &self,
        labels: &IndexMap<String, String>,
        cx: &CallContext,
    ) -> DriverResult<Vec<String>> {
        let mut ids = Vec::new();
        let mut pages = Pages::default();
        let mut token: Option<String> = None;
        loop {
            let mut ask = self.control("list", Method::GET, &["v2", "sandboxes"])?;
            {
                let mut query = ask.url.query_pairs_mut();
                query.append_pair("limit", "100");
                if !labels.is_empty() {
                    query.append_pair("metadata", &metadata_query(labels));
                }
                if let Some(token) = &token {
                    query.append_pair("nextToken", token);
                }
            }
            let reply = self.ask_control(&ask, cx).await?;
            let next = reply.header("x-next-token");
            let listed = async { reply.of_status(&[200])?.json::<Vec<Listed>>().await };
            let page = listed.await.map_err(HttpError::plain)?;
            with_ids(page.iter().map(|listed| listed.sandbox_id.as_str()))?;
            ids.extend(page.into_iter().map(|listed| listed.sandbox_id));
            token = pages.next(Some(next))?;
            if token.is_none() {
                return Ok(ids);
            }
        }
    }
}

/// The value of the query `metadata`, before the query itself encodes it: names and values are
/// percent-encoded one by one, then written as a form.
fn metadata_query(labels: &IndexMap<String, String>) -> String {
    let encode = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in labels {
        form.append_pair(&encode(name), &encode(value));
    }
    form.finish()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn labels_are_encoded_as_the_sdk_does() {
        let labels = IndexMap::from([("a b".to_owned(), "c d".to_owned())]);
        let mut url = Url::parse("http://x/").unwrap();
        url.query_pairs_mut()
            .append_pair("metadata", &metadata_query(&labels));
        assert_eq!(url.query(), Some("metadata=a%252520b%3Dc%252520d"));
    }
}
