//! A sandbox: what the control plane tells of it, and where its toolbox is.

use std::fmt;
use std::time::Duration;

use cutover_js::url::encode_component;
use cutover_js::{Object, Text, Value, json};
use reqwest::Method;
use url::Url;

use super::answer::{Failed, data, refusal};
use super::config::Daytona;
use super::exchange::{Ask, BODY_BYTES_MAX, Content, End, PATIENCE, Reply};
use crate::error::{Class, Error};
use crate::listed::ids;

/// How long the SDK waits for the answer to a delete.
const DELETE_PATIENCE: Duration = Duration::from_secs(60);

/// A sandbox of Daytona: `await daytona.get(id)`.
#[derive(Clone)]
pub struct Sandbox {
    pub(super) daytona: Daytona,
    id: Text,
    state: Option<Value>,
    error_reason: Option<Value>,
    snapshot: Option<Text>,
    /// Where its toolbox is, its id included.
    toolbox: String,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = &self.state;
        write!(f, "Sandbox({:?}, {state:?})", self.id)
    }
}

impl Daytona {
    /// Finds a sandbox: `daytona.get(id)`.
    ///
    /// # Errors
    /// What the SDK throws; [`Class::SandboxGone`] where there is none of this id.
    pub async fn get(&self, id: &Text) -> Result<Sandbox, Error> {
        let told = self.look(id).await?;
        Ok(Sandbox::of(self, &told)?)
    }

    /// What the control plane tells of a sandbox.
    async fn look(&self, id: &Text) -> Result<Value, Failed> {
        let path = sandbox_path(id)?;
        let ask = Ask {
            operation: "info",
            method: Method::GET,
            ..self.of_control(&path, Some(id))
        };
        self.value(ask).await.map_err(gone)
    }

    /// A request to the control plane.
    pub(super) fn of_control(&self, path: &str, id: Option<&Text>) -> Ask {
        Ask {
            operation: "create",
            method: Method::POST,
            url: format!("{}{path}", self.api_url()),
            sandbox_id: id.map(ToString::to_string),
            accept: Some("application/json"),
            content: Content::None,
            timeout: PATIENCE,
            body_bytes_max: BODY_BYTES_MAX,
        }
    }

    /// Asks for a value. What is no success is thrown.
    pub(super) async fn value(&self, ask: Ask) -> Result<Value, Failed> {
        let reply = self.exchange(ask).await?;
        settled(&reply)
    }
}

/// What axios and the SDK make of an answer that is not read as a stream.
fn settled(reply: &Reply) -> Result<Value, Failed> {
    match reply.end {
        End::Whole if reply.is_success() => Ok(data(&reply.body)),
        End::Whole => {
            let message = refusal(reply.status, &reply.body);
            Err(Failed::answered(reply.status, message))
        }
        End::Cut => Err(Failed::answered(reply.status, "stream has been aborted")),
        End::TooLarge => {
            let message = "Cannot create a string longer than 0x1fffffe8 characters";
            Err(Failed::answered(reply.status, message))
        }
    }
}

/// A refusal of the control plane about a sandbox: 404 is the word of who knows.
fn gone(failed: Failed) -> Failed {
    match failed.status {
        Some(404) => failed.about(Class::SandboxGone),
        _ => failed,
    }
}

/// Whether JavaScript can read the members of what is told of a sandbox.
fn check(told: &Value) -> Result<(), Failed> {
    let message = match told {
        Value::Object(_) | Value::Array(_) => return Ok(()),
        Value::Null => "Cannot read properties of null (reading 'id')".into(),
        other => Text::concat([
            &"Cannot use 'in' operator to search for 'env' in ".into(),
            &other.to_js_string(),
        ]),
    };
    Err(Failed::without_answer(message))
}

/// The path of a sandbox, as the SDK makes it: `..` and the like are resolved.
fn sandbox_path(id: &Text) -> Result<String, Failed> {
    let Some(id) = id.as_str() else {
        return Err(Failed::without_answer("URI malformed"));
    };
    let encoded = encode_component(id);
    let url = Url::parse(&format!("https://example.com/sandbox/{encoded}"));
    let url = url.map_err(|_| Failed::without_answer("Invalid URL"))?;
    Ok(url.path().to_owned())
}

impl Sandbox {
    /// Makes the sandbox that an answer tells of.
    pub(super) fn of(daytona: &Daytona, told: &Value) -> Result<Self, Failed> {
        check(told)?;
        let throw = |message: &str| Err(Failed::without_answer(message));
        let base = match told.get("toolboxProxyUrl") {
            Some(Value::String(base)) => base.to_string_lossy().into_owned(),
            Some(Value::Null) => {
                return throw("Cannot read properties of null (reading 'endsWith')");
            }
            Some(_) => return throw("baseUrl.endsWith is not a function"),
            None => return throw("Cannot read properties of undefined (reading 'endsWith')"),
        };
        let id = told
            .get("id")
            .map_or("undefined".into(), Value::to_js_string);
        let slash = if base.ends_with('/') { "" } else { "/" };
        Ok(Self {
            daytona: daytona.clone(),
            toolbox: format!("{base}{slash}{id}"),
            id,
            state: told.get("state").cloned(),
            error_reason: told.get("errorReason").cloned(),
            snapshot: told.get("snapshot").and_then(Value::as_text).cloned(),
        })
    }

    /// The snapshot that it was made of, where the control plane told one.
    pub const fn snapshot(&self) -> Option<&Text> {
        self.snapshot.as_ref()
    }

    /// The provider's id of it.
    pub fn id(&self) -> &Text {
        &self.id
    }

    /// Its state when it was last looked at: `started`. Empty where none was told.
    pub fn state(&self) -> &str {
        let text = self.state.as_ref().and_then(Value::as_text);
        text.and_then(Text::as_str).unwrap_or_default()
    }

    /// Why it is in an error, as a template literal of JavaScript tells it.
    pub(super) fn error_reason(&self) -> Text {
        let reason = self.error_reason.as_ref();
        reason.map_or("undefined".into(), Value::to_js_string)
    }

    /// Looks at it again.
    pub(super) async fn refresh(&mut self) -> Result<(), Failed> {
        let told = self.daytona.look(&self.id).await?;
        check(&told)?;
        let id = told.get("id");
        self.id = id.map_or("undefined".into(), Value::to_js_string);
        self.state = told.get("state").cloned();
        self.error_reason = told.get("errorReason").cloned();
        Ok(())
    }

    /// A request to its toolbox.
    pub(super) fn of_toolbox(&self, operation: &'static str, path: &str) -> Ask {
        Ask {
            operation,
            method: Method::POST,
            url: format!("{}{path}", self.toolbox.trim_end_matches('/')),
            sandbox_id: Some(self.id.to_string()),
            accept: Some("application/json"),
            content: Content::None,
            timeout: PATIENCE,
            body_bytes_max: BODY_BYTES_MAX,
        }
    }

    /// Destroys it: `sandbox.delete()`.
    ///
    /// # Errors
    /// What the SDK throws; [`Class::SandboxGone`] where there is none any more.
    pub async fn delete(&mut self) -> Result<(), Error> {
        let daytona = self.daytona.clone();
        daytona.delete(&self.id).await?;
        // The SDK looks at it again and does not want to know how that goes. It does not wait for it
        // either, but what nobody waits for nobody closes.
        let _ = tokio::time::timeout(DELETE_PATIENCE, self.refresh()).await;
        Ok(())
    }
}

impl Daytona {
    /// The sandboxes with a label. The original never asks for it.
    ///
    /// # Errors
    /// What the SDK throws for other calls.
    pub async fn labelled(&self, name: &str, value: &str) -> Result<Vec<Text>, Error> {
        let mut labels = Object::new();
        labels.insert(name, value);
        let labels = json::stringify(&labels.into());
        let labels = encode_component(&labels);
        let ask = Ask {
            operation: "list",
            method: Method::GET,
            ..self.of_control(&format!("/sandbox?labels={labels}"), None)
        };
        let told = self.value(ask).await?;
        // Older ones answer with the list itself.
        Ok(ids(told.get("items").unwrap_or(&told), "id"))
    }

    /// Destroys a sandbox of which only the id is known.
    ///
    /// # Errors
    /// As [`Sandbox::delete`].
    pub async fn delete(&self, id: &Text) -> Result<(), Error> {
        let ask = Ask {
            operation: "destroy",
            method: Method::DELETE,
            timeout: DELETE_PATIENCE,
            ..self.of_control(&sandbox_path(id)?, Some(id))
        };
        self.value(ask).await.map_err(gone)?;
        Ok(())
    }
}
