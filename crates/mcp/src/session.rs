//! Which session a call belongs to.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cutover_base::fixes::Fixes;
use cutover_js::{Text, Value};

use crate::key::Key;

/// The tools, as far as their sessions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Provision,
    Execute,
    ReadFile,
    Upload,
}

/// The sessions that this server knows of.
#[derive(Debug)]
pub(crate) struct Sessions {
    /// `SESSION_ID`.
    own: Option<Value>,
    fixes: Fixes,
    /// By the name of a sandbox: where it was provisioned.
    provisioned: Mutex<HashMap<Key, Known>>,
}

#[derive(Debug, PartialEq)]
enum Known {
    One(Value),
    /// More than one session has a sandbox of this name (Q07 repaired).
    Several,
}

/// Why a call has no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// None is set, given or known.
    None,
    /// More than one session has a sandbox of this name.
    Several,
}

impl Sessions {
    pub(crate) fn new(own: Option<&str>, fixes: Fixes) -> Self {
        Self {
            own: own.map(|own| Value::String(Text::from(own))),
            fixes,
            provisioned: Mutex::default(),
        }
    }

    /// The session of a call: `SESSION_ID` before what was given before what is known.
    ///
    /// `name` is the sandbox's name, `given` the argument `session_id`.
    pub(crate) fn of(
        &self,
        tool: Tool,
        name: Option<&Value>,
        given: Option<&Value>,
    ) -> Result<Value, Missing> {
        let own = self.own.as_ref();
        // Q09: here alone an empty SESSION_ID stands in the way of the argument.
        if tool == Tool::Upload && !self.fixes.has("Q09") {
            let session = own.or(given).filter(|session| session.is_truthy());
            return session.cloned().ok_or(Missing::None);
        }
        // Q02, Q08: these two know only what was provisioned by this very process.
        let takes = matches!(tool, Tool::Provision | Tool::Upload) || self.takes_argument();
        let given = given.filter(|_| takes);
        let truthy = [own, given].into_iter().flatten().find(|id| id.is_truthy());
        match truthy {
            Some(session) => Ok(session.clone()),
            None if tool == Tool::Provision => Err(Missing::None),
            None => self.known(name),
        }
    }

    /// Whether `execute` and `read_file` take the argument `session_id`.
    pub(crate) fn takes_argument(&self) -> bool {
        self.fixes.has("Q02") || self.fixes.has("Q08")
    }

    /// Whether `SESSION_ID` is set.
    pub(crate) fn has_own(&self) -> bool {
        self.own.as_ref().is_some_and(Value::is_truthy)
    }

    /// Keeps in mind that the session has a sandbox of this name.
    pub(crate) fn keep(&self, name: Option<&Value>, session: &Value) {
        let Some(key) = Key::of(name) else {
            return;
        };
        let mut provisioned = self
            .provisioned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = Known::One(session.clone());
        // Q07: the last session wins, and the first one's calls go to the other's sandbox.
        let several =
            self.fixes.has("Q07") && provisioned.get(&key).is_some_and(|before| *before != known);
        provisioned.insert(key, if several { Known::Several } else { known });
    }

    fn known(&self, name: Option<&Value>) -> Result<Value, Missing> {
        let key = Key::of(name).ok_or(Missing::None)?;
        let provisioned = self
            .provisioned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match provisioned.get(&key) {
            Some(Known::One(session)) if session.is_truthy() => Ok(session.clone()),
            Some(Known::Several) => Err(Missing::Several),
            _ => Err(Missing::None),
        }
    }
}
