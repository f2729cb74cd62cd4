//! `GET /config` and `GET /health` (contract 1.5).

use serde_json::{Value, json};

use crate::daytona::app::App;
use crate::daytona::control::settings::AUTO_ARCHIVE_MIN_MAX;
use crate::daytona::rate::Bucket;
use crate::daytona::snapshots::DEFAULT;

/// The version that every answer names: that of the source the contract was read from.
pub(super) const API_VERSION: &str = "v0.190.0";

/// What SDKs before 0.147 learn the toolbox from. There is no login, so its fields are empty.
pub(super) fn config(app: &App) -> Value {
    let addr = app.addr;
    let rate = |bucket: Bucket| json!({"ttl": 60, "limit": bucket.limit()});
    json!({
        "version": API_VERSION,
        "oidc": {"issuer": "", "clientId": "", "audience": "", "provider": ""},
        "linkedAccountsEnabled": false,
        "announcements": {},
        "proxyTemplateUrl": format!("http://{{{{PORT}}}}-{{{{sandboxId}}}}.localhost:{}", addr.port()),
        "proxyToolboxUrl": app.toolbox_url(),
        "defaultSnapshot": DEFAULT,
        "dashboardUrl": format!("http://{addr}"),
        "maxAutoArchiveInterval": AUTO_ARCHIVE_MIN_MAX,
        "maintananceMode": false,
        "environment": "standin",
        "rateLimit": {
            "authenticated": rate(Bucket::General),
            "sandboxCreate": rate(Bucket::Create),
            "sandboxLifecycle": rate(Bucket::Lifecycle),
        },
    })
}

/// Liveness; of readiness there is nothing apart to tell.
pub(super) fn health() -> Value {
    json!({"status": "ok"})
}
