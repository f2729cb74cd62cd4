//! The tools as the SDK's handler.

use std::borrow::Cow;
use std::sync::Arc;

use cutover_js::{Object, Text, json};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
    CustomResult, ErrorCode, Implementation, InitializeRequestParams, InitializeResult,
    ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use crate::answer::Answer;
use crate::catalogue;
use crate::settings::Settings;
use crate::tools::{self, Tools};
use crate::unfit;
use crate::wire::{Carried, Refused};

/// The versions of the protocol that the original's library speaks, newest first.
const VERSIONS: [&str; 5] = [
    "2025-11-25",
    "2025-06-18",
    "2025-03-26",
    "2024-11-05",
    "2024-10-07",
];

/// The MCP server. A clone shares what the first one knows of sessions.
#[derive(Debug, Clone)]
pub struct Server {
    tools: Arc<Tools>,
    listed: Arc<Vec<rmcp::model::Tool>>,
}

impl Server {
    /// A server that knows of no sandbox yet.
    pub fn new(settings: &Settings) -> Self {
        Self {
            tools: Arc::new(Tools::new(settings)),
            listed: Arc::new(catalogue::tools(&settings.fixes)),
        }
    }

    /// Begins to end every sandbox that this server holds: without a platform there is nobody else
    /// who would. The last clone that is dropped does so, too.
    pub fn begin_end(&self) {
        self.tools.begin_end();
    }

    /// Ends every sandbox that this server holds.
    pub async fn end(&self) {
        self.tools.end().await;
    }

    async fn answer(&self, name: &Text, arguments: &Object) -> Result<Answer, ErrorData> {
        let answer = tools::call(&self.tools, name, arguments).await;
        let answer =
            answer.map_err(|escaped| ErrorData::new(ErrorCode::INTERNAL_ERROR, escaped.0, None))?;
        if answer.text.as_text().is_some() {
            return Ok(answer);
        }
        let message = unfit::message(&answer.text);
        Err(ErrorData::new(ErrorCode::INVALID_PARAMS, message, None))
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("opencode-sandbox", "1.0.0"))
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Owned(VERSIONS.into_iter().filter_map(version).collect())
    }

    async fn initialize(
        &self,
        mut request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        if !VERSIONS.contains(&request.protocol_version.as_str()) {
            request.protocol_version = version(VERSIONS[0]).unwrap_or_default();
        }
        let version = request.protocol_version.clone();
        // What is spoken, not what was asked for: later requests go by it.
        context.peer.set_peer_info(request);
        let info = self.get_info();
        Ok(InitializeResult::new(info.capabilities)
            .with_server_info(info.server_info)
            .with_protocol_version(version))
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.listed.to_vec()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let carried = context.extensions.get::<Carried>();
        if let Some((carried, call)) = carried.and_then(|it| Some((it, it.call.as_ref()?))) {
            carried.leave(self.answer(&call.name, &call.arguments).await?);
            // Whoever writes the line takes what was left.
            return Ok(CallToolResult::success(Vec::new()).into());
        }
        let arguments = serde_json::Value::Object(request.arguments.unwrap_or_default());
        let arguments = json::parse_text(&Text::from(arguments.to_string()));
        let arguments = arguments.ok().and_then(|value| value.as_object().cloned());
        let name = Text::from(&*request.name);
        let answer = self.answer(&name, &arguments.unwrap_or_default()).await?;
        let said = answer.text.as_text().map(Text::to_string_lossy);
        let content = vec![ContentBlock::text(said.unwrap_or_default())];
        let result = if answer.is_error {
            CallToolResult::error(content)
        } else {
            CallToolResult::success(content)
        };
        Ok(result.into())
    }

    async fn on_custom_request(
        &self,
        _request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let refused = context.extensions.get::<Refused>();
        Err(refused.map_or_else(
            || ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "Method not found", None),
            |refused| refused.0.clone(),
        ))
    }
}

fn version(text: &str) -> Option<ProtocolVersion> {
    serde_json::from_value(text.into()).ok()
}
