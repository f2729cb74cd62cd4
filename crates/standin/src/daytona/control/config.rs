//! `GET /config` and `GET /health` (contract 1.5).

use serde_json::{Value, json};

use crate::daytona::app::{App, ORGANIZATION};
use crate::daytona::control::settings::AUTO_ARCHIVE_MIN_MAX;
use crate::daytona::rate::Bucket;
use crate::daytona::snapshots::DEFAULT;
use crate::daytona::storage::{BUCKET, REGION};

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

/// Temporary credentials for the object store (contract 5.5).
pub(super) fn push_access(app: &App) -> Value {
    let access = app.storage.give(app.now());
    json!({
        "accessKey": access.key,
        "secret": access.secret,
        "sessionToken": access.token,
        "storageUrl": format!("http://{}", app.addr),
        "organizationId": ORGANIZATION,
        "bucket": BUCKET,
        "region": REGION,
    })
}

/// Liveness; of readiness there is nothing apart to tell.
pub(super) fn health() -> Value {
    json!({"status": "ok"})
}
