//! A handle on a sandbox.

use cutover_js::Text;

use super::client::E2b;
use super::info::Info;
use super::places::ENVD_PORT;

pub(super) const USER_AGENT: &str = "e2b-js-sdk/1.13.2";

/// A sandbox that was created or connected to.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pub(super) e2b: E2b,
    id: Text,
    lossy_id: String,
    info: Info,
}

impl Sandbox {
    pub(super) fn new(e2b: E2b, id: Text, info: Info) -> Self {
        Self {
            e2b,
            lossy_id: id.to_string_lossy().into_owned(),
            id,
            info,
        }
    }

    /// Its id.
    pub const fn id(&self) -> &Text {
        &self.id
    }

    /// What E2B told of it.
    pub const fn info(&self) -> &Info {
        &self.info
    }

    pub(super) fn lossy_id(&self) -> String {
        self.lossy_id.clone()
    }

    /// An address of its daemon.
    pub(super) fn url(&self, path: &str) -> String {
        let domain = self.info.domain.as_ref().map(Text::to_string_lossy);
        let base = self.e2b.places.envd_url(&self.lossy_id, domain.as_deref());
        format!("{base}{path}")
    }

    /// Headers for its daemon: those of the call, with the token, and with the sandbox's name where
    /// the address does not have it.
    pub(super) fn headers<'a>(&'a self, of_call: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut headers = of_call.to_vec();
        if let Some(token) = &self.info.token {
            headers.push(("x-access-token", token.expose()));
        }
        if self.e2b.places.sandbox_url().is_some() {
            headers.push(("e2b-sandbox-id", &self.lossy_id));
            headers.push(("e2b-sandbox-port", ENVD_PORT));
        }
        headers
    }
}
