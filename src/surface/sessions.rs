//! The platform's sessions, by the scenario's names for them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::call::Outcome;
use crate::call::sandbox_call::SessionId;
use crate::call::tool_call::{Auth, HttpBody, HttpRequest, SessionCall};
use crate::surface::Reply;
use crate::surface::host::NewSession;
use crate::surface::http_call::{AskError, Asked, Caller};
use crate::transcript::{KnownLiteral, StepResult};

/// Where the platform has its sandbox tools and its sessions.
pub(super) const ROUTE: &str = "/api/v1/managed_agents/sessions";

/// The scenario's name for the session that is there from the start.
const FIRST: &str = "main";

/// The sessions of one case on one side. One is there from the start.
#[derive(Debug)]
pub(super) struct Sessions {
    caller: Caller,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    /// Whether the first session has been told of.
    told: bool,
    current: String,
    named: BTreeMap<String, String>,
}

impl Sessions {
    pub(super) fn new(caller: Caller, first: String) -> Self {
        let known = Known {
            named: BTreeMap::from([(FIRST.to_owned(), first.clone())]),
            current: first,
            told: false,
        };
        Self {
            caller,
            known: Mutex::new(known),
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of the session that was there before the first call, which only that call teaches.
    pub(super) fn first_literal(&self) -> Option<KnownLiteral> {
        let mut known = self.known();
        if std::mem::replace(&mut known.told, true) {
            return None;
        }
        known.named.get(FIRST).map(|id| literal("session", id))
    }

    /// The id of the session that calls belong to now.
    pub(super) fn current(&self) -> String {
        self.known().current.clone()
    }

    /// The session that a call names; none where it is left out.
    pub(super) fn of(&self, said: &SessionId) -> Option<String> {
        match said {
            SessionId::Current => Some(self.current()),
            SessionId::LeftOut => None,
            SessionId::Given(id) => Some(id.clone()),
        }
    }

    fn named(&self, name: &str) -> Result<String, Reply> {
        let id = self.known().named.get(name).cloned();
        id.ok_or_else(|| Reply::not_reached(format!("session `{name}` was not created")))
    }

    pub(super) async fn call(&self, call: &SessionCall) -> Reply {
        match self.done(call).await {
            Ok(reply) | Err(reply) => reply,
        }
    }

    async fn done(&self, call: &SessionCall) -> Result<Reply, Reply> {
        let mut literals = Vec::new();
        match call {
            SessionCall::Create {
                name,
                status,
                agent,
            } => {
                let asked = NewSession {
                    status: status.as_deref(),
                    agent: agent.as_ref(),
                };
                let made = self.caller.host.create_session(asked).await;
                let id = made.map_err(|why| Reply::plain(StepResult::HarnessError(why)))?;
                literals.push(literal("session", &id));
                self.known().named.insert(name.clone(), id);
            }
            SessionCall::Use { name } => {
                let id = self.named(name)?;
                self.known().current = id;
            }
            SessionCall::Delete { name } => {
                let id = self.named(name)?;
                self.delete(&id).await?;
            }
        }
        Ok(Reply {
            result: StepResult::Outcome(Outcome::default()),
            literals,
        })
    }

    async fn delete(&self, id: &str) -> Result<(), Reply> {
        let request = HttpRequest {
            method: "DELETE".to_owned(),
            path: format!("{ROUTE}/{id}"),
            headers: indexmap::IndexMap::new(),
            body: HttpBody::None,
            auth: Auth::Default,
        };
        let deleted = self.caller.ask(&request).await;
        let failed = |why: String| Reply::plain(StepResult::HarnessError(why));
        match deleted {
            Ok(Asked { status, .. }) if (200..300).contains(&status) => Ok(()),
            Ok(Asked { status, text }) => Err(failed(format!(
                "the session was not deleted: HTTP {status}: {text}"
            ))),
            Err(AskError::Unfit(why) | AskError::Unanswered(why)) => {
                Err(failed(format!("the session was not deleted: {why}")))
            }
        }
    }
}

/// A literal that differs between any two runs.
pub(super) fn literal(kind: &str, value: &str) -> KnownLiteral {
    KnownLiteral {
        kind: kind.to_owned(),
        value: value.to_owned(),
    }
}
