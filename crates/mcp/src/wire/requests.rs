//! What the requests that the server knows must look like.
//!
//! The order of members is that in which the original's library checks them, and so tells what is
//! wrong with them.

use cutover_js::Value;

use super::issue::{Issue, Step};
use super::shape::{self, Member, Shape, needed, optional};

/// What asks for a task, with its lifetime.
pub(super) const TASK: Shape = Shape::Object(&[optional("ttl", Shape::Number)]);

const CALL: Shape = Shape::Object(&[
    optional("task", TASK),
    needed("name", Shape::Text),
    optional("arguments", Shape::Record(None)),
]);

const PAGE: Shape = Shape::Object(&[optional("cursor", Shape::Text)]);

const INITIALIZE: Shape = Shape::Object(&[
    needed("protocolVersion", Shape::Text),
    needed("capabilities", CAPABILITIES),
    needed("clientInfo", CLIENT),
]);

const CAPABILITIES: Shape = Shape::Object(&[
    optional("experimental", Shape::Record(Some(&Shape::Structure))),
    optional(
        "sampling",
        Shape::Object(&[
            optional("context", Shape::Structure),
            optional("tools", Shape::Structure),
        ]),
    ),
    optional(
        "elicitation",
        Shape::Both(&ELICITATION, &Shape::Record(None)),
    ),
    optional(
        "roots",
        Shape::Object(&[optional("listChanged", Shape::Flag)]),
    ),
    optional("tasks", TASKS),
    optional("extensions", Shape::Record(Some(&Shape::Structure))),
]);

const ELICITATION: Shape = Shape::Object(&[
    optional("form", Shape::Both(&FORM, &Shape::Record(None))),
    optional("url", Shape::Structure),
]);

const FORM: Shape = Shape::Object(&[optional("applyDefaults", Shape::Flag)]);

const TASKS: Shape = Shape::Object(&[
    optional("list", Shape::Structure),
    optional("cancel", Shape::Structure),
    optional(
        "requests",
        Shape::Object(&[
            optional(
                "sampling",
                Shape::Object(&[optional("createMessage", Shape::Structure)]),
            ),
            optional(
                "elicitation",
                Shape::Object(&[optional("create", Shape::Structure)]),
            ),
        ]),
    ),
]);

const CLIENT: Shape = Shape::Object(&[
    needed("name", Shape::Text),
    optional("title", Shape::Text),
    optional("icons", Shape::List(&Shape::Object(ICON))),
    needed("version", Shape::Text),
    optional("websiteUrl", Shape::Text),
    optional("description", Shape::Text),
]);

const ICON: &[Member] = &[
    needed("src", Shape::Text),
    optional("mimeType", Shape::Text),
    optional("sizes", Shape::List(&Shape::Text)),
    optional("theme", Shape::Choice(&["light", "dark"])),
];

/// A request that the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Initialize,
    Ping,
    ListTools,
    CallTool,
}

impl Method {
    /// The method of this name, if the server has it.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "initialize" => Some(Self::Initialize),
            "ping" => Some(Self::Ping),
            "tools/list" => Some(Self::ListTools),
            "tools/call" => Some(Self::CallTool),
            _ => None,
        }
    }

    /// What is wrong with the parameters of a request of this method.
    pub(super) fn issues(self, params: Option<&Value>) -> Vec<Issue> {
        let (needed, shape) = match self {
            Self::Initialize => (true, &INITIALIZE),
            Self::Ping => (false, &Shape::Object(&[])),
            Self::ListTools => (false, &PAGE),
            Self::CallTool => (true, &CALL),
        };
        if params.is_none() && !needed {
            return Vec::new();
        }
        shape::issues(shape, params, &[Step::Key("params".to_owned())])
    }
}
