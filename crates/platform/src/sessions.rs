//! Sessions: making, showing, ending them.

use axum::http::StatusCode;
use cutover_js::{Array, Object, Text, Value};

use crate::failure::{Failure, sentence};
use crate::memory::Address;
use crate::model::{Agent, DEAD, READY, Session};
use crate::platform::Platform;
use crate::validate::SessionBody;

impl Platform {
    /// Makes a session, ready for its first sandbox.
    ///
    /// An agent that is there gets what the body says of it; one that is not is made.
    pub(crate) async fn create_session(&self, body: SessionBody) -> Result<Session, Failure> {
        let fresh = || Text::from(uuid::Uuid::new_v4().to_string());
        let agent_id = body.agent_id.unwrap_or_else(fresh);
        let known = self.store.agent(&agent_id).await?;
        let known = known.unwrap_or_else(|| Agent::new(agent_id));
        let said = |new: Value, old: Value| if new == Value::Null { old } else { new };
        let session = Session {
            session_id: fresh(),
            agent: Agent {
                env_vars: said(body.env_vars, known.env_vars),
                projects: said(body.projects, known.projects),
                sandbox_files: said(body.sandbox_files, known.sandbox_files),
                repo_url: body.repo_url.or(known.repo_url),
                branch: body.branch.or(known.branch),
                agent_id: known.agent_id,
            },
            status: READY.into(),
            sandboxes: Value::Null,
        };
        self.store.add_session(&session).await?;
        Ok(session)
    }

    /// All sessions.
    pub(crate) async fn list_sessions(&self) -> Result<Value, Failure> {
        let sessions = self.store.sessions().await?;
        let sessions: Vec<Value> = sessions.iter().map(shown).collect();
        let mut answer = Object::new();
        answer.insert("sessions", Value::Array(Array::from(sessions)));
        Ok(answer.into())
    }

    /// One session.
    pub(crate) async fn show_session(&self, session_id: &Text) -> Result<Value, Failure> {
        let session = self.store.session(session_id).await?;
        session
            .as_ref()
            .map(shown)
            .ok_or_else(|| Failure::no_session(session_id))
    }

    /// Ends a session. One that has ended is only acknowledged, unless sandboxes are left of it.
    pub(crate) async fn end_session(&self, session_id: &Text) -> Result<Value, Failure> {
        let _turn = self.locks.turn(session_id.clone()).await;
        let session = self.store.session(session_id).await?;
        let session = session.ok_or_else(|| Failure::no_session(session_id))?;
        let mut answer = Object::new();
        answer.insert("id", session_id.clone());
        if session.has_ended() && !(self.fixes.has("Q06") && has_members(&session.sandboxes)) {
            answer.insert("status", session.status);
            return Ok(answer.into());
        }
        self.store.set_status(session_id, DEAD).await?;
        self.memory.forget(session_id);
        let left = self.end_sandboxes(&session).await;
        self.store
            .set_sandboxes(session_id, &Value::Object(left.sandboxes))
            .await?;
        if let Some(detail) = left.detail {
            return Err(Failure::told(StatusCode::BAD_GATEWAY, detail));
        }
        answer.insert("status", "deleted");
        Ok(answer.into())
    }

    /// Q06: the original forgets the sandboxes of a session and lets them run. Those that cannot
    /// be ended stay with the session, so that ending it again tries again.
    async fn end_sandboxes(&self, session: &Session) -> Left {
        let mut left = Left::default();
        let sandboxes = session
            .sandboxes
            .as_object()
            .filter(|_| self.fixes.has("Q06"));
        for (name, address) in sandboxes.into_iter().flat_map(Object::iter) {
            let ended = self.end_sandbox(&Address::Stored(address.clone())).await;
            if let Err(why) = ended {
                let pattern = "sandbox '{}' could not be terminated: {}; delete the session again";
                left.detail
                    .get_or_insert_with(|| sentence(pattern, &[name, &why]));
                left.sandboxes.insert(name.clone(), address.clone());
            }
        }
        left
    }
}

/// What is left of a session's sandboxes.
#[derive(Default)]
struct Left {
    sandboxes: Object,
    detail: Option<Text>,
}

fn has_members(sandboxes: &Value) -> bool {
    sandboxes.as_object().is_some_and(|it| !it.is_empty())
}

/// A session as the API shows it. Variables of the agent are told by name only.
pub(crate) fn shown(session: &Session) -> Value {
    let agent = &session.agent;
    let names = agent
        .env_vars
        .as_object()
        .into_iter()
        .flat_map(Object::keys);
    let names: Vec<Value> = names.map(|name| name.clone().into()).collect();
    let mut shown = Object::new();
    shown.insert("id", session.session_id.clone());
    shown.insert("agent_id", agent.agent_id.clone());
    shown.insert("status", session.status.clone());
    shown.insert("sandboxes", session.sandboxes.clone());
    shown.insert("env_vars", Value::Array(Array::from(names)));
    shown.into()
}
