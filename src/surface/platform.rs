//! Surface platform: calls are HTTP requests to the platform's endpoint.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::call::sandbox_call::Owner;
use crate::call::tool_call::{Auth, HttpBody, HttpRequest, UploadArtifact};
use crate::call::{
    Failure, FailureClass, FieldValue, Outcome, SandboxCall, SandboxRequest, Surface, ToolCall,
};
use crate::driver::CallContext;
use crate::driver::http::HttpClients;
use crate::surface::host::{PlatformHost, WHICH};
use crate::surface::http_call::{AskError, Asked, Caller};
use crate::surface::sessions::{ROUTE, Sessions, literal};
use crate::surface::settle::settle;
use crate::surface::{CallSurface, Reply};
use crate::transcript::{Ending, KnownLiteral, StepResult};

/// The platform of one case on one side.
#[derive(Debug)]
pub struct PlatformSurface {
    caller: Caller,
    sessions: Sessions,
}

impl PlatformSurface {
    /// A surface whose calls belong to this session until a step says otherwise.
    pub fn new(host: Arc<dyn PlatformHost>, clients: HttpClients, session: String) -> Self {
        let caller = Caller { host, clients };
        Self {
            sessions: Sessions::new(caller.clone(), session),
            caller,
        }
    }

    async fn on_sandbox(&self, call: &SandboxCall, cx: &CallContext) -> Reply {
        let name = self.caller.host.name_there(&call.sandbox);
        let (what, body) = match &call.request {
            SandboxRequest::Provision(_) => {
                return self.provision(&call.sandbox, &name, &call.owner, cx).await;
            }
            SandboxRequest::Execute(it) => {
                ("execute", json!({ "sandbox_name": name, "cmd": it.cmd }))
            }
            SandboxRequest::ReadFile(it) => (
                "read-file",
                json!({ "sandbox_name": name, "path": it.path }),
            ),
            _ => return unsupported("surface platform has provision, execute and read_file only"),
        };
        self.post(&format!("/sandbox/{what}"), body, cx).await
    }

    async fn provision(&self, shown: &str, name: &str, owner: &Owner, cx: &CallContext) -> Reply {
        if let Err(refused) = self.caller.host.provisioning(shown) {
            return refused.into();
        }
        let mut body = json!({ "name": name });
        if let Some(project) = &owner.project {
            body["project_id"] = project.as_str().into();
        }
        // Here the session is part of the path, so there always is one.
        let session = self.sessions.of(&owner.session);
        let session = session.unwrap_or_else(|| self.sessions.current());
        let request = request_of(&session, "/sandbox/provision", body);
        let mut reply = self.answer(&request, cx).await;
        if !self.caller.host.is_ours() && is_success(&reply) {
            let which = self.output_of(&session, name, WHICH).await.ok().flatten();
            let adopted = self.caller.host.adopt(&session, shown, which.as_deref());
            reply.adopt(adopted);
        }
        reply
    }

    /// What a command of ours prints in a sandbox of a session; none where the platform does not hand
    /// that on.
    async fn output_of(
        &self,
        session: &str,
        name: &str,
        cmd: &str,
    ) -> Result<Option<String>, AskError> {
        let body = json!({ "sandbox_name": name, "cmd": cmd });
        let request = request_of(session, "/sandbox/execute", body);
        let asked = self.caller.ask(&request).await?;
        let answer: Option<Value> = serde_json::from_str(&asked.text).ok();
        let output = answer.as_ref().and_then(|it| it.get("output")?.as_str());
        Ok(output.map(str::to_owned))
    }

    async fn post(&self, what: &str, body: Value, cx: &CallContext) -> Reply {
        self.answer(&self.session_request(what, body), cx).await
    }

    fn session_request(&self, what: &str, body: Value) -> HttpRequest {
        request_of(&self.sessions.current(), what, body)
    }

    /// Sends a request; its answer is the outcome.
    async fn answer(&self, request: &HttpRequest, cx: &CallContext) -> Reply {
        match self.caller.ask(request).await {
            Ok(asked) => Reply {
                literals: artifact_literals(&asked),
                result: StepResult::Outcome(self.outcome(&asked, cx)),
            },
            Err(error) => Reply::plain(self.unanswered(error)),
        }
    }

    /// Status and body; a body that is no JSON is a text.
    fn outcome(&self, asked: &Asked, cx: &CallContext) -> Outcome {
        let text = cx.blobs.redactor().text(&asked.text);
        let text = self.caller.host.as_shown(text);
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Outcome::default()
            .with("status", asked.status)
            .with("body", body)
    }

    fn unanswered(&self, error: AskError) -> StepResult {
        match error {
            AskError::Unfit(why) => StepResult::HarnessError(why),
            AskError::Unanswered(why) if self.caller.host.is_ours() => {
                StepResult::HarnessError(format!("our platform does not answer: {why}"))
            }
            AskError::Unanswered(why) => StepResult::ProviderError(Failure::new(
                FailureClass::Unavailable,
                format!("the platform does not answer: {why}"),
            )),
        }
    }

    /// Keeps a file of a sandbox as an MCP server does it: its bytes by a command, then the
    /// artifact. Where the command is not answered with output, that answer is the outcome.
    async fn upload(&self, call: &UploadArtifact, cx: &CallContext) -> Reply {
        let cmd = format!("base64 -w0 {}", Value::from(call.path.as_str()));
        let name = self.caller.host.name_there(&call.sandbox);
        let body = json!({ "sandbox_name": name, "cmd": cmd });
        let asked = self
            .caller
            .ask(&self.session_request("/sandbox/execute", body))
            .await;
        let asked = match asked {
            Ok(asked) => asked,
            Err(error) => return Reply::plain(self.unanswered(error)),
        };
        let answer: Option<Value> = serde_json::from_str(&asked.text).ok();
        let output = answer.as_ref().and_then(|it| it.get("output")?.as_str());
        let Some(content) = output.filter(|_| asked.status == 200) else {
            return Reply::plain(StepResult::Outcome(self.outcome(&asked, cx)));
        };
        let content = content.trim();
        let name = call.name.as_deref().unwrap_or_else(|| {
            let last = call.path.rsplit('/').next();
            last.filter(|it| !it.is_empty()).unwrap_or("artifact")
        });
        // What is no base64 is told by the platform, which compares the sizes.
        let size = STANDARD
            .decode(content)
            .map_or(content.len(), |it| it.len());
        let body = json!({
            "name": name,
            "mime_type": "application/octet-stream",
            "content": content,
            "size": size,
        });
        let session = self.sessions.of(&call.session);
        let session = session.unwrap_or_else(|| self.sessions.current());
        let request = request_of(&session, "/artifacts", body);
        self.answer(&request, cx).await
    }
}

#[async_trait]
impl CallSurface for PlatformSurface {
    fn surface(&self) -> Surface {
        Surface::Platform
    }

    async fn call(&self, call: &ToolCall, cx: &CallContext) -> Reply {
        self.caller.host.begin(cx);
        let mut reply = match call {
            ToolCall::Sandbox(call) => self.on_sandbox(call, cx).await,
            ToolCall::Artifact(call) => self.upload(call, cx).await,
            ToolCall::Http(request) => self.answer(request, cx).await,
            ToolCall::Session(call) => self.sessions.call(call).await,
            ToolCall::Tool(_) => unsupported("raw tool calls enter at surface mcp"),
        };
        reply.literals.extend(self.sessions.first_literal());
        settle(reply, self.caller.host.behind(cx).await)
    }

    async fn home(&self, _cx: &CallContext) -> Result<String, StepResult> {
        let main = self.caller.host.name_there("main");
        let session = self.sessions.current();
        let told = self
            .output_of(&session, &main, r#"printf %s "$HOME""#)
            .await;
        let home = told.map_err(|error| self.unanswered(error))?;
        let home = home.filter(|it| it.starts_with('/'));
        let why = "the home folder is not known: the platform does not tell it";
        home.ok_or_else(|| StepResult::NotReached(why.to_owned()))
    }

    fn sandbox_id(&self, name: &str) -> Option<String> {
        self.caller.host.sandbox_id(&self.sessions.current(), name)
    }

    fn session_id(&self) -> Option<String> {
        Some(self.sessions.current())
    }

    async fn close(&self, cx: &CallContext) -> Ending {
        self.caller.host.close(cx).await
    }
}

/// A request about a session.
fn request_of(session: &str, what: &str, body: Value) -> HttpRequest {
    HttpRequest {
        method: "POST".to_owned(),
        path: format!("{ROUTE}/{session}{what}"),
        headers: IndexMap::new(),
        body: HttpBody::Json(body),
        auth: Auth::Default,
    }
}

fn unsupported(what: &str) -> Reply {
    Reply::plain(StepResult::Unsupported(what.to_owned()))
}

fn is_success(reply: &Reply) -> bool {
    let StepResult::Outcome(outcome) = &reply.result else {
        return false;
    };
    outcome.fields.get("status") == Some(&FieldValue::Json(200.into()))
}

/// What an artifact is called differs between any two runs.
fn artifact_literals(asked: &Asked) -> Vec<KnownLiteral> {
    let Ok(Value::Object(body)) = serde_json::from_str(&asked.text) else {
        return Vec::new();
    };
    let named = |name: &str| body.get(name).and_then(Value::as_str);
    match (named("id"), named("url")) {
        (Some(id), Some(url)) => vec![literal("artifact", id), literal("url", url)],
        _ => Vec::new(),
    }
}
