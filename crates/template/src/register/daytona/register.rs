//! Carries a plan out: from what the provider has under the name to an active snapshot.

use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::register::connection::Connection;
use crate::register::daytona::limits::Caps;
use crate::register::daytona::logs::{Build, follow};
use crate::register::daytona::objects::{push_access, put};
use crate::register::daytona::plan::SnapshotPlan;
use crate::register::daytona::wire::{PushAccess, Snapshot};
use crate::register::error::RegisterError;
use crate::register::progress::Progress;

/// What is asked for besides the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotOptions {
    /// Deletes a snapshot of this name that is another.
    pub replace: bool,
    /// Leaves the sizes to the provider.
    pub skips_caps: bool,
    /// The region, if it is not the provider's default.
    pub region: Option<String>,
    /// The organisation, where the key does not say it.
    pub organization: Option<String>,
}

/// What stands under the name now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegisteredSnapshot {
    /// Its id.
    pub id: String,
    /// Whether this call made it; it was there as planned otherwise.
    pub is_new: bool,
}

/// Makes the snapshot of a plan, and waits until it is active. May be dropped at any time: what then stands,
/// the progress says.
///
/// # Errors
/// What it was refused for, or what failed.
pub async fn register(
    plan: &SnapshotPlan,
    options: &SnapshotOptions,
    connection: &Connection,
    progress: &Progress<'_>,
) -> Result<RegisteredSnapshot, RegisterError> {
    let registration = Registration {
        plan,
        options,
        connection,
        progress,
    };
    registration.run().await
}

#[derive(Clone, Copy)]
struct Registration<'a> {
    plan: &'a SnapshotPlan,
    options: &'a SnapshotOptions,
    connection: &'a Connection,
    progress: &'a Progress<'a>,
}

impl Registration<'_> {
    async fn run(self) -> Result<RegisteredSnapshot, RegisterError> {
        let found = self.find(&self.plan.name).await?;
        let mut old = None;
        if let Some(found) = found {
            if self.is_planned(&found) && found.is_active() {
                return Ok(RegisteredSnapshot {
                    id: found.id,
                    is_new: false,
                });
            }
            if self.is_planned(&found) && !found.is_settled() && found.state != "removing" {
                self.progress
                    .step("the same snapshot is being built already: it is followed");
                return self.until_active(found).await;
            }
            if !self.options.replace {
                return Err(self.taken(&found));
            }
            old = Some(found);
        }
        let hashes = self.upload().await?;
        if let Some(old) = old {
            self.remove(&old).await?;
        }
        let made = self.create(&hashes).await?;
        self.until_active(made).await
    }

    /// The snapshot of a name or id, if there is one.
    async fn find(self, name: &str) -> Result<Option<Snapshot>, RegisterError> {
        let what = format!("snapshot {name}");
        let url = self.connection.url(&["snapshots", name]);
        let answer = self.connection.get(&what, url).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        answer.read(&what).map(Some)
    }

    /// Whether it is what the plan would make.
    fn is_planned(self, found: &Snapshot) -> bool {
        let Some(info) = &found.build_info else {
            return false;
        };
        let hashes = self.plan.contexts.iter().map(|it| it.hash.as_str());
        let sizes = self.plan.sizes;
        let is = |told: Option<f64>, planned: u32| {
            told.is_none_or(|it| it.total_cmp(&f64::from(planned)).is_eq())
        };
        let known = info.context_hashes.as_deref().unwrap_or_default();
        info.dockerfile_content.as_deref() == Some(self.plan.dockerfile_content.as_str())
            && known.iter().map(String::as_str).eq(hashes)
            && is(found.cpu, sizes.cpu)
            && is(found.mem, sizes.memory)
            && is(found.disk, sizes.disk)
    }

    /// Why a name that is taken ends it.
    fn taken(self, found: &Snapshot) -> RegisterError {
        let name = &self.plan.name;
        let id = &found.id;
        let what = if self.is_planned(found) {
            match found.state.as_str() {
                "inactive" => {
                    format!("is the same, but inactive: activate it (POST snapshots/{id}/activate)")
                }
                "removing" => "is being removed: try again in a minute".to_owned(),
                state => format!(
                    "is the same, but its build came to {state} ({})",
                    found.reason()
                ),
            }
        } else {
            format!(
                "is another (state {}): it has another Dockerfile, other files or other sizes",
                found.state
            )
        };
        RegisterError::refused(format!(
            "the snapshot {name} ({id}) {what}.\nA name cannot be used again while its snapshot exists: \
             give another with --name, or --replace, which deletes this one first"
        ))
    }

    /// Puts the contexts into the object store and gives their hashes; checks the sizes before.
    async fn upload(self) -> Result<Vec<String>, RegisterError> {
        let contexts = &self.plan.contexts;
        let mut access = if contexts.is_empty() {
            None
        } else {
            Some(push_access(self.connection).await?)
        };
        self.check_caps(access.as_ref()).await?;
        let mut hashes: Vec<String> = Vec::new();
        for (at, context) in contexts.iter().enumerate() {
            if let Some(access) = access.as_mut()
                && !hashes.contains(&context.hash)
            {
                put(self.connection, access, context, self.progress).await?;
                self.progress.now_stands(format!(
                    "{} of {} contexts lie in the object store, where the next call finds them; no snapshot was made.",
                    at + 1,
                    contexts.len()
                ));
            }
            hashes.push(context.hash.clone());
        }
        Ok(hashes)
    }

    async fn check_caps(self, access: Option<&PushAccess>) -> Result<(), RegisterError> {
        if self.options.skips_caps {
            return Ok(());
        }
        let named = access.map(|it| it.organization_id.clone());
        let asked = match named.or_else(|| self.options.organization.clone()) {
            Some(id) => {
                let url = self.connection.url(&["organizations", &id]);
                let answer = self.connection.get("organization", url).await?;
                answer.read::<Caps>("organization").ok()
            }
            None => None,
        };
        let refused = asked.unwrap_or_default().refused(self.plan.sizes);
        if refused.is_empty() {
            return Ok(());
        }
        let whose = if asked.is_some() {
            "These are the organisation's limits"
        } else {
            "These are Daytona's usual limits, as it does not tell those of this organisation; \
             --no-preflight leaves the answer to Daytona"
        };
        Err(RegisterError::refused(format!(
            "{}\n{whose}.",
            refused.join("\n")
        )))
    }

    /// Deletes the snapshot that has the name, and waits until it is gone.
    async fn remove(self, old: &Snapshot) -> Result<(), RegisterError> {
        let name = &self.plan.name;
        let what = format!("removing the old snapshot {name}");
        self.progress.step(&what);
        let url = self.connection.url(&["snapshots", &old.id]);
        self.progress.now_stands(format!(
            "The old snapshot {name} ({}) is being deleted, and no new one was made: run the command again.",
            old.id
        ));
        let answer = self
            .connection
            .send_once(&what, Method::DELETE, url, None)
            .await?;
        if !answer.is_ok() && answer.status != 404 {
            return Err(answer.refusal(&what));
        }
        while let Some(left) = self.find(&old.id).await? {
            if matches!(left.state.as_str(), "error" | "build_failed") && left.state != old.state {
                let reason = left.reason();
                return Err(RegisterError::failed(format!("{what}: {reason}")));
            }
            tokio::time::sleep(self.connection.pace.poll).await;
        }
        Ok(())
    }

    async fn create(self, hashes: &[String]) -> Result<Snapshot, RegisterError> {
        let plan = self.plan;
        let name = &plan.name;
        let mut info = json!({ "dockerfileContent": plan.dockerfile_content });
        if !hashes.is_empty() {
            info["contextHashes"] = json!(hashes);
        }
        let mut body = json!({
            "name": name,
            "buildInfo": info,
            "cpu": plan.sizes.cpu,
            "memory": plan.sizes.memory,
            "disk": plan.sizes.disk,
        });
        if let Some(region) = &self.options.region {
            body["regionId"] = Value::String(region.clone());
        }
        let what = format!("making the snapshot {name}");
        self.progress.step(&what);
        self.progress.now_stands(format!(
            "The snapshot {name} was asked for, and the answer has not come: it may have been made. \
             Run the command again: it follows a build that is going on. {}",
            self.how_to_remove(name)
        ));
        let url = self.connection.url(&["snapshots"]);
        let answer = self
            .connection
            .send_once(&what, Method::POST, url, Some(&body))
            .await?;
        if (400..500).contains(&answer.status) {
            self.progress
                .now_stands("No snapshot was made; the contexts lie in the object store, where the next call finds them.");
        }
        if answer.status == 409 {
            return Err(RegisterError::refused(format!(
                "{what}: {}\nSomebody made it meanwhile: run the command again, which looks at what it is",
                answer.message()
            )));
        }
        answer.read(&what)
    }

    fn how_to_remove(self, id: &str) -> String {
        let mut url = self.connection.url(&["snapshots", id]);
        url.set_query(None);
        let _kept = url.set_username("");
        let _kept = url.set_password(None);
        format!("To remove it: curl -X DELETE -H \"Authorization: Bearer $DAYTONA_API_KEY\" {url}")
    }

    /// Follows a snapshot, with the log of its build, until it is active.
    async fn until_active(self, made: Snapshot) -> Result<RegisteredSnapshot, RegisterError> {
        let (name, id) = (&self.plan.name, made.id.clone());
        self.progress.now_stands(format!(
            "The snapshot {name} ({id}) is being built, and goes on without us. Run the command again: it \
             follows the build. {}",
            self.how_to_remove(&id)
        ));
        let (tell, build) = watch::channel(Build::Waits);
        let states = async {
            let ended = self.states(made, &tell).await;
            tell.send_replace(Build::Ended);
            ended
        };
        let log = follow(self.connection, &id, build, self.progress);
        let (ended, ()) = tokio::join!(states, log);
        let ended = ended?;
        if ended.is_active() {
            return Ok(RegisteredSnapshot { id, is_new: true });
        }
        self.progress.now_stands(format!(
            "The snapshot {name} ({id}) is left with the state {}, and keeps the name: run the command again with \
             --replace. {}",
            ended.state,
            self.how_to_remove(&id)
        ));
        Err(RegisterError::failed(format!(
            "the snapshot {name} came to {}: {}",
            ended.state,
            ended.reason()
        )))
    }

    /// Looks at the snapshot until it changes no more.
    async fn states(
        self,
        mut now: Snapshot,
        build: &watch::Sender<Build>,
    ) -> Result<Snapshot, RegisterError> {
        let mut told = String::new();
        loop {
            if now.state != told {
                self.progress
                    .step(&format!("snapshot {}: {}", self.plan.name, now.state));
                told.clone_from(&now.state);
            }
            if now.is_settled() {
                return Ok(now);
            }
            if now.state != "pending" {
                build.send_replace(Build::Runs);
            }
            tokio::time::sleep(self.connection.pace.poll).await;
            let Some(next) = self.find(&now.id).await? else {
                return Err(RegisterError::failed(format!(
                    "the snapshot {} is gone: somebody removed it while it was built",
                    self.plan.name
                )));
            };
            now = next;
        }
    }
}
