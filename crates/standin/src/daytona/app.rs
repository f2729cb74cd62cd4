//! What every handler of this stand-in shares.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use cutover_base::clock::Clock;
use jiff::Timestamp;
use serde_json::Value;

use crate::daytona::asked::Asked;
use crate::daytona::escape::go_json;
use crate::daytona::image::Builds;
use crate::daytona::rate::Rates;
use crate::daytona::registry::Registry;
use crate::daytona::reply;
use crate::daytona::signed_previews::SignedPreviews;
use crate::daytona::snapshots::Snapshots;
use crate::daytona::storage::Storage;
use crate::daytona::tasks::Tasks;
use crate::engine::{Engine, ImageFacts};
use crate::fault::Tamper;

/// The organisation that the key belongs to.
pub(super) const ORGANIZATION: &str = "6a1f0c52-7a3b-4f52-9a53-2f3c0b8e5d10";

/// Regions that a sandbox may be asked for in; one machine is all of them.
pub(super) const REGIONS: [&str; 2] = ["us", "eu"];

/// The shared state of one stand-in.
pub(super) struct App {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) clock: Clock,
    pub(super) key: String,
    pub(super) addr: SocketAddr,
    pub(super) tamper: Option<Arc<dyn Tamper>>,
    pub(super) swap_shell: bool,
    pub(super) allow_network: bool,
    pub(super) memory_bytes_max: u64,
    /// The image that stands for the built-in one.
    pub(super) image: Option<ImageFacts>,
    pub(super) registry: Registry,
    pub(super) builds: Builds,
    pub(super) snapshots: Snapshots,
    pub(super) storage: Storage,
    pub(super) signed: SignedPreviews,
    pub(super) rates: Rates,
    pub(super) tasks: Tasks,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("addr", &self.addr)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

impl App {
    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What a sandbox's `toolboxProxyUrl` says (no slash at its end).
    pub(super) fn toolbox_url(&self) -> String {
        format!("http://{}/toolbox", self.addr)
    }

    /// An answer of the control plane, in plain JSON.
    pub(super) fn control_json(
        &self,
        asked: &Asked,
        status: StatusCode,
        mut message: Value,
    ) -> Response {
        self.tamper(asked, &mut message);
        reply::json(status, message.to_string().into_bytes())
    }

    /// An answer of the toolbox, in JSON as Go writes it.
    pub(super) fn toolbox_json(
        &self,
        asked: &Asked,
        status: StatusCode,
        mut message: Value,
    ) -> Response {
        self.tamper(asked, &mut message);
        reply::json(status, go_json(&message))
    }

    fn tamper(&self, asked: &Asked, message: &mut Value) {
        if let Some(tamper) = &self.tamper {
            tamper.json(&asked.route(), message);
        }
    }
}
