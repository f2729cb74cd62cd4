//! A toolbox request with the sandbox that it is for.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::daytona::activity::InUse;
use crate::daytona::app::{App, ORGANIZATION};
use crate::daytona::asked::Asked;
use crate::daytona::image::BUILT_IN_REF;
use crate::daytona::sandbox::Sandbox;
use crate::daytona::spool::{Holds, Spool};
use crate::daytona::toolbox::error::ToolError;
use crate::engine::{EngineSandbox, Identity};

/// The template's ENV, as far as it means something without the template's files: a path to a CA
/// bundle that is not there would break every client inside.
const IMAGE_ENV: [(&str, &str); 7] = [
    (
        "DATABASE_URL",
        "postgresql://user:user@localhost:5432/litellm",
    ),
    ("DEBIAN_FRONTEND", "noninteractive"),
    ("LANG", "en_US.UTF-8"),
    ("UV_NATIVE_TLS", "true"),
    ("LITELLM_MASTER_KEY", "sk-1234"),
    ("LITELLM_SALT_KEY", "sk-litellm-salt-dev-unsafe"),
    ("STORE_MODEL_IN_DB", "True"),
];

/// Docker's default, which the template keeps.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a handler of the daemon works with.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    pub(super) app: Arc<App>,
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) asked: Arc<Asked>,
    /// Ends when the sandbox stops, is destroyed or dies.
    pub(super) boot: CancellationToken,
    /// Keeps the sandbox active, unless the client wanted otherwise.
    pub(super) _in_use: Option<Arc<InUse>>,
}

impl Machine {
    /// The sandbox's engine.
    pub(super) fn engine(&self) -> &dyn EngineSandbox {
        self.sandbox.engine.as_ref()
    }

    /// Room for bytes of unknown length.
    pub(super) fn spool(&self, holds: Holds) -> Spool {
        Spool::new(&self.sandbox.engine, &self.sandbox.spooled, holds)
    }

    /// Whose rights the daemon has: the image's user (contract 3.1).
    pub(super) fn who(&self) -> &Identity {
        &self.sandbox.place.identity
    }

    /// An answer in JSON.
    pub(super) fn json(&self, status: StatusCode, message: Value) -> Response {
        self.app.toolbox_json(&self.asked, status, message)
    }

    /// A path as the daemon takes it: relative to its work dir, nothing expanded (contract 3.6).
    pub(super) fn resolve(&self, path: &str) -> String {
        if path.starts_with('/') {
            return path.to_owned();
        }
        let work_dir = &self.sandbox.place.work_dir;
        if path.is_empty() {
            return work_dir.clone();
        }
        format!("{work_dir}/{path}")
    }

    /// A resolved path as errors name it: the daemon hands a relative path to the system as it was
    /// asked for, so its work dir is not told (contract 3.6).
    pub(super) fn as_asked<'path>(&self, asked: &str, path: &'path str) -> &'path str {
        if asked.starts_with('/') {
            return path;
        }
        let below = path.strip_prefix(&self.sandbox.place.work_dir);
        let below = below.map(|below| below.trim_start_matches('/'));
        below.map_or(path, |below| if below.is_empty() { "." } else { below })
    }

    /// A query parameter that must be there.
    pub(super) fn required(&self, name: &str) -> Result<String, ToolError> {
        let given = self.asked.param(name).filter(|value| !value.is_empty());
        given.ok_or_else(|| ToolError::bad(format!("{name} is required")))
    }

    /// The daemon's own environment, which everything it starts inherits (contract 3.1).
    pub(super) fn env(&self) -> BTreeMap<String, String> {
        let fixed = &self.sandbox.fixed;
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut env = BTreeMap::from([own("PATH", PATH)]);
        let image = self.sandbox.image();
        let is_own = image.is_some_and(|image| image.built.is_some());
        match &self.app.image {
            _ if is_own => {}
            Some(image) => env.extend(image.env.clone()),
            None => env.extend(IMAGE_ENV.iter().map(|(name, value)| own(name, value))),
        }
        env.extend([
            own("HOME", &self.sandbox.place.home),
            own("HOSTNAME", &fixed.id),
            own("DAYTONA_SANDBOX_ID", &fixed.id),
            own("DAYTONA_SANDBOX_SNAPSHOT", BUILT_IN_REF),
            own("DAYTONA_SANDBOX_USER", &fixed.user),
        ]);
        // Where an engine built the image, its ENV was not known when the sandbox was asked for.
        env.extend(image.map(|image| image.process_env()).unwrap_or_default());
        env.extend(fixed.env.clone());
        env.extend([
            own("DAYTONA_ORGANIZATION_ID", ORGANIZATION),
            own("DAYTONA_REGION_ID", &fixed.target),
        ]);
        self.sandbox.live.of(&self.boot).env.apply(&mut env);
        env
    }
}
