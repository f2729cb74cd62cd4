//! The objects that answers carry (contract 1.7).

use serde_json::{Map, Value, json};

use crate::standin::e2b::sandbox::{CLIENT_ID, ENVD_VERSION, Sandbox};
use crate::standin::e2b::template::CPU_COUNT;

const MIB: u64 = 1 << 20;

/// `Sandbox`: the answer of create and connect. `domain` is null, as hosted E2B says nowadays.
pub(crate) fn sandbox(sandbox: &Sandbox) -> Value {
    let mut view = json!({
        "templateID": sandbox.template.id,
        "sandboxID": sandbox.id,
        "clientID": CLIENT_ID,
        "alias": sandbox.template.alias,
        "envdVersion": ENVD_VERSION,
        "domain": null,
    });
    add_token(&mut view, sandbox);
    view
}

/// `ListedSandbox`.
pub(crate) fn listed(sandbox: &Sandbox) -> Value {
    let life = sandbox.life();
    let mut view = json!({
        "templateID": sandbox.template.id,
        "alias": sandbox.template.alias,
        "sandboxID": sandbox.id,
        "clientID": CLIENT_ID,
        "startedAt": sandbox.started_at.to_string(),
        "endAt": life.end_at.to_string(),
        "cpuCount": CPU_COUNT,
        "memoryMB": sandbox.profile.memory_bytes_max / MIB,
        "diskSizeMB": sandbox.profile.files_bytes_max / MIB,
        "state": if life.paused { "paused" } else { "running" },
        "envdVersion": ENVD_VERSION,
    });
    if !sandbox.metadata.is_empty() {
        view["metadata"] = json!(sandbox.metadata);
    }
    view
}

/// `SandboxDetail`.
pub(crate) fn detail(sandbox: &Sandbox) -> Value {
    let mut view = listed(sandbox);
    view["domain"] = Value::Null;
    if let Some(allow) = sandbox.allow_internet {
        view["allowInternetAccess"] = json!(allow);
    }
    let on_timeout = if sandbox.auto_pause { "pause" } else { "kill" };
    view["lifecycle"] = json!({"autoResume": false, "onTimeout": on_timeout});
    add_token(&mut view, sandbox);
    view
}

fn add_token(view: &mut Value, sandbox: &Sandbox) {
    if let (Some(token), Some(members)) = (&sandbox.token, view.as_object_mut()) {
        let members: &mut Map<String, Value> = members;
        members.insert("envdAccessToken".to_owned(), json!(token));
    }
}
