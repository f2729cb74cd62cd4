//! `sandbox_state`: ask what state a sandbox is in.

use crate::call::{SandboxRequest, ToolCall};
use crate::scenario::compare_kind::CompareKind;
use crate::scenario::verbs::field::{Compared, Domain, Field};
use crate::scenario::verbs::key::Key;
use crate::scenario::verbs::verb::{Verb, VerbKind};

pub(crate) static VERB: Verb = Verb {
    name: "sandbox_state",
    kind: VerbKind::Life,
    what: "Asks the provider what state a sandbox is in. A sandbox that is not there is `gone`, \
           which is no failure.",
    example: "sandbox_state: other",
    short: Some("sandbox_name"),
    keys: &[Key::SANDBOX],
    fields: &[Field {
        name: "state",
        domain: Domain::Words(&["running", "paused", "stopped", "archived", "error", "gone"]),
        what: "`running`, `paused`, `stopped`, `archived`, `error` or `gone`; a state that leads \
               to one of them counts as that one.",
        compared: Compared::By("$.state", CompareKind::Exact),
    }],
    call: Some(|asked| {
        let request = SandboxRequest::State;
        Ok(ToolCall::sandbox(asked.sandbox()?, request))
    }),
    ..Verb::BLANK
};
