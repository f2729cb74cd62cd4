//! What a case asks of a stack: by sides that keep what they are asked, and have sessions.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cutover_base::blob::BlobStore;
use cutover_base::by_side::BySide;
use cutover_base::clock::Clock;
use cutover_base::redact::Redactor;
use cutover_base::side::Side;
use tokio_util::sync::CancellationToken;

use crate::call::tool_call::{HttpBody, SessionCall};
use crate::call::{Outcome, Surface, ToolCall};
use crate::compare::ledger::Ledger;
use crate::compare::verdict::{CaseVerdict, Verdict};
use crate::driver::CallContext;
use crate::plan::{Case, PlanOptions, plan};
use crate::run::conclude::{Judge, subjects};
use crate::run::schedule::play_once;
use crate::run::stage::{OpenSide, Stage, StageError};
use crate::scenario::parse_one;
use crate::scenario::verbs::{ProviderEvent, Restart};
use crate::surface::{Backstage, BackstageError, CallSurface, Lifecycle, Reply};
use crate::transcript::event::StoredSubject;
use crate::transcript::{Ending, StepResult};

/// What the source was asked, and the session that it then had.
type Asked = Arc<Mutex<Vec<String>>>;

#[derive(Debug)]
struct Stack {
    asked: Asked,
    session: Mutex<String>,
}

#[derive(Debug, Default)]
struct Stacks {
    asked: Asked,
    /// Whether there is anything to restart.
    restarts: bool,
}

#[async_trait]
impl Stage for Stacks {
    async fn open(
        &self,
        _case: &Case,
        side: Side,
        _lifecycle: Arc<dyn Lifecycle>,
    ) -> Result<OpenSide, StageError> {
        let asked = match side {
            Side::Source => Arc::clone(&self.asked),
            Side::Target => Asked::default(),
        };
        let stack = Stack {
            asked,
            session: Mutex::new("s-main".to_owned()),
        };
        let backstage: Arc<dyn Backstage> = if self.restarts {
            Arc::new(Restarting {
                asked: Arc::clone(&stack.asked),
            })
        } else {
            Arc::new(Plain)
        };
        Ok(OpenSide {
            surface: Arc::new(stack),
            backstage,
        })
    }
}

#[async_trait]
impl CallSurface for Stack {
    fn surface(&self) -> Surface {
        Surface::Mcp
    }

    async fn call(&self, call: &ToolCall, _cx: &CallContext) -> Reply {
        let shown = match call {
            ToolCall::Session(SessionCall::Use { name }) => {
                *self.session.lock().unwrap() = format!("s-{name}");
                format!("use {name}")
            }
            ToolCall::Sandbox(call) => format!("{:?}", call.request),
            ToolCall::Tool(call) => format!("{} {:?}", call.name, call.arguments),
            ToolCall::Http(request) => match &request.body {
                HttpBody::Json(body) => format!("{} {body}", request.path),
                other => format!("{} {other:?}", request.path),
            },
            other => format!("{other:?}"),
        };
        self.asked.lock().unwrap().push(shown);
        Reply::plain(StepResult::Outcome(Outcome::default().with("text", "ok")))
    }

    async fn home(&self, _cx: &CallContext) -> Result<String, StepResult> {
        Ok("/home/user".to_owned())
    }

    fn sandbox_id(&self, name: &str) -> Option<String> {
        // A raw call has made it.
        let made = self
            .asked
            .lock()
            .unwrap()
            .iter()
            .any(|call| call.starts_with("provision"));
        made.then(|| format!("id-of-{name}"))
    }

    fn session_id(&self) -> Option<String> {
        Some(self.session.lock().unwrap().clone())
    }

    async fn close(&self, _cx: &CallContext) -> Ending {
        Ending::Clean
    }
}

/// The other hand on a side that has nothing to restart.
#[derive(Debug)]
struct Plain;

#[derive(Debug)]
struct Restarting {
    asked: Asked,
}

/// A side behind whose scenes nothing happens, apart from what is said.
macro_rules! backstage {
    ($name:ident { $($own:tt)* }) => {
        #[async_trait]
        impl Backstage for $name {
            $($own)*

            async fn event(
                &self,
                _sandbox: &str,
                _event: ProviderEvent,
                _cx: &CallContext,
            ) -> Result<Outcome, BackstageError> {
                Ok(Outcome::default())
            }

            async fn advance(&self, _by: Duration) -> Result<(), BackstageError> {
                Ok(())
            }

            async fn fault(&self, _spec: &str) -> Result<(), BackstageError> {
                Ok(())
            }

            async fn close(&self) {}
        }
    };
}

backstage!(Plain {});

backstage!(Restarting {
    async fn restart(&self, what: &Restart, _cx: &CallContext) -> Result<Outcome, BackstageError> {
        self.asked.lock().unwrap().push(format!("{what:?}"));
        Ok(Outcome::default())
    }
});

/// Plays a scenario at surface mcp; gives the verdict and what the source was asked.
async fn played(stage: Stacks, text: &str) -> (CaseVerdict, Vec<String>) {
    let scenario = Arc::new(parse_one("a/b", Path::new("b.yaml"), text).unwrap());
    let options = PlanOptions {
        surfaces: Surface::ALL.to_vec(),
        ..PlanOptions::default()
    };
    let cases = plan(&[scenario], &options).unwrap().cases;
    let asked = Arc::clone(&stage.asked);
    let dir = tempfile::tempdir().unwrap();
    let stored = StoredSubject::default();
    let verdict = play_once(
        &cases[0],
        Arc::new(stage),
        dir.path(),
        BlobStore::new(dir.path().join("blobs"), Redactor::noop()),
        Judge {
            ledger: Ledger::default(),
            subjects: subjects(BySide::from_fn(|_| &stored), None, Vec::new()),
            now: Clock::new().now(),
        },
        Clock::new(),
        CancellationToken::new(),
    )
    .await
    .unwrap();
    let asked = asked.lock().unwrap().clone();
    (verdict, asked)
}

#[tokio::test]
async fn the_session_of_a_call_is_the_one_that_is_used_then() {
    let text = "why: x\nsurfaces: [mcp]\nprovision: none\nsteps:\n\
        \x20 - call_tool: { name: a, arguments: { id: '${{ session }}' } }\n\
        \x20 - create_session: { as: second }\n\
        \x20 - call_tool: { name: b, arguments: '${{ session }}' }\n\
        \x20 - use_session: second\n\
        \x20 - call_tool: { name: c, arguments: '${{ session }}' }\n\
        \x20 - restart_mcp: { env: { SESSION_ID: '${{ session }}', OTHER: null } }\n\
        \x20 - use_session: main\n\
        \x20 - restart_platform: { env: { S: '${{ session }}' } }\n\
        \x20 - switch: {}\n";
    let stage = Stacks {
        restarts: true,
        ..Stacks::default()
    };
    let (verdict, asked) = played(stage, text).await;
    assert_eq!(verdict.verdict, Verdict::Identical, "{}", verdict.reason);
    let wanted = [
        "a Some(Object {\"id\": String(\"s-main\")})",
        "Session(Create { name: \"second\", status: None, agent: None })",
        "b Some(String(\"s-main\"))",
        "use second",
        "c Some(String(\"s-second\"))",
        "Mcp { env: {\"SESSION_ID\": Some(\"s-second\"), \"OTHER\": None} }",
        "use main",
        "Platform { env: {\"S\": Some(\"s-main\")} }",
        "Switch",
    ];
    assert_eq!(asked, wanted);
}

#[tokio::test]
async fn where_nothing_can_be_restarted_the_case_is_unsupported() {
    for (step, told) in [
        (
            "restart_mcp: {}",
            "nothing here has an MCP server to restart",
        ),
        (
            "restart_platform: {}",
            "nothing here has a platform to restart",
        ),
        (
            "switch: {}",
            "nothing here has a platform whose provider could be another",
        ),
    ] {
        let text = format!("why: x\nsurfaces: [mcp]\nsteps:\n  - {step}\n");
        let (verdict, _) = played(Stacks::default(), &text).await;
        assert_eq!(verdict.verdict, Verdict::Unsupported, "{step}");
        assert!(verdict.reason.contains(told), "{}", verdict.reason);
    }
}

#[tokio::test]
async fn the_id_of_a_sandbox_that_a_raw_call_made_is_known() {
    let text = "why: x\nsurfaces: [mcp]\nsteps:\n\
        \x20 - call_tool: { name: provision, arguments: { name: box } }\n\
        \x20 - call_tool: { name: a, arguments: '${{ sandbox.box }}' }\n";
    let (verdict, asked) = played(Stacks::default(), text).await;
    assert_eq!(verdict.verdict, Verdict::Identical, "{}", verdict.reason);
    assert_eq!(asked[1], "a Some(String(\"id-of-box\"))");
    let never = "why: x\nsurfaces: [mcp]\nsteps:\n  - call_tool: { name: a, arguments: '${{ sandbox.box }}' }\n";
    let (verdict, asked) = played(Stacks::default(), never).await;
    assert_eq!(verdict.verdict, Verdict::NotReached);
    assert!(asked.is_empty(), "{asked:?}");
}
