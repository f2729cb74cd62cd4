//! The tools with what they share: the platform, the sessions, the fixes.

use cutover_base::fixes::Fixes;
use cutover_js::{Object, Text, Value};

use crate::answer::{Answer, text};
use crate::direct::Direct;
use crate::platform::Platform;
use crate::session::{Missing, Sessions, Tool};
use crate::settings::Settings;

/// The tools of one server.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(super) platform: Platform,
    pub(super) sessions: Sessions,
    pub(super) fixes: Fixes,
    /// Of the server of before.
    pub(super) direct: Option<Direct>,
}

/// Why a call is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotMade {
    /// The text that three tools have for either cause.
    NoSessionOrBase,
    /// Two texts of `upload_artifact`.
    UploadSession,
    UploadBase,
    /// Q01 repaired: each cause has its text.
    Base,
    Session {
        /// Whether the tool takes the argument `session_id`.
        takes_argument: bool,
    },
    /// Q02, Q08 repaired: nobody says which session, and no provision told it of this sandbox.
    Unknown {
        /// The sandbox's name.
        name: Text,
    },
    /// Q07 repaired: the sandbox's name stands for more than one session.
    Several {
        takes_argument: bool,
    },
}

impl Tools {
    pub(crate) fn new(settings: &Settings) -> Self {
        let session = settings.session_id.as_deref();
        Self {
            platform: Platform::new(settings),
            sessions: Sessions::new(session, settings.fixes.clone()),
            fixes: settings.fixes.clone(),
            direct: settings.direct.as_ref().map(Direct::new),
        }
    }

    /// Begins to end every sandbox that is held here.
    pub(crate) fn begin_end(&self) {
        self.direct.iter().for_each(Direct::begin_end);
    }

    /// Ends every sandbox that is held here.
    pub(crate) async fn end(&self) {
        if let Some(direct) = &self.direct {
            direct.end().await;
        }
    }

    /// The direct mode, if this call is its: nobody says which session the call is for.
    pub(super) fn past_platform(&self, tool: Tool, arguments: &Object) -> Option<&Direct> {
        let direct = self.direct.as_ref().filter(|_| !self.sessions.has_own())?;
        let name = arguments.get("sandbox_name");
        let session = self.sessions.of(tool, name, arguments.get("session_id"));
        let is_past = match tool {
            Tool::Provision => session.is_err() || !self.platform.has_base(),
            Tool::Execute | Tool::ReadFile => session.is_err(),
            Tool::Upload => false,
        };
        is_past.then_some(direct)
    }

    /// The session of a call, if the call can be made.
    pub(super) fn session(&self, tool: Tool, arguments: &Object) -> Result<Value, NotMade> {
        let name = arguments.get("sandbox_name");
        let session = self.sessions.of(tool, name, arguments.get("session_id"));
        let takes_argument =
            matches!(tool, Tool::Provision | Tool::Upload) || self.sessions.takes_argument();
        // Q01: the one text blames the session where the address of the platform is missing.
        let told_apart = self.fixes.has("Q01");
        // The server of before looks for the address in one tool alone.
        let asks = self.platform.has_base() || (self.direct.is_some() && tool != Tool::Upload);
        match (session, asks) {
            (_, false) if told_apart => Err(NotMade::Base),
            (Err(Missing::Several), true) => Err(NotMade::Several { takes_argument }),
            (Err(Missing::None), true) if self.names_sandbox(tool, name) => Err(NotMade::Unknown {
                name: name.and_then(Value::as_text).cloned().unwrap_or_default(),
            }),
            (Err(_), _) if told_apart => Err(NotMade::Session { takes_argument }),
            (Err(_), _) if tool == Tool::Upload => Err(NotMade::UploadSession),
            (Ok(_), false) if tool == Tool::Upload => Err(NotMade::UploadBase),
            (Err(_), _) | (_, false) => Err(NotMade::NoSessionOrBase),
            (Ok(session), true) => Ok(session),
        }
    }
}

impl Tools {
    /// Whether a call that has no session is told of the sandbox that nobody provisioned here (Q02,
    /// Q08), which is what an agent forgets: the original speaks of the session alone.
    fn names_sandbox(&self, tool: Tool, name: Option<&Value>) -> bool {
        let finds_by_name = match tool {
            Tool::Provision => false,
            Tool::Execute | Tool::ReadFile => true,
            Tool::Upload => self.fixes.has("Q09"),
        };
        let is_named = name.is_some_and(|name| name.as_text().is_some_and(|it| !it.is_empty()));
        finds_by_name && is_named && self.sessions.takes_argument()
    }
}

impl NotMade {
    pub(super) fn answer(self, tool: &str) -> Answer {
        let pass = "Pass session_id from the <lap_session_id> tag in your context";
        let words = match self {
            Self::NoSessionOrBase => {
                format!("no session_id available. {pass} (and ensure LAP_BASE_URL is set).")
            }
            Self::UploadSession => {
                "no session_id (SESSION_ID env not set and none passed)".to_owned()
            }
            Self::UploadBase => "LAP_BASE_URL not set".to_owned(),
            Self::Base => "LAP_BASE_URL is not set. Set it in the environment of the MCP server \
                to the address of the platform."
                .to_owned(),
            Self::Session {
                takes_argument: true,
            } => format!(
                "no session_id. {pass}, or set SESSION_ID in the environment of the MCP server."
            ),
            Self::Session {
                takes_argument: false,
            } => "no session_id. Call provision with \
                session_id first, or set SESSION_ID in the environment of the MCP server."
                .to_owned(),
            Self::Unknown { name } => {
                return Answer::failed(text(&[
                    &tool,
                    &" failed: no sandbox named '",
                    &name,
                    &"' is known to this server. Call provision first; if it was provisioned \
                      elsewhere, pass its session_id from the <lap_session_id> tag in your context.",
                ]));
            }
            Self::Several {
                takes_argument: true,
            } => format!("more than one session has a sandbox of this name. {pass}."),
            Self::Several {
                takes_argument: false,
            } => "more than one session has a sandbox of \
                this name. Set SESSION_ID in the environment of the MCP server."
                .to_owned(),
        };
        Answer::failed(Text::from(format!("{tool} failed: {words}")))
    }
}
