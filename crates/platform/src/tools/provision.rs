//! Making a sandbox, or finding the one that is there.

use std::sync::Arc;

use axum::http::StatusCode;
use cutover_js::{Object, Text, Value};
use indexmap::IndexMap;

use super::address::{Target, provider_url, scheme};
use super::project::on_project;
use super::refusal::{Asked, refusal};
use crate::failure::{Failure, sentence};
use crate::inject::{ATTEMPT, environment};
use crate::memory::Address;
use crate::model::{Agent, Session};
use crate::platform::Platform;
use crate::provider::{Registry, SandboxProvider};
use crate::settings::{Choice, Settings};
use crate::validate::ProvisionBody;

/// What is known of the sandbox that a name had.
enum Earlier {
    /// There was none.
    None,
    /// It is there.
    There,
    /// It is not, for a reason that the agent is told.
    Lost(&'static str),
}

const GONE: &str = " (the earlier one was gone, its files with it)";
const WITHOUT_KEY: &str = " (the earlier one is with a provider whose key is gone)";

impl Platform {
    /// Makes sure that a session has a sandbox of a name, and gives the text that says so.
    pub(crate) async fn provision(
        &self,
        settings: &Settings,
        session_id: &Text,
        body: &ProvisionBody,
    ) -> Result<Text, Failure> {
        let session = self.usable_session(session_id).await?;
        let agent = match &body.project_id {
            None => session.agent.clone(),
            Some(project_id) => on_project(&session.agent, project_id)?,
        };
        let name = &body.name;
        // Q23: two at once for one name make two sandboxes in the original, of which one leaks.
        let _turn = if self.fixes.has("Q23") {
            Some(self.locks.turn(turn(session_id, name)).await)
        } else {
            None
        };
        let choice = settings.choice.map(|it| self.choice(&session, it));
        let remark = match choice.and_then(|choice| self.registry.chosen(choice)) {
            Some(provider) => {
                let provider = Arc::clone(provider);
                self.provision_at(settings, &provider, &session, &agent, name)
                    .await?
            }
            None => self.provision_elsewhere(settings, &session, name).await?,
        };
        let remark = Text::from(remark);
        Ok(sentence("sandbox '{}' ready{}", &[name, &remark]))
    }

    /// The provider of a session's sandboxes: the one that it has a sandbox with, else by the split.
    fn choice(&self, session: &Session, chosen: Choice) -> Choice {
        let Some(split) = self.rollout.split else {
            return chosen;
        };
        let addresses = session
            .sandboxes
            .as_object()
            .into_iter()
            .flat_map(Object::iter);
        let mut schemes = addresses.filter_map(|(_, address)| address.as_text().map(scheme));
        let had = schemes.find_map(|scheme| {
            let choices = [Choice::E2b, Choice::Daytona];
            choices.into_iter().find(|it| scheme == it.word())
        });
        had.unwrap_or_else(|| split.choice(&session.session_id, chosen))
    }

    /// Labels by which whoever runs the endpoint finds the sandboxes of a session.
    fn labels(&self, session: &Session) -> IndexMap<String, String> {
        if !self.fixes.are_complete() {
            return IndexMap::new();
        }
        let text = |text: &Text| text.to_string_lossy().into_owned();
        let environment = self.rollout.environment.clone();
        [
            ("session", Some(text(&session.session_id))),
            ("owner", Some(text(&session.agent.agent_id))),
            ("environment", environment),
            (ATTEMPT, Some(uuid::Uuid::new_v4().to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
    }

    /// A session that is there, and by Q26 has not ended.
    async fn usable_session(&self, session_id: &Text) -> Result<Session, Failure> {
        let session = self.store.session(session_id).await?;
        let session = session.ok_or_else(|| Failure::no_session(session_id))?;
        // Q26: the original makes sandboxes for sessions that have ended.
        if session.has_ended() && self.fixes.has("Q26") {
            return Err(ended(&session));
        }
        Ok(session)
    }

    /// Makes the sandbox with a provider, unless there is one. Gives what the agent is told
    /// besides.
    async fn provision_at(
        &self,
        settings: &Settings,
        provider: &Arc<dyn SandboxProvider>,
        session: &Session,
        agent: &Agent,
        name: &Text,
    ) -> Result<&'static str, Failure> {
        let remark = match self.earlier(session, name).await? {
            Earlier::There => return Ok(""),
            Earlier::None => "",
            Earlier::Lost(remark) => remark,
        };
        let mut environment = environment(agent, settings);
        environment.labels = self.labels(session);
        let created = provider
            .create(&session.session_id, agent, &environment)
            .await
            .map_err(|thrown| self.not_made(thrown, &**provider))?;
        let url = provider_url(&**provider, &created.id);
        let kept = self.keep(session, name, &url).await;
        // What nobody could ever name again must not stay.
        if kept.is_err()
            && self.fixes.has("Q23")
            && let Err(thrown) = provider.terminate(&created.id).await
        {
            tracing::error!("sandbox {url} belongs to nobody and cannot be ended: {thrown}");
        }
        kept.map(|()| remark)
    }

    /// What is known of the sandbox that the name has had so far.
    async fn earlier(&self, session: &Session, name: &Text) -> Result<Earlier, Failure> {
        let id = &session.session_id;
        let known = if self.fixes.has("Q23") {
            // The session was read before this call had its turn.
            let session = self.usable_session(id).await?;
            self.stored(&session, name)
        } else {
            self.stored(session, name)
        };
        // Here the original takes an empty object for the sandboxes of a session that had none.
        let had_none = session.sandboxes.as_object().is_none();
        let known = known.or_else(|| self.inherited(name).filter(|_| had_none));
        let Some(address) = known.or_else(|| self.memory.get(id, name)) else {
            return Ok(Earlier::None);
        };
        // Q04: the original says ready without a look, so that a sandbox that is gone stays gone.
        if self.fixes.has("Q04")
            && let Some(remark) = self.lost(&address, name).await?
        {
            return Ok(Earlier::Lost(remark));
        }
        self.memory.put(id, name, address);
        Ok(Earlier::There)
    }

    /// Why a sandbox cannot be used any more; none when it can.
    async fn lost(&self, address: &Address, name: &Text) -> Result<Option<&'static str>, Failure> {
        match self.target(address, name) {
            Ok(Target::Provider(provider, id)) => {
                let alive = provider.alive(&id).await;
                if alive.map_err(|thrown| Self::not_seen(&thrown, &*provider))? {
                    return Ok(None);
                }
                // What nobody can name any more, stopped or broken, must not stay.
                if let Err(thrown) = provider.terminate(&id).await {
                    tracing::warn!("sandbox {id} is given up and cannot be ended: {thrown}");
                }
                Ok(Some(GONE))
            }
            Ok(Target::Executor(_)) => Ok(None),
            Err(_) => Ok(Some(WITHOUT_KEY)),
        }
    }

    /// Takes an HTTP executor for a sandbox; the original makes one with Kubernetes where there is
    /// none.
    async fn provision_elsewhere(
        &self,
        settings: &Settings,
        session: &Session,
        name: &Text,
    ) -> Result<&'static str, Failure> {
        let local = settings.local_executor_url.as_ref();
        if let Some(url) = local.or(settings.local_sandbox_url.as_ref()) {
            self.keep(session, name, &Text::from(url.as_str())).await?;
            return Ok("");
        }
        match self.earlier(session, name).await? {
            Earlier::There => Ok(""),
            Earlier::None | Earlier::Lost(_) => Err(Failure::told(
                StatusCode::NOT_IMPLEMENTED,
                "this platform makes no sandboxes with Kubernetes; set SANDBOX_CHOICE to e2b or \
                 daytona and the provider's key, or LOCAL_EXECUTOR_URL",
            )),
        }
    }

    /// Keeps where a sandbox is.
    async fn keep(&self, session: &Session, name: &Text, url: &Text) -> Result<(), Failure> {
        let id = &session.session_id;
        if !self.fixes.has("Q23") {
            // Memory first: where the database refuses, the next call finds the sandbox there.
            self.memory.put(id, name, stored(url));
            return self.persist(session, name, url).await;
        }
        // Q23: the original adds to what the session had when it was read, so that the sandbox of
        // another call may be lost. A session that has ended meanwhile gets none.
        let _turn = self.locks.turn(id.clone()).await;
        let session = self.usable_session(id).await?;
        self.persist(&session, name, url).await?;
        self.memory.put(id, name, stored(url));
        Ok(())
    }

    async fn persist(&self, session: &Session, name: &Text, url: &Text) -> Result<(), Failure> {
        let mut sandboxes = session.sandboxes.as_object().cloned().unwrap_or_default();
        sandboxes.insert(name.clone(), url.clone());
        let sandboxes = Value::Object(sandboxes);
        Ok(self
            .store
            .set_sandboxes(&session.session_id, &sandboxes)
            .await?)
    }

    /// Ends a provider's sandbox by its address. What is no such address needs no ending.
    pub(crate) async fn end_sandbox(&self, address: &Address) -> Result<(), Text> {
        let Some(Target::Provider(provider, id)) = self.target(address, &Text::new()).ok() else {
            return match address {
                Address::Stored(Value::String(url)) if is_foreign(&self.registry, url) => {
                    Err("the key of its provider is not set".into())
                }
                _ => Ok(()),
            };
        };
        let ended = provider.terminate(&id).await;
        ended.map_err(|thrown| {
            tracing::error!("a sandbox of a session that has ended stays: {thrown}");
            refusal(&*provider, &thrown, Asked::End)
        })
    }
}

/// Whether an address is a provider's that this endpoint has no key for.
fn is_foreign(registry: &Registry, url: &Text) -> bool {
    let scheme = scheme(url);
    registry.get(&scheme).is_none() && (scheme == "e2b" || scheme == "daytona")
}

fn stored(url: &Text) -> Address {
    Address::Stored(url.clone().into())
}

fn turn(session_id: &Text, name: &Text) -> Text {
    Text::concat([session_id, &Text::from("\n"), name])
}

/// A session that has ended gets no sandbox.
fn ended(session: &Session) -> Failure {
    let detail = sentence(
        "session {} is {}; create a new session",
        &[&session.session_id, &session.status],
    );
    Failure::told(StatusCode::CONFLICT, detail)
}
