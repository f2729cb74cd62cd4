//! Sandboxes and snapshots on the wire (contract 1.4, 5.2).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::daytona::app::{App, ORGANIZATION, REGIONS};
use crate::daytona::reply::iso;
use crate::daytona::sandbox::{Backup, BuildInfo, Facts, Sandbox};
use crate::daytona::snapshots::Snapshot;

impl Sandbox {
    /// The sandbox as the control plane shows it.
    pub(super) fn dto(&self, app: &App) -> Value {
        let facts = self.facts().clone();
        let fixed = &self.fixed;
        let mut dto = json!({
            "id": fixed.id,
            "organizationId": ORGANIZATION,
            "name": facts.name,
            "target": fixed.target,
            "user": fixed.user,
            "env": fixed.env_shown,
            "cpu": facts.resources.cpu,
            "gpu": 0,
            "memory": facts.resources.memory,
            "disk": facts.resources.disk,
            "public": facts.public,
            "networkBlockAll": facts.network.block_all,
            "kvm": false,
            "labels": facts.labels,
            "volumes": [],
            "state": facts.state.word(),
            "desiredState": facts.state.desired(),
            "autoStopInterval": facts.auto_stop_min,
            "autoArchiveInterval": facts.auto_archive_min,
            "autoDeleteInterval": facts.auto_delete_min,
            "sandboxClass": "container",
            "createdAt": iso(fixed.created_at),
            "updatedAt": iso(facts.updated_at),
            "lastActivityAt": iso(facts.last_activity_at),
            "toolboxProxyUrl": app.toolbox_url(),
        });
        if let Some(fields) = dto.as_object_mut() {
            self.optional(&facts, fields);
        }
        dto
    }

    /// What is left out when there is none.
    fn optional(&self, facts: &Facts, fields: &mut Map<String, Value>) {
        let fixed = &self.fixed;
        let (backup, backup_at) = match facts.backup {
            Backup::None => ("None", None),
            Backup::InProgress => ("InProgress", None),
            Backup::Failed => ("Error", None),
            Backup::Completed(at) => ("Completed", Some(iso(at))),
        };
        let error = facts.error.clone();
        // What the stand-in knows as an error is for good.
        let recoverable = error.is_some().then_some(false);
        for (name, value) in [
            ("snapshot", fixed.snapshot.clone().map(Value::String)),
            ("buildInfo", fixed.build.as_ref().map(build_info)),
            (
                "networkAllowList",
                facts.network.allow_list.clone().map(Value::String),
            ),
            (
                "domainAllowList",
                facts.network.domains.clone().map(Value::String),
            ),
            ("backupState", Some(backup.into())),
            ("backupCreatedAt", backup_at.map(Value::String)),
            ("autoDestroyAt", facts.destroy_at.map(|at| iso(at).into())),
            ("errorReason", error.map(Value::String)),
            ("recoverable", recoverable.map(Value::Bool)),
        ] {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        }
    }

    /// The sandbox as an item of a list: without what only the whole shows.
    pub(super) fn list_item(&self, app: &App) -> Value {
        let mut dto = self.dto(app);
        if let Some(fields) = dto.as_object_mut() {
            for name in ["env", "volumes", "buildInfo", "backupCreatedAt"] {
                fields.shift_remove(name);
            }
        }
        dto
    }
}

impl Snapshot {
    /// The snapshot on the wire (contract 5.2).
    pub(super) fn dto(&self, now: Timestamp) -> Value {
        let state = self.state(now);
        let facts = self.facts().clone();
        let image = facts.image.as_ref();
        let files = image.and_then(|image| image.files.as_ref());
        let mut dto = json!({
            "id": self.id,
            "organizationId": ORGANIZATION,
            "general": self.general,
            "name": self.name,
            "state": state.word(),
            "size": files.map(|files| gigabytes(files.len)),
            "entrypoint": self.entrypoint,
            "cpu": self.resources.cpu,
            "gpu": 0,
            "mem": self.resources.memory,
            "disk": self.resources.disk,
            "errorReason": facts.error,
            "createdAt": iso(self.created_at),
            "updatedAt": iso(facts.updated_at),
            "lastUsedAt": facts.last_used_at.map(iso),
            "sourceSandboxId": self.source,
            "regionIds": REGIONS,
            "sandboxClass": "container",
        });
        if let Some(fields) = dto.as_object_mut() {
            for (name, value) in [
                ("imageName", self.image_name.clone().map(Value::String)),
                ("buildInfo", self.build.as_ref().map(build_info)),
                ("ref", image.map(|image| image.reference.clone().into())),
            ] {
                if let Some(value) = value {
                    fields.insert(name.to_owned(), value);
                }
            }
        }
        dto
    }
}

/// Bytes in gigabytes, to two digits, as the service shows sizes.
fn gigabytes(bytes: u64) -> f64 {
    let hundredths = u32::try_from(bytes / 10_000_000).unwrap_or(u32::MAX);
    f64::from(hundredths) / 100.0
}

/// A declarative build as sandboxes and snapshots show it.
fn build_info(build: &BuildInfo) -> Value {
    let at = iso(build.created_at);
    json!({
        "dockerfileContent": build.dockerfile,
        "contextHashes": build.hashes,
        "createdAt": at,
        "updatedAt": at,
        "snapshotRef": build.reference,
    })
}
