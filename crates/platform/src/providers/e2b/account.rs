//! The account, and what its calls have in common.

use std::time::Duration;

use cutover_base::fixes::Fixes;
use cutover_base::secret::Secret;
use cutover_js::Text;
use cutover_sdk::e2b::{self, Info, Places, Sandbox};
use cutover_sdk::{Class as SdkClass, Error};
use indexmap::IndexMap;

use crate::provider::{Class, Thrown};
use crate::providers::means::Means;
use crate::settings::Settings;

/// How long a sandbox lives.
pub(super) const LIFETIME: Duration = Duration::from_secs(3600);

/// E2B.
#[derive(Debug)]
pub(in crate::providers) struct E2b {
    pub(super) account: e2b::E2b,
    pub(super) template: String,
    pub(super) labels: IndexMap<String, String>,
    pub(super) fixes: Fixes,
}

impl E2b {
    /// The account of a key.
    pub(in crate::providers) fn new(
        key: Secret,
        settings: &Settings,
        means: &Means,
    ) -> Result<Self, String> {
        let set = |name| means.variables.get(name).map(String::as_str);
        let places = Places::new(
            set("E2B_API_URL"),
            set("E2B_DOMAIN"),
            set("E2B_SANDBOX_URL"),
        )?;
        Ok(Self {
            account: e2b::E2b::new(key, places, means.observer.clone()),
            template: settings.e2b_template.clone(),
            labels: means.labels.clone(),
            fixes: means.fixes.clone(),
        })
    }

    /// Whether one of these quirks is repaired.
    pub(super) fn repairs(&self, ids: &[&str]) -> bool {
        ids.iter().any(|id| self.fixes.has(id))
    }

    /// A handle on a sandbox for a call.
    pub(super) async fn connect(&self, id: &Text) -> Result<Sandbox, Error> {
        let sandbox = self.account.connect(id).await?;
        // Q05: in the original every sandbox dies an hour after it was made, however busy it is.
        if self.fixes.has("Q05")
            && !is_stopped(sandbox.info())
            && let Err(error) = self.account.set_timeout(id, LIFETIME).await
        {
            if error.class == SdkClass::SandboxGone {
                return Err(error);
            }
            tracing::warn!("the life of sandbox e2b://{id} was not extended: {error}");
        }
        Ok(sandbox)
    }
}

/// Whether a sandbox does not run.
pub(super) fn is_stopped(info: &Info) -> bool {
    info.state.as_ref().is_some_and(|state| *state != "running")
}

/// What is thrown for an error of the SDK.
pub(super) fn thrown(error: Error, class: Class) -> Thrown {
    Thrown::of(class, error.message).with_status(error.status)
}
