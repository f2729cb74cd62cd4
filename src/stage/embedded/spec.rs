//! What the platform of a side is: its stack, its provider, what was set.

use std::collections::BTreeMap;
use std::time::Duration;

use cutover_base::fixes::Fixes;
use cutover_platform::{EXECUTE_TIMEOUT, Variables};
use indexmap::IndexMap;

use crate::call::{Provider, Stack, Surface};
use crate::plan::Case;
use crate::stage::mcp_server::McpServer;

/// The master key of the platforms that a run starts. They listen on this machine only, and end
/// with their case.
pub(super) const MASTER_KEY: &str = "cutover-master-key";

/// Variables that are set or, with none, taken away.
pub(super) type Changes = IndexMap<String, Option<String>>;

/// What the platform of one case on one side is made of.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) provider: Provider,
    pub(super) fixes: Fixes,
    pub(super) is_direct: bool,
    pub(super) surface: Surface,
    /// What stands before the platform at surface mcp.
    pub(super) server: McpServer,
    pub(super) execute_timeout: Duration,
    /// What the scenario changes of the platform's variables.
    pub(super) platform: Changes,
    /// What it changes of those of the MCP server.
    pub(super) mcp: Changes,
}

impl Spec {
    /// For a case on a side with this stack and provider.
    ///
    /// # Errors
    /// For a stack that is not ours to run.
    pub(super) fn new(
        case: &Case,
        provider: Provider,
        stack: &Stack,
        command: Option<&[String]>,
    ) -> Result<Self, String> {
        let fixes = match stack.base.as_str() {
            "lap-337" => Fixes::only(stack.fixes.iter().cloned()),
            "unified" => Fixes::all(),
            "lap-direct" => Fixes::none(),
            other => return Err(format!("a stack `{other}` is not run here")),
        };
        let set_up = &case.scenario.platform;
        let server = match command {
            Some(command) => McpServer::Command(command.to_vec()),
            None => McpServer::Ours(fixes.clone()),
        };
        Ok(Self {
            provider,
            fixes,
            server,
            is_direct: stack.base == "lap-direct",
            surface: case.surface,
            execute_timeout: set_up.execute_timeout.unwrap_or(EXECUTE_TIMEOUT),
            platform: set_up.env.clone(),
            mcp: case.scenario.mcp.env.clone(),
        })
    }

    /// The variables of the endpoint: the provider's, what a platform needs, what the scenario
    /// changes.
    pub(super) fn platform_variables(
        &self,
        providers: &BTreeMap<Provider, Variables>,
    ) -> Variables {
        let mut all = Variables::new();
        for variables in providers.values() {
            all.extend(variables.clone());
        }
        for (name, value) in [
            ("MASTER_KEY", MASTER_KEY),
            ("DATABASE_URL", "file:platform.redb"),
            ("SANDBOX_CHOICE", self.provider.name()),
            // Artifacts are kept in a folder, in the place of this bucket.
            ("ARTIFACT_STORAGE", "s3"),
            ("AWS_S3_BUCKET", "cutover"),
        ] {
            all.insert(name.to_owned(), value.to_owned());
        }
        changed(all, &self.platform)
    }

    /// The variables of the MCP server.
    pub(super) fn mcp_variables(
        &self,
        base: &str,
        providers: &BTreeMap<Provider, Variables>,
    ) -> Variables {
        if self.is_direct {
            let mine = providers.get(&self.provider).cloned();
            return changed(mine.unwrap_or_default(), &self.mcp);
        }
        let usual = [("LAP_BASE_URL", base), ("LAP_AUTH_TOKEN", MASTER_KEY)];
        let usual = usual.map(|(name, value)| (name.to_owned(), value.to_owned()));
        changed(usual.into(), &self.mcp)
    }
}

fn changed(mut variables: Variables, changes: &Changes) -> Variables {
    for (name, value) in changes {
        match value {
            Some(value) => variables.insert(name.clone(), value.clone()),
            None => variables.remove(name),
        };
    }
    variables
}
