//! Who a side is: provider, lane, stack, and the surface a call enters by.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A sandbox provider.
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
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// E2B.
    E2b,
    /// Daytona.
    Daytona,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 2] = [Self::E2b, Self::Daytona];

    /// The word used in YAML, reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::E2b => "e2b",
            Self::Daytona => "daytona",
        }
    }

    /// Its name in a sentence.
    pub const fn title(self) -> &'static str {
        match self {
            Self::E2b => "E2B",
            Self::Daytona => "Daytona",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a side is reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// A local server that speaks the provider's wire.
    Standin,
    /// The real cloud.
    Live,
    /// An earlier run, by its folder (with `#source` or `#target` when both sides have the
    /// provider).
    Recording(PathBuf),
}

impl Lane {
    /// `standin`, `live` or `recording`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Standin => "standin",
            Self::Live => "live",
            Self::Recording(_) => "recording",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recording(path) => write!(f, "recording={}", path.display()),
            Self::Standin | Self::Live => f.write_str(self.name()),
        }
    }
}

/// What stands between the agent and the provider, e.g. `lap-337` or `lap-337+Q27+Q56`.
/// At surface provider there is nothing between, and the stack only narrows the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stack {
    /// `lap-337`, `lap-direct`, `unified` or `deployed`.
    pub base: String,
    /// Quirk ids of the fixes on top.
    pub fixes: Vec<String>,
}

impl Stack {
    /// The names that a stack may begin with.
    pub const BASES: [&'static str; 4] = ["lap-337", "lap-direct", "unified", "deployed"];

    /// Whether a platform stands in between, whose sessions and settings there are.
    pub fn has_platform(&self) -> bool {
        self.base != "lap-direct"
    }

    /// Why calls cannot enter by a surface where this stack stands before the provider, if so.
    pub fn lacks(&self, surface: Surface, provider: Provider) -> Option<String> {
        if self.has_platform() {
            return None;
        }
        if provider != Provider::E2b {
            return Some(format!("the stack `{self}` speaks to E2B only"));
        }
        (surface != Surface::Mcp)
            .then(|| format!("the stack `{self}` has surface {} only", Surface::Mcp))
    }
}

impl Default for Stack {
    fn default() -> Self {
        Self {
            base: "lap-337".to_owned(),
            fixes: Vec::new(),
        }
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)?;
        self.fixes.iter().try_for_each(|fix| write!(f, "+{fix}"))
    }
}

impl FromStr for Stack {
    type Err = SideSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('+');
        let base = parts.next().unwrap_or_default();
        if !Self::BASES.contains(&base) {
            return Err(SideSpecError(format!(
                "unknown stack `{base}`; one of {}",
                Self::BASES.join(", ")
            )));
        }
        let fixes: Vec<String> = parts.map(str::to_owned).collect();
        let mut named = fixes.iter();
        while let Some(fix) = named.next() {
            let wrong = match fix.as_str() {
                "" => "a `+` without a fix behind it".to_owned(),
                _ if named.as_slice().contains(fix) => format!("`{}` twice", fix.escape_debug()),
                _ => continue,
            };
            return Err(SideSpecError(format!("the stack `{base}` has {wrong}")));
        }
        Ok(Self {
            base: base.to_owned(),
            fixes,
        })
    }
}

/// Where a call enters.
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
#[serde(rename_all = "lowercase")]
pub enum Surface {
    /// A tool call to the MCP server.
    Mcp,
    /// HTTP to the platform endpoint.
    Platform,
    /// Our driver, straight to the provider.
    Provider,
}

impl Surface {
    /// All surfaces, outermost first.
    pub const ALL: [Self; 3] = [Self::Mcp, Self::Platform, Self::Provider];

    /// The word used in YAML, reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::Platform => "platform",
            Self::Provider => "provider",
        }
    }
}

impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `provider@lane/stack`, the last two optional: `e2b`, `daytona@live`, `e2b@recording=PATH`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SideSpec {
    /// The provider.
    pub provider: Provider,
    /// How it is reached; a stand-in when not said.
    pub lane: Lane,
    /// The stack; `lap-337` when not said.
    pub stack: Stack,
}

/// Why a side spec could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SideSpecError(String);

impl fmt::Display for SideSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.provider, self.lane)?;
        match self.lane {
            Lane::Recording(_) => Ok(()),
            Lane::Standin | Lane::Live => write!(f, "/{}", self.stack),
        }
    }
}

impl FromStr for SideSpec {
    type Err = SideSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (head, recording) = match text.split_once("@recording=") {
            Some((head, path)) => (head, Some(path)),
            None => (text, None),
        };
        let (head, stack) = match head.split_once('/') {
            Some((head, stack)) => (head, stack.parse()?),
            None => (head, Stack::default()),
        };
        let (provider, lane) = head.split_once('@').unwrap_or((head, "standin"));
        let provider = match provider {
            "e2b" => Provider::E2b,
            "daytona" => Provider::Daytona,
            other => {
                return Err(SideSpecError(format!(
                    "unknown provider `{other}`; e2b or daytona"
                )));
            }
        };
        let lane = match (recording, lane) {
            (Some(""), _) => return Err(SideSpecError("`recording=` needs a path".to_owned())),
            (Some(path), _) => Lane::Recording(PathBuf::from(path)),
            (None, "standin") => Lane::Standin,
            (None, "live") => Lane::Live,
            (None, other) => {
                return Err(SideSpecError(format!(
                    "unknown lane `{other}`; standin, live or recording=PATH"
                )));
            }
        };
        Ok(Self {
            provider,
            lane,
            stack,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        assert_eq!(text.parse::<SideSpec>().unwrap().to_string(), shown);
    }

    #[test]
    fn side_specs_read_and_show() {
        check("e2b", "e2b@standin/lap-337");
        check("daytona@live", "daytona@live/lap-337");
        check("e2b/unified", "e2b@standin/unified");
        check("e2b@standin/lap-337+Q27+Q56", "e2b@standin/lap-337+Q27+Q56");
        check(
            "e2b@recording=reports/a/b#source",
            "e2b@recording=reports/a/b#source",
        );
    }

    #[test]
    fn a_wrong_side_spec_says_what_would_be_right() {
        let error = "modal".parse::<SideSpec>().unwrap_err().to_string();
        assert_eq!(error, "unknown provider `modal`; e2b or daytona");
        assert!(
            "e2b@cloud"
                .parse::<SideSpec>()
                .unwrap_err()
                .to_string()
                .contains("standin")
        );
        assert!(
            "e2b/lap"
                .parse::<SideSpec>()
                .unwrap_err()
                .to_string()
                .contains("lap-337")
        );
        assert!("e2b@recording=".parse::<SideSpec>().is_err());
    }
}
