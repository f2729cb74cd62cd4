//! Checks that requests for sandboxes and snapshots share (contract 1.3, 5.1, 5.6).

use crate::daytona::app::App;
use crate::daytona::control::ApiError;
use crate::daytona::control::body::Fields;
use crate::daytona::sandbox::{Resources, State};

/// What one sandbox may have.
const MAX: Resources = Resources {
    cpu: 4,
    memory: 8,
    disk: 10,
};

/// What all may have together: the highest tier's, so that a hundred sandboxes fit (contract 7.2).
const TOTAL: Resources = Resources {
    cpu: 500,
    memory: 1000,
    disk: 5000,
};

const MORE: &str = "Need higher resource limits per-sandbox? Contact us at support@daytona.io and \
                    let us know about your use case.";

/// Resources that a request names, the others as by default; wrong types are noted.
pub(super) fn resources(fields: &mut Fields) -> Resources {
    let default = Resources::default();
    Resources {
        cpu: fields.at_least("cpu", 1).unwrap_or(default.cpu),
        memory: fields.at_least("memory", 1).unwrap_or(default.memory),
        disk: fields.at_least("disk", 1).unwrap_or(default.disk),
    }
}

/// What one sandbox or snapshot may ask for.
pub(super) fn per_sandbox(wanted: Resources) -> Result<(), ApiError> {
    let message = if wanted.cpu > MAX.cpu {
        format!(
            "CPU request {} exceeds maximum allowed per sandbox ({}).",
            wanted.cpu, MAX.cpu
        )
    } else if wanted.memory > MAX.memory {
        let (wanted, max) = (wanted.memory, MAX.memory);
        format!("Memory request {wanted}GB exceeds maximum allowed per sandbox ({max}GB).")
    } else if wanted.disk > MAX.disk {
        let (wanted, max) = (wanted.disk, MAX.disk);
        format!("Disk request {wanted}GB exceeds maximum allowed per sandbox ({max}GB).")
    } else {
        return Ok(());
    };
    Err(ApiError::bad(format!("{message}\n{MORE}")))
}

/// What all sandboxes may have with one more: a stopped one counts with its disk, an archived one
/// not at all (contract 7.2).
pub(super) fn total(app: &App, more: Resources) -> Result<(), ApiError> {
    let mut sum = more;
    for sandbox in app.registry.all() {
        let facts = sandbox.facts();
        let has = facts.resources;
        match facts.state {
            State::Archived | State::Destroying | State::Error | State::BuildFailed => {}
            State::Stopped => sum.disk += has.disk,
            _ => {
                sum.cpu += has.cpu;
                sum.memory += has.memory;
                sum.disk += has.disk;
            }
        }
    }
    let upgrade = format!(
        "To increase concurrency limits, upgrade your organization's Tier by visiting http://{}/limits.",
        app.addr
    );
    let message = if sum.cpu > TOTAL.cpu {
        format!(
            "Total CPU limit exceeded. Maximum allowed: {}.\n{upgrade}",
            TOTAL.cpu
        )
    } else if sum.memory > TOTAL.memory {
        format!(
            "Total memory limit exceeded. Maximum allowed: {}GiB.\n{upgrade}",
            TOTAL.memory
        )
    } else if sum.disk > TOTAL.disk {
        format!(
            "Total disk limit exceeded. Maximum allowed: {}GiB.\nConsider archiving your unused \
             Sandboxes to free up available storage.\n{upgrade}",
            TOTAL.disk
        )
    } else {
        return Ok(());
    };
    Err(ApiError::bad(message))
}

/// There is no GPU here: a request for one gets what a region without runners for it says.
pub(super) fn gpu(fields: &Fields, auto_delete_min: i64) -> Result<(), ApiError> {
    if fields
        .given("gpu")
        .and_then(serde_json::Value::as_i64)
        .unwrap_or(0)
        == 0
    {
        return Ok(());
    }
    if auto_delete_min != 0 {
        let message = "GPU sandboxes must be ephemeral - set autoDeleteInterval to 0";
        return Err(ApiError::bad(message));
    }
    Err(ApiError::bad("No available runners"))
}

/// Names are shown on pages: no addresses, no markup. The sentence is ours.
pub(super) fn display_name(name: &str) -> Result<(), ApiError> {
    let lower = name.to_lowercase();
    let unsafe_text = ["<", ">", "://", "www."]
        .iter()
        .any(|part| lower.contains(part));
    if unsafe_text || name.chars().any(char::is_control) {
        return Err(ApiError::bad("name must not contain URLs or HTML"));
    }
    Ok(())
}

/// Containers do not pause (contract 1.5).
pub(super) fn no_pause() -> ApiError {
    ApiError::unsupported("Pausing is not supported for this sandbox")
}
