//! `POST /v2/sandboxes` and `POST /sandboxes` (contract 1.5).

use std::sync::Arc;

use axum::http::HeaderMap;
use serde_json::Value;

use crate::e2b::app::App;
use crate::e2b::body::Fields;
use crate::e2b::control::launch::launch;
use crate::e2b::control::view;
use crate::e2b::control::wanted::{self, Version};
use crate::e2b::error::ControlError;
use crate::e2b::idempotency::{self, Claim};

/// Makes a sandbox, once for each idempotency key; the answer.
pub(crate) async fn create(
    app: &Arc<App>,
    headers: &HeaderMap,
    fields: &Fields,
    version: Version,
) -> Result<Value, ControlError> {
    let key = idempotency::key(headers)?;
    let blueprint = wanted::read(app, fields, version)?;
    let claimed = match key {
        None => None,
        Some(key) => match app.creates.claim(key, fields.digest(), app.clock.now())? {
            Claim::Done(answer) => return Ok(answer),
            Claim::New(claimed) => Some(claimed),
        },
    };
    // The key is released, or its answer remembered, even if the client goes away meanwhile.
    let task_app = Arc::clone(app);
    let work = app.tasks.spawn(async move {
        let sandbox = launch(&task_app, blueprint).await?;
        let answer = view::sandbox(&sandbox);
        if let Some(claimed) = claimed {
            claimed.done(&answer);
        }
        Ok(answer)
    });
    let failed = || {
        let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
        ControlError::new(status, "Failed to place sandbox: sandbox creation failed")
    };
    work.await.unwrap_or_else(|_| Err(failed()))
}
