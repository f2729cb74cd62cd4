//! `POST /sandboxes/{id}/fork`: new sandboxes of a running one's files (contract 1.7).
//!
//! Files, environment, metadata and settings go along; processes do not, see
//! [`super::snapshots`].

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::e2b::app::App;
use crate::e2b::body::{Fields, mismatch};
use crate::e2b::control::copy::{Purpose, copy};
use crate::e2b::control::launch::{Blueprint, Files, launch};
use crate::e2b::control::snapshots::own_envs;
use crate::e2b::control::view;
use crate::e2b::control::wanted::check_timeout;
use crate::e2b::error::ControlError;
use crate::e2b::sandbox::{Lifecycle, Sandbox};
use crate::e2b::slots::SANDBOXES_MAX;

/// Forks of one request at most.
const COUNT_MAX: i64 = 100;

/// Forks made at once: each fills a sandbox with files.
const AT_ONCE: usize = 4;

/// Makes the forks; one entry for each, a sandbox or why there is none.
pub(crate) async fn fork(app: &Arc<App>, id: &str, fields: &Fields) -> Result<Value, ControlError> {
    let seconds = fields.seconds("timeout")?.unwrap_or(15);
    let count = fields.seconds("count")?.unwrap_or(1);
    if count < 1 {
        return Err(mismatch("count", "number must be at least 1"));
    }
    if count > COUNT_MAX {
        return Err(mismatch("count", "number must be at most 100"));
    }
    check_timeout(seconds)?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if count >= SANDBOXES_MAX {
        return Err(ControlError::bad_request(format!(
            "Count must be lower than the maximum number of concurrent sandboxes \
             ({SANDBOXES_MAX})"
        )));
    }
    let (sandbox, archive) = copy(app, id, Purpose::Fork).await?;
    let blueprint = blueprint(&sandbox, Files::Fork(Arc::new(archive)), seconds);
    let mut results = Vec::new();
    let mut making = JoinSet::new();
    for _ in 0..count {
        if making.len() == AT_ONCE {
            results.extend(making.join_next().await);
        }
        let (app, blueprint) = (Arc::clone(app), blueprint.clone());
        making.spawn(async move { launch(&app, blueprint).await });
    }
    while let Some(result) = making.join_next().await {
        results.push(result);
    }
    let entry =
        |result: Result<Result<Arc<Sandbox>, ControlError>, tokio::task::JoinError>| match result {
            Ok(Ok(sandbox)) => json!({"sandbox": view::sandbox(&sandbox)}),
            Ok(Err(error)) => json!({"error": error.body()}),
            Err(_) => json!({"error": {"code": 500, "message": "Error forking sandbox"}}),
        };
    Ok(results.into_iter().map(entry).collect())
}

fn blueprint(sandbox: &Sandbox, files: Files, seconds: i64) -> Blueprint {
    Blueprint {
        template: sandbox.template.clone(),
        metadata: sandbox.metadata.clone(),
        envs: own_envs(sandbox),
        secure: sandbox.token.is_some(),
        network: sandbox.network().clone(),
        lifecycle: Lifecycle {
            seconds,
            ..sandbox.lifecycle
        },
        files,
        image: sandbox.image.clone(),
        memory_mb: Some(sandbox.profile.memory_bytes_max / view::MIB),
        defaults: sandbox.defaults.clone(),
        notes: Vec::new(),
    }
}
