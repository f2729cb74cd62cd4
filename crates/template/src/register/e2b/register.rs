//! Carries a plan out: from what the provider has under the name to a template that is ready.

use reqwest::Method;
use serde::Serialize;
use serde_json::json;

use crate::register::connection::Connection;
use crate::register::e2b::files::put;
use crate::register::e2b::plan::TemplatePlan;
use crate::register::e2b::wire::{Alias, Assigned, Requested, Status, Tag};
use crate::register::error::RegisterError;
use crate::register::progress::Progress;

/// The tag that a build has where no other was asked for.
const DEFAULT_TAG: &str = "default";

/// Pages of a log that are read once its build has ended; each has up to 100 entries.
const LAST_PAGES_MAX: usize = 1000;

/// What stands under the name now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegisteredTemplate {
    /// Its id.
    pub template_id: String,
    /// The build that has its tags.
    pub build_id: String,
    /// Whether this call built it; it was there as planned otherwise.
    pub is_new: bool,
}

impl TemplatePlan {
    /// The tags that the build has in the end, but for the one about its content.
    pub(crate) fn wanted(&self) -> Vec<String> {
        if self.tags.is_empty() {
            vec![DEFAULT_TAG.to_owned()]
        } else {
            self.tags.clone()
        }
    }

    /// The tag that says of a build what it was made of.
    pub(crate) fn note(&self) -> String {
        format!(
            "cutover-{}",
            self.content_hash.get(..32).unwrap_or_default()
        )
    }

    /// What a platform is told, so that it takes this template.
    #[must_use]
    pub fn reference(&self) -> String {
        match self.tags.first() {
            Some(tag) => format!("{}:{tag}", self.name),
            None => self.name.clone(),
        }
    }
}

/// Builds the template of a plan, and waits until it is ready. May be dropped at any time: what then stands,
/// the progress says.
///
/// # Errors
/// What it was refused for, or what failed.
pub async fn register(
    plan: &TemplatePlan,
    force: bool,
    connection: &Connection,
    progress: &Progress<'_>,
) -> Result<RegisteredTemplate, RegisterError> {
    let registration = Registration {
        plan,
        connection,
        progress,
    };
    registration.run(force).await
}

#[derive(Clone, Copy)]
struct Registration<'a> {
    plan: &'a TemplatePlan,
    connection: &'a Connection,
    progress: &'a Progress<'a>,
}

impl Registration<'_> {
    async fn run(self, force: bool) -> Result<RegisteredTemplate, RegisterError> {
        let known = self.find().await?;
        if let Some(template_id) = &known
            && !force
            && let Some(build_id) = self.built_before(template_id).await?
        {
            return Ok(RegisteredTemplate {
                template_id: template_id.clone(),
                build_id,
                is_new: false,
            });
        }
        let requested = self.request(known.is_some()).await?;
        for (at, context) in self.plan.contexts.iter().enumerate() {
            let is_repeated = self.plan.contexts[..at]
                .iter()
                .any(|it| it.hash == context.hash);
            if !is_repeated {
                put(
                    self.connection,
                    &requested.template_id,
                    context,
                    self.progress,
                )
                .await?;
            }
        }
        self.start(&requested, force).await?;
        self.until_ready(&requested).await?;
        self.note(&requested.build_id).await;
        Ok(RegisteredTemplate {
            template_id: requested.template_id,
            build_id: requested.build_id,
            is_new: true,
        })
    }

    /// The template that has the name.
    async fn find(self) -> Result<Option<String>, RegisterError> {
        let name = &self.plan.name;
        let what = format!("template {name}");
        let url = self.connection.url(&["templates", "aliases", name]);
        let answer = self.connection.get(&what, url).await?;
        match answer.status {
            404 => Ok(None),
            403 => Err(RegisterError::refused(format!(
                "{what}: the name is another team's ({}): give another with --name",
                answer.message()
            ))),
            _ => answer.read(&what).map(|it: Alias| Some(it.template_id)),
        }
    }

    /// The build of the same content, with all tags that are wanted: they are given to it if it lacks some.
    async fn built_before(self, template_id: &str) -> Result<Option<String>, RegisterError> {
        let what = "tags of the template";
        let url = self.connection.url(&["templates", template_id, "tags"]);
        let answer = self.connection.get(what, url).await?;
        if !answer.is_ok() {
            let why = answer.refusal(what);
            self.progress.warn(&format!(
                "{why}; whether it has changed is not known: it is built"
            ));
            return Ok(None);
        }
        let tags: Vec<Tag> = answer.read(what)?;
        let build_of = |name: &str| tags.iter().find(|it| it.tag == name).map(|it| &it.build_id);
        let Some(build) = build_of(&self.plan.note()) else {
            return Ok(None);
        };
        let mut missing = self.plan.wanted();
        missing.retain(|tag| build_of(tag) != Some(build));
        if !missing.is_empty() {
            let told = missing.join(", ");
            self.progress.step(&format!(
                "the same was built before: it is given the tag {told}"
            ));
            self.assign(&self.plan.note(), &missing).await?;
        }
        Ok(Some(build.clone()))
    }

    async fn request(self, is_known: bool) -> Result<Requested, RegisterError> {
        let plan = self.plan;
        let what = format!("template {}", plan.name);
        let mut body = json!({ "name": plan.name });
        if !plan.tags.is_empty() {
            body["tags"] = json!(plan.tags);
        }
        if let Some(cpu) = plan.cpu {
            body["cpuCount"] = json!(cpu);
        }
        if let Some(memory) = plan.memory_mib {
            body["memoryMB"] = json!(memory);
        }
        self.progress.step(&format!("{what}: asking for a build"));
        self.progress.now_stands(format!(
            "A build of {} was asked for, and the answer has not come: it may wait at E2B, and does nothing.",
            plan.name
        ));
        let url = self.connection.url(&["v3", "templates"]);
        let answer = self
            .connection
            .send_once(&what, Method::POST, url, Some(&body))
            .await?;
        if (400..500).contains(&answer.status) {
            self.progress.now_stands("Nothing was made.");
        }
        let requested: Requested = answer.read(&what)?;
        let old = if is_known {
            "The template's earlier builds stay."
        } else {
            "The template has no other build."
        };
        self.progress.now_stands(format!(
            "The build {} of the template {} ({}) waits for its start, and does nothing. {old} {}",
            requested.build_id,
            plan.name,
            requested.template_id,
            self.how_to_remove(&requested.template_id)
        ));
        Ok(requested)
    }

    async fn start(self, requested: &Requested, force: bool) -> Result<(), RegisterError> {
        let plan = self.plan;
        let what = format!("start of the build of {}", plan.name);
        let mut body = json!({
            "fromImage": plan.from_image,
            "steps": plan.steps,
            "force": force,
        });
        if let Some(start) = &plan.start_cmd {
            body["startCmd"] = json!(start);
        }
        if let Some(ready) = &plan.ready_cmd {
            body["readyCmd"] = json!(ready);
        }
        let (template_id, build_id) = (&requested.template_id, &requested.build_id);
        let url = self
            .connection
            .url(&["v2", "templates", template_id, "builds", build_id]);
        self.progress.step(&format!("build {build_id}: starting"));
        self.progress.now_stands(format!(
            "The build {build_id} of the template {} ({template_id}) is going on at E2B without us; if it \
             succeeds the template is as planned. {}",
            plan.name,
            self.how_to_remove(template_id)
        ));
        let answer = self
            .connection
            .send_once(&what, Method::POST, url, Some(&body))
            .await?;
        if answer.is_ok() {
            return Ok(());
        }
        Err(answer.refusal(&what))
    }

    /// Follows the build with its log.
    async fn until_ready(self, requested: &Requested) -> Result<(), RegisterError> {
        let mut offset = 0;
        let mut told = String::new();
        let ended = loop {
            let status = self.status(requested, &mut offset).await?;
            if status.state != told {
                let line = format!("build {}: {}", requested.build_id, status.state);
                self.progress.step(&line);
                told.clone_from(&status.state);
            }
            if status.has_ended() {
                break status;
            }
            // A full page is followed by more of the log.
            if status.log_entries.len() < 100 {
                tokio::time::sleep(self.connection.pace.poll).await;
            }
        };
        let mut more = ended.log_entries.len();
        for _ in 0..LAST_PAGES_MAX {
            if more == 0 {
                break;
            }
            more = self.status(requested, &mut offset).await?.log_entries.len();
        }
        if ended.state == "ready" {
            return Ok(());
        }
        self.progress.now_stands(format!(
            "The failed build {} of the template {} ({}) stays at E2B; earlier builds are as they were. {}",
            requested.build_id,
            self.plan.name,
            requested.template_id,
            self.how_to_remove(&requested.template_id)
        ));
        let why = ended.why();
        Err(RegisterError::failed(format!(
            "the build of {} failed: {why}",
            self.plan.name
        )))
    }

    async fn status(
        self,
        requested: &Requested,
        offset: &mut usize,
    ) -> Result<Status, RegisterError> {
        let what = format!("build {}", requested.build_id);
        let (template_id, build_id) = (&requested.template_id, &requested.build_id);
        let mut url =
            self.connection
                .url(&["templates", template_id, "builds", build_id, "status"]);
        url.query_pairs_mut()
            .append_pair("logsOffset", &offset.to_string());
        let status: Status = self.connection.get(&what, url).await?.read(&what)?;
        *offset += status.log_entries.len();
        for entry in &status.log_entries {
            for line in entry.message.lines() {
                self.progress.log(line);
            }
        }
        Ok(status)
    }

    /// Notes at the build what it was made of, so that the next call knows it.
    async fn note(self, build_id: &str) {
        let wanted = self.plan.wanted();
        let tag = wanted.first().map_or(DEFAULT_TAG, String::as_str);
        let why = match self.assign(tag, &[self.plan.note()]).await {
            Ok(build) if build == build_id => return,
            Ok(build) => format!("the tag {tag} is another build's by now ({build})"),
            Err(error) => error.to_string(),
        };
        self.progress.warn(&format!(
            "what it was made of could not be noted: {why}; the next call builds it again"
        ));
    }

    /// Gives tags to the build that has a tag; tells which build that is.
    async fn assign(self, tag: &str, tags: &[String]) -> Result<String, RegisterError> {
        let what = "tags of the template";
        let url = self.connection.url(&["templates", "tags"]);
        let body = json!({ "target": format!("{}:{tag}", self.plan.name), "tags": tags });
        let answer = self
            .connection
            .send_once(what, Method::POST, url, Some(&body))
            .await?;
        answer.read(what).map(|it: Assigned| it.build_id)
    }

    fn how_to_remove(self, template_id: &str) -> String {
        let mut url = self.connection.url(&["templates", template_id]);
        url.set_query(None);
        let _kept = url.set_username("");
        let _kept = url.set_password(None);
        format!(
            "To remove the template with all its builds: curl -X DELETE -H \"X-API-Key: $E2B_API_KEY\" {url}"
        )
    }
}
