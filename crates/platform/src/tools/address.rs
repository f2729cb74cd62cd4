//! Where a sandbox is, and who can be asked about it.

use std::sync::Arc;

use axum::http::StatusCode;
use cutover_js::{Text, Value};

use crate::failure::{Failure, sentence};
use crate::memory::Address;
use crate::model::Session;
use crate::platform::Platform;
use crate::provider::{SandboxProvider, Thrown};

/// What every JavaScript object has without having been given it.
const INHERITED: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

fn is_inherited(name: &Text) -> bool {
    name.as_str().is_some_and(|name| INHERITED.contains(&name))
}

/// Who answers for a sandbox.
#[derive(Debug)]
pub(crate) enum Target {
    /// A provider, and its id of the sandbox.
    Provider(Arc<dyn SandboxProvider>, Text),
    /// An HTTP executor at an address.
    Executor(Text),
}

/// A sandbox of a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Where<'a> {
    /// The session.
    pub(crate) session_id: &'a Text,
    /// The name of the sandbox in it.
    pub(crate) name: &'a Text,
}

impl Platform {
    /// Looks a name up in the sandboxes of a session.
    pub(super) fn stored(&self, session: &Session, name: &Text) -> Option<Address> {
        let members = session.sandboxes.as_object()?;
        let own = members
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value);
        match own {
            Some(value) => value.is_truthy().then(|| Address::Stored(value.clone())),
            None => self.inherited(name),
        }
    }

    /// Q17: to the original a name like `constructor` is there in every object.
    pub(super) fn inherited(&self, name: &Text) -> Option<Address> {
        (is_inherited(name) && !self.fixes.has("Q17")).then_some(Address::Inherited)
    }

    /// Finds a sandbox: in memory, else in the database.
    pub(crate) async fn find(&self, sandbox: Where<'_>) -> Result<Option<Address>, Failure> {
        let Where { session_id, name } = sandbox;
        let session = if self.fixes.has("Q16") {
            // Q16: the original takes an unknown session for one without sandboxes.
            let session = self.store.session(session_id).await?;
            Some(session.ok_or_else(|| Failure::no_session(session_id))?)
        } else {
            None
        };
        if let Some(address) = self.memory.get(session_id, name) {
            return Ok(Some(address));
        }
        let session = match session {
            Some(session) => Some(session),
            None => self.store.session(session_id).await?,
        };
        let found = session.and_then(|session| self.stored(&session, name));
        if let Some(address) = &found {
            self.memory.put(session_id, name, address.clone());
        }
        Ok(found)
    }

    /// Finds who answers for an address.
    pub(crate) fn target(&self, address: &Address, name: &Text) -> Result<Target, Failure> {
        // What is no text has no `split`, and the original asks for that at once.
        let Address::Stored(Value::String(url)) = address else {
            return Err(Thrown::new("url.split is not a function").into());
        };
        let scheme = scheme(url);
        let id = url.slice(scheme.len() + "://".len()..url.len().max(scheme.len() + 3));
        if let Some(provider) = self.registry.get(&scheme) {
            return Ok(Target::Provider(Arc::clone(provider), id));
        }
        // Q17: the original asks `scheme in registry`, and every object has a `toString`.
        if is_inherited(&scheme) && !self.fixes.has("Q17") {
            return Err(Thrown::new("provider.execute is not a function").into());
        }
        self.check_executor(url, &scheme, name)?;
        Ok(Target::Executor(url.clone()))
    }

    /// Q20: the original takes a provider without a key for an executor and cannot reach it.
    fn check_executor(&self, url: &Text, scheme: &Text, name: &Text) -> Result<(), Failure> {
        if !self.fixes.has("Q20") || url.starts_with("http://") || url.starts_with("https://") {
            return Ok(());
        }
        let detail = sentence(
            "sandbox '{}' was made with {}, whose key this platform does not have",
            &[name, scheme],
        );
        Err(Failure::told(StatusCode::SERVICE_UNAVAILABLE, detail))
    }
}

/// What stands before `://` in an address; the whole where that does not stand in it.
pub(super) fn scheme(url: &Text) -> Text {
    let end = url.index_of("://").unwrap_or_else(|| url.len());
    url.slice(0..end)
}

/// The stored address of a provider's sandbox.
pub(super) fn provider_url(provider: &dyn SandboxProvider, id: &Text) -> Text {
    let scheme = Text::from(provider.url_scheme());
    Text::concat([&scheme, &Text::from("://"), id])
}
