//! The objects that answers carry (contract 1.7).

use serde_json::{Value, json};

use crate::e2b::sandbox::{CLIENT_ID, ENVD_VERSION, Sandbox};

/// Bytes of the megabytes that the provider counts in.
pub(crate) const MIB: u64 = 1 << 20;

/// `Sandbox`: the answer of create and connect. `domain` is null, as hosted E2B says nowadays.
pub(crate) fn sandbox(sandbox: &Sandbox) -> Value {
    let mut view = json!({
        "templateID": sandbox.template.id,
        "sandboxID": sandbox.id,
        "clientID": CLIENT_ID,
        "envdVersion": ENVD_VERSION,
        "domain": null,
    });
    add_alias(&mut view, sandbox);
    if let Some(token) = &sandbox.token {
        view["envdAccessToken"] = json!(token);
    }
    if let Some(token) = &sandbox.traffic_token {
        view["trafficAccessToken"] = json!(token);
    }
    view
}

/// `ListedSandbox`.
pub(crate) fn listed(sandbox: &Sandbox) -> Value {
    let (end_at, state) = {
        let life = sandbox.life();
        (life.end_at, life.state)
    };
    let mut view = json!({
        "templateID": sandbox.template.id,
        "sandboxID": sandbox.id,
        "clientID": CLIENT_ID,
        "startedAt": sandbox.started_at.to_string(),
        "endAt": end_at.to_string(),
        "cpuCount": sandbox.template.cpus,
        "memoryMB": sandbox.profile.memory_bytes_max / MIB,
        "diskSizeMB": sandbox.profile.files_bytes_max / MIB,
        "state": state.shown(),
        "envdVersion": ENVD_VERSION,
    });
    add_alias(&mut view, sandbox);
    if !sandbox.metadata.is_empty() {
        view["metadata"] = json!(sandbox.metadata);
    }
    view
}

/// `SandboxDetail`.
pub(crate) fn detail(sandbox: &Sandbox) -> Value {
    let mut view = listed(sandbox);
    view["domain"] = Value::Null;
    let (allow_internet, network) = {
        let network = sandbox.network();
        (network.allow_internet, network.view())
    };
    if let Some(allow) = allow_internet {
        view["allowInternetAccess"] = json!(allow);
    }
    if let Some(network) = network {
        view["network"] = network;
    }
    let on_timeout = match sandbox.lifecycle.auto_pause {
        Some(_) => "pause",
        None => "kill",
    };
    let auto_resume = sandbox.lifecycle.auto_resume;
    view["lifecycle"] = json!({"autoResume": auto_resume, "onTimeout": on_timeout});
    if let Some(mode) = sandbox.life().state.pause_mode() {
        view["pauseMode"] = json!(mode.word());
    }
    if let Some(token) = &sandbox.token {
        view["envdAccessToken"] = json!(token);
    }
    view
}

fn add_alias(view: &mut Value, sandbox: &Sandbox) {
    if let Some(alias) = &sandbox.template.alias {
        view["alias"] = json!(alias);
    }
}
