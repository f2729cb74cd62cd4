//! Snapshots: the built-in ones can be seen; making and deleting is not implemented (contract 5).

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::standin::daytona::control::ApiError;

/// The snapshot of a sandbox that names none; Daytona keeps sandboxes of it warm.
pub(super) const DEFAULT: &str = "daytonaio/sandbox:0.8.0";

/// Name and id of each snapshot; all are the built-in image.
const BUILT_IN: [(&str, &str); 2] = [
    (DEFAULT, "5c2a7b54-2f0e-4a57-9a2e-6a0d6a2f1c01"),
    ("litellm", "9d1b0f3e-86c4-4be2-8f52-0f6f4d1e7a02"),
];

/// The internal reference of the image, which `DAYTONA_SANDBOX_SNAPSHOT` shows (contract 3.1).
pub(in crate::standin::daytona) const IMAGE_REF: &str = "cutover/standin-litellm:1";

/// The name of the snapshot that a create request means.
pub(super) fn for_create(id_or_name: &str) -> Result<&'static str, ApiError> {
    if id_or_name.is_empty() {
        return Ok(DEFAULT);
    }
    find(id_or_name).map(|(name, _)| name).ok_or_else(|| {
        ApiError::bad(format!(
            "Snapshot {id_or_name} not found. Did you add it through the Daytona Dashboard?"
        ))
    })
}

/// `GET /snapshots/{idOrName}`.
pub(super) fn get(id_or_name: &str) -> Result<Value, ApiError> {
    let found = find(id_or_name).map(dto);
    found.ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            format!("Snapshot with name {id_or_name} not found"),
        )
    })
}

/// `GET /snapshots`: they fit one page.
pub(super) fn list() -> Value {
    let items: Vec<Value> = BUILT_IN.into_iter().map(dto).collect();
    let total = items.len();
    json!({"items": items, "total": total, "page": 1, "totalPages": 1})
}

fn find(id_or_name: &str) -> Option<(&'static str, &'static str)> {
    let same = |(name, id): &(&str, &str)| *name == id_or_name || *id == id_or_name;
    BUILT_IN.into_iter().find(same)
}

fn dto((name, id): (&'static str, &'static str)) -> Value {
    json!({
        "id": id,
        "general": true,
        "name": name,
        "imageName": IMAGE_REF,
        "state": "active",
        "size": null,
        "entrypoint": null,
        "cpu": 1,
        "gpu": 0,
        "mem": 1,
        "disk": 3,
        "errorReason": null,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "lastUsedAt": null,
        "sourceSandboxId": null,
    })
}
