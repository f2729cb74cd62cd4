//! The control plane: sandboxes come, are asked for, are kept, and go.

use std::time::Duration;

use cutover_js::fetch::{Body, Method};
use cutover_js::{Object, Text, Value, json};
use indexmap::IndexMap;

use super::client::E2b;
use super::info::Info;
use super::noted::Asked;
use super::openapi::{Content, Reply, Request, ask};
use super::sandbox::Sandbox;
use super::version;
use crate::listed::ids;
use crate::{Class, Error};

/// A sandbox that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// The template.
    pub template: &'a str,
    /// How long it may live.
    pub timeout: Duration,
    /// Variables of its environment.
    pub variables: &'a IndexMap<String, String>,
    /// Labels. None are sent if there are none.
    pub metadata: &'a IndexMap<String, String>,
}

/// What a call is about.
struct Call<'a> {
    operation: &'static str,
    method: Method,
    path: String,
    sandbox_id: Option<&'a Text>,
    body: Option<Value>,
}

impl E2b {
    /// `Sandbox.create`.
    ///
    /// # Errors
    /// What the SDK throws.
    pub async fn create(&self, wanted: New<'_>) -> Result<Sandbox, Error> {
        let call = Call {
            operation: "create",
            method: Method::Post,
            path: "/sandboxes".to_owned(),
            sandbox_id: None,
            body: Some(wanted.body()),
        };
        let reply = self.call(call).await?;
        if let Some(error) = api_error(&reply, Class::Other) {
            return Err(error);
        }
        let told = match told(reply)? {
            Some(Value::Null) => return Err(no_version("null")),
            None => return Err(no_version("undefined")),
            Some(told) => told,
        };
        let id = told.get("sandboxID");
        let id = id.map_or_else(|| Text::from("undefined"), Value::to_js_string);
        if version::is_too_old(told.get("envdVersion"))? {
            self.kill(&id).await?;
            return Err(Error::new(
                "You need to update the template to use the new SDK. You can do this by running \
                 `e2b template build` in the directory with the template.",
            ));
        }
        Ok(Sandbox::new(self.clone(), id, Info::read(&told)))
    }

    /// `Sandbox.connect`: asks for the sandbox, and neither resumes nor extends it.
    ///
    /// # Errors
    /// What the SDK throws.
    pub async fn connect(&self, id: &Text) -> Result<Sandbox, Error> {
        let info = self.info(id).await?;
        Ok(Sandbox::new(self.clone(), id.clone(), info))
    }

    /// `Sandbox.getInfo`.
    ///
    /// # Errors
    /// What the SDK throws. What E2B does not have is [`Class::SandboxGone`].
    pub async fn info(&self, id: &Text) -> Result<Info, Error> {
        let reply = self.call(Call::of("info", Method::Get, id, "")).await?;
        if let Some(error) = api_error(&reply, Class::SandboxGone) {
            return Err(error);
        }
        let class = class(reply.status, Class::SandboxGone);
        match told(reply)?.filter(Value::is_truthy) {
            Some(told) => Ok(Info::read(&told)),
            None => Err(Error::of(class, "Sandbox not found")),
        }
    }

    /// `Sandbox.kill`: false if there was none.
    ///
    /// # Errors
    /// What the SDK throws. What E2B does not have is [`Class::SandboxGone`], where the SDK throws
    /// for it.
    pub async fn kill(&self, id: &Text) -> Result<bool, Error> {
        let reply = self.call(Call::of("destroy", Method::Delete, id, ""));
        let reply = reply.await?;
        if let Content::Error(error) = &reply.content
            && error.get("code") == Some(&Value::Number(404.0))
        {
            return Ok(false);
        }
        match api_error(&reply, Class::SandboxGone) {
            Some(error) => Err(error),
            // The SDK reads the content and makes nothing of it.
            None => told(reply).map(|_| true),
        }
    }

    /// `Sandbox.setTimeout`: lets it live so long from now.
    ///
    /// # Errors
    /// What the SDK throws. What E2B does not have is [`Class::SandboxGone`].
    pub async fn set_timeout(&self, id: &Text, timeout: Duration) -> Result<(), Error> {
        let mut body = Object::new();
        body.insert("timeout", seconds(timeout));
        let mut call = Call::of("extend", Method::Post, id, "/timeout");
        call.body = Some(body.into());
        let reply = self.call(call).await?;
        match api_error(&reply, Class::SandboxGone) {
            Some(error) => Err(error),
            None => told(reply).map(|_| ()),
        }
    }

    /// The sandboxes with a label of this name and value, neither of which has anything that an address
    /// may not have. The original never asks for it.
    ///
    /// # Errors
    /// What the SDK throws for other calls.
    pub async fn labelled(&self, name: &str, value: &str) -> Result<Vec<Text>, Error> {
        let call = Call {
            operation: "list",
            method: Method::Get,
            path: format!("/v2/sandboxes?metadata={name}%3D{value}"),
            sandbox_id: None,
            body: None,
        };
        let reply = self.call(call).await?;
        if let Some(error) = api_error(&reply, Class::Other) {
            return Err(error);
        }
        let told = told(reply)?.unwrap_or(Value::Null);
        Ok(ids(&told, "sandboxID"))
    }

    async fn call(&self, call: Call<'_>) -> Result<Reply, Error> {
        let headers = [
            ("browser", "unknown"),
            ("content-type", "application/json"),
            ("lang", "js"),
            ("lang_version", "20.20.2"),
            ("package_version", "1.13.2"),
            ("publisher", "e2b"),
            ("sdk_runtime", "node"),
            ("system", "Linux"),
            ("user-agent", super::sandbox::USER_AGENT),
            ("x-api-key", self.key.expose()),
        ];
        let body = call.body.map_or(Body::None, |body| {
            Body::Chunked(json::stringify(&body).into())
        });
        let request = Request {
            asked: Asked {
                operation: call.operation,
                method: call.method.name(),
                url: format!("{}{}", self.places.api_url(), call.path),
                sandbox_id: call.sandbox_id.map(|id| id.to_string_lossy().into_owned()),
            },
            method: call.method,
            headers: &headers,
            body,
            limit: Some(self.request_timeout),
        };
        Ok(ask(&self.fetch, &self.observer, request).await?)
    }
}

impl<'a> Call<'a> {
    /// A call about a sandbox. The id is put into the path as it is, as the SDK does.
    fn of(operation: &'static str, method: Method, id: &'a Text, rest: &str) -> Self {
        Self {
            operation,
            method,
            path: format!("/sandboxes/{}{rest}", id.to_string_lossy()),
            sandbox_id: Some(id),
            body: None,
        }
    }
}

impl New<'_> {
    fn body(&self) -> Value {
        let members = |of: &IndexMap<String, String>| {
            let mut members = Object::new();
            for (name, value) in of {
                members.insert(name.as_str(), value.as_str());
            }
            members
        };
        let mut body = Object::new();
        body.insert("autoPause", false);
        body.insert("templateID", self.template);
        if !self.metadata.is_empty() {
            body.insert("metadata", members(self.metadata));
        }
        body.insert("envVars", members(self.variables));
        body.insert("timeout", seconds(self.timeout));
        body.insert("allow_internet_access", true);
        body.into()
    }
}

/// `Math.ceil` of seconds.
fn seconds(timeout: Duration) -> f64 {
    timeout.as_secs_f64().ceil()
}

fn no_version(what: &str) -> Error {
    Error::new(format!(
        "Cannot read properties of {what} (reading 'envdVersion')"
    ))
}

/// `handleApiError`: nothing for a success, nor for an error that JavaScript takes for none.
fn api_error(reply: &Reply, missing: Class) -> Option<Error> {
    let status = reply.status;
    let said = match &reply.content {
        Content::Data(_) | Content::NoData => return None,
        Content::Error(error) if !error.is_truthy() => return None,
        Content::Error(error) => match error.get("message") {
            None | Some(Value::Null) => error.to_js_string(),
            Some(message) => message.to_js_string(),
        },
        Content::NoError => "[object Object]".into(),
    };
    if status == 429 {
        let words = "Rate limit exceeded, please try again later.";
        return Some(Error::new(words).with_status(status));
    }
    let mut message = Text::from(format!("{status}: "));
    message.push_text(&said);
    Some(Error::of(class(status, missing), message).with_status(status))
}

const fn class(status: u16, missing: Class) -> Class {
    if status == 404 { missing } else { Class::Other }
}

/// `res.data`: none where JavaScript has `undefined`.
fn told(reply: Reply) -> Result<Option<Value>, Error> {
    match reply.content {
        Content::Data(body) => match json::parse(&body) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(Error::new(error.message().clone())),
        },
        Content::NoData => Ok(Some(Object::new().into())),
        Content::Error(_) | Content::NoError => Ok(None),
    }
}
