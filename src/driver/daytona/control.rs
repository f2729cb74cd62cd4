//! Making and listing Daytona sandboxes.

use std::time::Duration;

use indexmap::IndexMap;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::classes::of_control;
use super::defaults::KEPT_STOPPED_MIN;
use super::wire::{Private, SandboxDto, Seen, Wire};
use crate::call::sandbox_call::{AtExpiry, Provision};
use crate::call::{Failure, FailureClass};
use crate::driver::control_plane::Route;
use crate::driver::http::{HttpError, Retry};
use crate::driver::pages::{Pages, with_ids};
use crate::driver::polls::Polls;
use crate::driver::whole_units::whole_minutes;
use crate::driver::{CallContext, DriverError, DriverResult, Labels, SandboxHandle};

/// Time for a create, the wait for `started` included: what the `LiteLLM` Agent Platform gives it, twice
/// the SDKs' default.
const CREATE_TIMEOUT: Duration = Duration::from_secs(120);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<SandboxDto>,
    next_cursor: Option<String>,
}

impl Wire {
    /// Makes a sandbox and waits until it is started. One that does not start is deleted again.
    pub(crate) async fn create(
        &self,
        call: &Provision,
        labels: &Labels,
        cx: &CallContext,
    ) -> DriverResult<SandboxHandle> {
        let deadline = Instant::now() + self.http.within(CREATE_TIMEOUT);
        let made = self.make(call, labels, cx).await?;
        let handle = SandboxHandle {
            id: made.id.clone(),
            private: Value::Null,
        };
        let started = match self.started(made.into(), deadline, cx).await {
            Ok(dto) => self.toolbox_url(dto, cx).await,
            Err(error) => Err(error),
        };
        match started {
            Ok((dto, toolbox)) => {
                self.saw_sandbox(&dto);
                Ok(SandboxHandle {
                    id: dto.id,
                    private: json!(Private { toolbox }),
                })
            }
            Err(error) => {
                // Its labels find it if this fails too.
                let _ = self.destroy(&handle, cx).await;
                Err(error)
            }
        }
    }

    /// Sends the create. The name is ours, so that an answer that was lost does not leave a
    /// sandbox that nobody knows: a second send meets 409, and the name finds the first.
    async fn make(
        &self,
        call: &Provision,
        labels: &Labels,
        cx: &CallContext,
    ) -> DriverResult<SandboxDto> {
        let name = format!("cutover-{}", Uuid::new_v4());
        let ask = self
            .control("create", Method::POST, &["sandbox"])?
            .json(&self.create_body(&name, call, labels)?)
            .retry(Retry::Safe)
            .limits(Some(CREATE_TIMEOUT), CREATE_TIMEOUT);
        let error = match self.sandbox(&ask, cx).await {
            Ok(dto) => return Ok(dto),
            Err(error) => error,
        };
        let may_exist = match &error {
            HttpError::Refused(refusal) => refusal.attempt > 1 && refusal.status == 409,
            HttpError::Lost(_) | HttpError::Unusable(_) => true,
            HttpError::Ours(_) => false,
        };
        if may_exist {
            let ask = self.control("get", Method::GET, &["sandbox", &name])?;
            if let Ok(dto) = self.sandbox(&ask, cx).await {
                return Ok(dto);
            }
        }
        Err(error.explained(|refusal| of_control(refusal, Route::Create)))
    }

    fn create_body(&self, name: &str, call: &Provision, labels: &Labels) -> DriverResult<Value> {
        let kept = match call.at_expiry {
            None | Some(AtExpiry::Stop) => KEPT_STOPPED_MIN,
            // What the SDKs call ephemeral: it is deleted when it stops.
            Some(AtExpiry::Kill) => 0,
            Some(AtExpiry::Pause) => {
                let what = "Daytona pauses virtual machines only; a sandbox whose time has come \
                            is stopped or killed";
                return Err(DriverError::Unsupported(what.to_owned()));
            }
        };
        let mut body = json!({
            "name": name,
            "env": call.env,
            "labels": labels,
            "autoDeleteInterval": kept,
        });
        if let Some(snapshot) = &self.config.snapshot {
            body["snapshot"] = json!(snapshot);
        }
        if let Some(target) = &self.config.target {
            body["target"] = json!(target);
        }
        if let Some(lifetime) = call.timeout {
            // Zero means "never".
            body["autoStopInterval"] = json!(whole_minutes(lifetime).max(1));
        }
        Ok(body)
    }

    /// Polls until the sandbox is started.
    pub(super) async fn started(
        &self,
        mut seen: Seen,
        deadline: Instant,
        cx: &CallContext,
    ) -> DriverResult<SandboxDto> {
        let mut polls = Polls::new();
        loop {
            let dto = match seen {
                Seen::There(dto) => dto,
                Seen::Gone(words) => {
                    return Err(Failure::new(FailureClass::SandboxGone, words).into());
                }
            };
            match dto.state() {
                "started" => return Ok(dto),
                "error" | "build_failed" => {
                    return Err(Failure::new(FailureClass::Unavailable, dto.words()).into());
                }
                _ => {}
            }
            if !polls.pause(deadline).await {
                let words = format!(
                    "not started within {} s; {}",
                    CREATE_TIMEOUT.as_secs(),
                    dto.words()
                );
                return Err(Failure::new(FailureClass::Unavailable, words).into());
            }
            seen = self.seen(&dto.id, cx).await?;
        }
    }

    /// The toolbox's base URL, from the DTO or, on servers whose DTO lacks it, by asking.
    async fn toolbox_url(
        &self,
        dto: SandboxDto,
        cx: &CallContext,
    ) -> DriverResult<(SandboxDto, String)> {
        #[derive(Deserialize)]
        struct Answer {
            url: String,
        }
        if let Some(url) = dto.toolbox_proxy_url.clone() {
            return Ok((dto, url));
        }
        let segments = ["sandbox", &dto.id, "toolbox-proxy-url"];
        let ask = self
            .control("create", Method::GET, &segments)?
            .sandbox(&dto.id);
        let reply = self.ask_control(&ask, cx).await?;
        let told = async { reply.of_status(&[200])?.object::<Answer>().await };
        let answer = told.await.map_err(HttpError::plain)?;
        Ok((dto, answer.url))
    }

    /// Lists the sandboxes with these labels, all of them but for those on their way out.
    pub(crate) async fn list(
        &self,
        labels: &IndexMap<String, String>,
        cx: &CallContext,
    ) -> DriverResult<Vec<String>> {
        let mut ids = Vec::new();
        let mut pages = Pages::default();
        let mut cursor: Option<String> = None;
        loop {
            let mut ask = self.control("list", Method::GET, &["sandbox"])?;
            {
                let mut query = ask.url.query_pairs_mut();
                query.append_pair("limit", "200");
                if !labels.is_empty() {
                    query.append_pair("labels", &json!(labels).to_string());
                }
                if let Some(cursor) = &cursor {
                    query.append_pair("cursor", cursor);
                }
            }
            let reply = self.ask_control(&ask, cx).await?;
            let listed = async { reply.of_status(&[200])?.object::<Page>().await };
            let page = listed.await.map_err(HttpError::plain)?;
            with_ids(page.items.iter().map(|dto| dto.id.as_str()))?;
            let live = page.items.into_iter().filter(|dto| !dto.is_gone());
            ids.extend(live.map(|dto| dto.id));
            cursor = pages.next(page.next_cursor)?;
            if cursor.is_none() {
                return Ok(ids);
            }
        }
    }
}
