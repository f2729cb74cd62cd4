//! The verbs a step may have (`design.md` section 3).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::call::subject::Surface;

/// What a step does.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the names are the verbs of design section 3, one to one"
)]
pub enum Verb {
    Provision,
    Execute,
    ReadFile,
    UploadArtifact,
    WriteFile,
    ListFiles,
    StatFile,
    MoveFile,
    MakeDir,
    RemoveFile,
    StartBackground,
    SendSignal,
    SendStdin,
    Terminate,
    CallTool,
    Http,
    Wait,
    Parallel,
    CreateSession,
    UseSession,
    DeleteSession,
    RestartMcp,
    RestartPlatform,
    Switch,
    AtProvider,
    Advance,
    Fault,
}

impl Verb {
    /// Every verb, in the order of the design.
    pub const ALL: [Self; 27] = [
        Self::Provision,
        Self::Execute,
        Self::ReadFile,
        Self::UploadArtifact,
        Self::WriteFile,
        Self::ListFiles,
        Self::StatFile,
        Self::MoveFile,
        Self::MakeDir,
        Self::RemoveFile,
        Self::StartBackground,
        Self::SendSignal,
        Self::SendStdin,
        Self::Terminate,
        Self::CallTool,
        Self::Http,
        Self::Wait,
        Self::Parallel,
        Self::CreateSession,
        Self::UseSession,
        Self::DeleteSession,
        Self::RestartMcp,
        Self::RestartPlatform,
        Self::Switch,
        Self::AtProvider,
        Self::Advance,
        Self::Fault,
    ];

    /// The key in YAML.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provision => "provision",
            Self::Execute => "execute",
            Self::ReadFile => "read_file",
            Self::UploadArtifact => "upload_artifact",
            Self::WriteFile => "write_file",
            Self::ListFiles => "list_files",
            Self::StatFile => "stat_file",
            Self::MoveFile => "move_file",
            Self::MakeDir => "make_dir",
            Self::RemoveFile => "remove_file",
            Self::StartBackground => "start_background",
            Self::SendSignal => "send_signal",
            Self::SendStdin => "send_stdin",
            Self::Terminate => "terminate",
            Self::CallTool => "call_tool",
            Self::Http => "http",
            Self::Wait => "wait",
            Self::Parallel => "parallel",
            Self::CreateSession => "create_session",
            Self::UseSession => "use_session",
            Self::DeleteSession => "delete_session",
            Self::RestartMcp => "restart_mcp",
            Self::RestartPlatform => "restart_platform",
            Self::Switch => "switch",
            Self::AtProvider => "at_provider",
            Self::Advance => "advance",
            Self::Fault => "fault",
        }
    }

    /// The verb of a YAML key.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }

    /// The surfaces on which the verb exists.
    pub const fn surfaces(self) -> &'static [Surface] {
        use Surface::{Mcp, Platform, Provider};
        match self {
            Self::Provision | Self::Execute | Self::ReadFile => &[Mcp, Platform, Provider],
            Self::Wait | Self::Parallel | Self::AtProvider | Self::Advance | Self::Fault => {
                &[Mcp, Platform, Provider]
            }
            Self::UploadArtifact => &[Mcp, Platform],
            Self::WriteFile
            | Self::ListFiles
            | Self::StatFile
            | Self::MoveFile
            | Self::MakeDir
            | Self::RemoveFile
            | Self::StartBackground
            | Self::SendSignal
            | Self::SendStdin
            | Self::Terminate => &[Provider],
            Self::CallTool | Self::RestartMcp => &[Mcp],
            Self::Http => &[Platform],
            Self::CreateSession
            | Self::UseSession
            | Self::DeleteSession
            | Self::RestartPlatform
            | Self::Switch => &[Mcp, Platform],
        }
    }

    /// Whether the verb acts on the harness or the stage rather than on a tool.
    pub const fn is_harness(self) -> bool {
        matches!(
            self,
            Self::Wait
                | Self::Parallel
                | Self::CreateSession
                | Self::UseSession
                | Self::DeleteSession
                | Self::RestartMcp
                | Self::RestartPlatform
                | Self::Switch
                | Self::AtProvider
                | Self::Advance
                | Self::Fault
        )
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
