//! Who is compared, before anything of it is looked at.

use cutover_base::by_side::BySide;

/// Who is compared, as it was typed.
#[derive(Debug, Clone)]
pub(crate) struct SideSettings {
    /// The side of today and the one to come: `provider[@lane][/stack]`.
    pub(crate) specs: BySide<String>,
    /// What runs the stand-ins' sandboxes.
    pub(crate) engine: String,
    /// What the stand-ins' sandboxes are made of, where it is not the engine's own choice: Docker
    /// images.
    pub(crate) images: BySide<Option<String>>,
    /// Whether the stand-ins' sandboxes may reach the host's network.
    pub(crate) allow_network: bool,
    /// Memory of one sandbox of a stand-in, in bytes.
    pub(crate) memory_bytes_max: u64,
    /// What the stand-ins get wrong: `SIDE=KIND`.
    pub(crate) faults: Vec<String>,
    /// Where the platforms of deployed stacks answer.
    pub(crate) platforms: BySide<Option<String>>,
    /// The sessions that they are used with, if not one a case.
    pub(crate) sessions: BySide<Option<String>>,
    /// The command of the MCP server at surface mcp, if it is not ours.
    pub(crate) mcp: Option<String>,
}
