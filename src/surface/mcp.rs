//! Surface mcp: calls are tool calls to an MCP server.

use std::sync::Arc;

use async_trait::async_trait;
use cutover_js::{Text, Value as Js, json as js};
use serde_json::{Map, Value, json};

use crate::call::sandbox_call::{Owner, SessionId};
use crate::call::tool_call::{CallTool, UploadArtifact};
use crate::call::{FieldValue, Outcome, SandboxCall, SandboxRequest, Surface, ToolCall};
use crate::driver::CallContext;
use crate::driver::http::HttpClients;
use crate::surface::host::{PlatformHost, WHICH};
use crate::surface::http_call::Caller;
use crate::surface::sessions::{Sessions, literal};
use crate::surface::settle::settle;
use crate::surface::tool_client::RpcAnswer;
use crate::surface::{CallSurface, Reply};
use crate::transcript::{Ending, StepResult};

/// The MCP server of one case on one side, before its platform.
#[derive(Debug)]
pub struct McpSurface {
    host: Arc<dyn PlatformHost>,
    sessions: Sessions,
}

impl McpSurface {
    /// A surface whose calls belong to this session until a step says otherwise.
    pub fn new(host: Arc<dyn PlatformHost>, clients: HttpClients, session: String) -> Self {
        let caller = Caller {
            host: Arc::clone(&host),
            clients,
        };
        Self {
            sessions: Sessions::new(caller, session),
            host,
        }
    }

    async fn on_sandbox(&self, call: &SandboxCall, cx: &CallContext) -> Reply {
        let name = self.host.name_there(&call.sandbox);
        let (tool, arguments) = match &call.request {
            SandboxRequest::Provision(_) => {
                return self.provision(&call.sandbox, &name, &call.owner, cx).await;
            }
            SandboxRequest::Execute(it) => {
                ("execute", json!({ "sandbox_name": name, "cmd": it.cmd }))
            }
            SandboxRequest::ReadFile(it) => (
                "read_file",
                json!({ "sandbox_name": name, "path": it.path }),
            ),
            _ => {
                let what = "surface mcp has provision, execute, read_file and upload_artifact only";
                return Reply::plain(StepResult::Unsupported(what.to_owned()));
            }
        };
        self.tool(tool, Some(&arguments), cx).await
    }

    /// The session that a call names. A server that makes sandboxes by itself knows of none.
    fn session_of(&self, said: &SessionId) -> Option<String> {
        match said {
            SessionId::Current if !self.host.has_sessions() => None,
            said => self.sessions.of(said),
        }
    }

    async fn provision(&self, shown: &str, name: &str, owner: &Owner, cx: &CallContext) -> Reply {
        if let Err(refused) = self.host.provisioning(shown) {
            return refused.into();
        }
        let session = self.session_of(&owner.session);
        let mut arguments = json!({ "name": name });
        if let Some(session) = &session {
            arguments["session_id"] = session.as_str().into();
        }
        if let Some(project) = &owner.project {
            arguments["project_id"] = project.as_str().into();
        }
        let mut reply = self.tool("provision", Some(&arguments), cx).await;
        if !self.host.has_sessions() && is_success(&reply) {
            let told = match &reply.result {
                StepResult::Outcome(outcome) => text_of(outcome),
                _ => None,
            };
            let session = self.sessions.current();
            reply.adopt(self.host.adopt(&session, shown, told.as_deref()));
        } else if !self.host.is_ours() && is_success(&reply) {
            let which = self.output_of(name, WHICH, cx).await.ok();
            let session = session.unwrap_or_else(|| self.sessions.current());
            reply.adopt(self.host.adopt(&session, shown, which.as_deref()));
        }
        reply
    }

    /// What a command of ours prints in a sandbox.
    async fn output_of(
        &self,
        name: &str,
        cmd: &str,
        cx: &CallContext,
    ) -> Result<String, StepResult> {
        let arguments = json!({ "sandbox_name": name, "cmd": cmd });
        let reply = self.tool("execute", Some(&arguments), cx).await;
        let text = match &reply.result {
            StepResult::Outcome(outcome) => text_of(outcome),
            _ => return Err(reply.result),
        };
        let why = "the tool execute gives no text".to_owned();
        text.ok_or(StepResult::NotReached(why))
    }

    async fn upload(&self, call: &UploadArtifact, cx: &CallContext) -> Reply {
        let mut arguments = Map::new();
        let name = self.host.name_there(&call.sandbox);
        arguments.insert("sandbox_name".to_owned(), name.into());
        arguments.insert("path".to_owned(), call.path.as_str().into());
        if let Some(name) = &call.name {
            arguments.insert("name".to_owned(), name.as_str().into());
        }
        if let Some(session) = self.session_of(&call.session) {
            arguments.insert("session_id".to_owned(), session.into());
        }
        let mut reply = self
            .tool("upload_artifact", Some(&arguments.into()), cx)
            .await;
        if let Some(url) = uploaded(&reply.result) {
            reply.literals.push(literal("url", &url));
        }
        reply
    }

    async fn raw(&self, call: &CallTool, cx: &CallContext) -> Reply {
        self.tool(&call.name, call.arguments.as_ref(), cx).await
    }

    async fn tool(&self, tool: &str, arguments: Option<&Value>, cx: &CallContext) -> Reply {
        Reply::plain(match self.answered(tool, arguments).await {
            Ok(answer) => self
                .outcome(&answer, cx)
                .unwrap_or_else(StepResult::HarnessError),
            Err(why) => StepResult::HarnessError(why),
        })
    }

    /// The fields of an answer.
    fn outcome(&self, answer: &RpcAnswer, cx: &CallContext) -> Result<StepResult, String> {
        let mut outcome = Outcome::default();
        match answer {
            RpcAnswer::Error(error) => {
                let code = error.get("code").map_or(Value::Null, to_json);
                let message = error
                    .get("message")
                    .and_then(Js::as_text)
                    .map(Text::to_string_lossy);
                let message = cx.blobs.redactor().text(&message.unwrap_or_default());
                outcome = outcome.with("rpc_error", json!({ "code": code, "message": message }));
            }
            RpcAnswer::Result(result) => {
                let text = text_in(result).to_string_lossy().into_owned();
                let kept = cx.blobs.put(self.host.as_shown(text).as_bytes());
                let kept = kept.map_err(|error| format!("the text cannot be kept: {error}"))?;
                outcome = outcome.with_bytes("text", kept);
                if let Some(is_error) = result.get("isError") {
                    outcome = outcome.with("is_error", to_json(is_error));
                }
            }
        }
        Ok(StepResult::Outcome(outcome))
    }

    async fn answered(&self, tool: &str, arguments: Option<&Value>) -> Result<RpcAnswer, String> {
        let Some(client) = self.host.tools() else {
            return Err("no MCP server runs".to_owned());
        };
        let name = Value::from(tool);
        let arguments = arguments.map(|it| format!(r#","arguments":{it}"#));
        let params = format!(r#"{{"name":{name}{}}}"#, arguments.unwrap_or_default());
        client.request("tools/call", Some(&params)).await
    }
}

#[async_trait]
impl CallSurface for McpSurface {
    fn surface(&self) -> Surface {
        Surface::Mcp
    }

    fn has_platform(&self) -> bool {
        self.host.has_sessions()
    }

    async fn call(&self, call: &ToolCall, cx: &CallContext) -> Reply {
        self.host.begin(cx);
        let mut reply = match call {
            ToolCall::Sandbox(call) => self.on_sandbox(call, cx).await,
            ToolCall::Artifact(call) => self.upload(call, cx).await,
            ToolCall::Tool(call) => self.raw(call, cx).await,
            ToolCall::Session(call) => self.sessions.call(call).await,
            ToolCall::Http(_) => {
                let what = "HTTP requests enter at surface platform";
                Reply::plain(StepResult::Unsupported(what.to_owned()))
            }
        };
        reply.literals.extend(self.sessions.first_literal());
        settle(reply, self.host.behind(cx).await)
    }

    async fn home(&self, cx: &CallContext) -> Result<String, StepResult> {
        let main = self.host.name_there("main");
        let home = self.output_of(&main, r#"printf %s "$HOME""#, cx).await?;
        let why = "the home folder is not known: the tool execute does not tell it";
        let home = Some(home).filter(|it| it.starts_with('/'));
        home.ok_or_else(|| StepResult::NotReached(why.to_owned()))
    }

    fn sandbox_id(&self, name: &str) -> Option<String> {
        self.host.sandbox_id(&self.sessions.current(), name)
    }

    fn session_id(&self) -> Option<String> {
        Some(self.sessions.current())
    }

    async fn close(&self, cx: &CallContext) -> Ending {
        self.host.close(cx).await
    }
}

fn is_success(reply: &Reply) -> bool {
    let StepResult::Outcome(outcome) = &reply.result else {
        return false;
    };
    let fields = &outcome.fields;
    fields.contains_key("text") && fields.get("is_error") != Some(&FieldValue::Json(true.into()))
}

/// The text of a result: of its only part; parts that are several, or no text, are JSON.
fn text_in(result: &Js) -> Text {
    let parts = match result.get("content") {
        Some(Js::Array(parts)) => parts.iter().collect(),
        _ => Vec::new(),
    };
    let text = |part: &Js| part.get("text").and_then(Js::as_text).cloned();
    match parts.as_slice() {
        [] => Text::new(),
        [only] => text(only).unwrap_or_else(|| js::stringify(only).as_str().into()),
        _ => {
            let parts: Vec<Js> = parts.into_iter().cloned().collect();
            js::stringify(&parts.into()).as_str().into()
        }
    }
}

/// A small value of an answer as the rest of the program has it.
fn to_json(value: &Js) -> Value {
    serde_json::from_str(&js::stringify(value)).unwrap_or(Value::Null)
}

fn text_of(outcome: &Outcome) -> Option<String> {
    let Some(FieldValue::Bytes(text)) = outcome.fields.get("text") else {
        return None;
    };
    let head = text.head(4096).ok()?;
    String::from_utf8(head.to_vec()).ok()
}

/// The address of an artifact that was kept, which is the whole text.
fn uploaded(result: &StepResult) -> Option<String> {
    let StepResult::Outcome(outcome) = result else {
        return None;
    };
    text_of(outcome).filter(|it| it.starts_with("http://") || it.starts_with("https://"))
}
