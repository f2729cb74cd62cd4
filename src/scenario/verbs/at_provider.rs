//! `at_provider`: what happens to a sandbox behind the agent's back.

use crate::call::{Provider, Surface};
use crate::scenario::verbs::field::{Compared, Domain, Field};
use crate::scenario::verbs::harness::{HarnessAction, ProviderEvent};
use crate::scenario::verbs::key::{Key, Kind, When};
use crate::scenario::verbs::verb::{Verb, VerbKind};

pub(crate) static VERB: Verb = Verb {
    name: "at_provider",
    kind: VerbKind::Harness,
    what: "Lets something happen to a sandbox at the provider, behind the agent's back, or lists \
           the account's sandboxes.",
    example: "at_provider: { do: kill, sandbox: other }",
    surfaces: &[Surface::Mcp, Surface::Platform, Surface::Provider],
    short: Some("do"),
    keys: &[
        Key::optional(
            "sandbox",
            Kind::Sandbox,
            "The sandbox that it happens to.",
            "other",
        )
        .default("main")
        // A list is of the account, not of a sandbox.
        .when(When::Unless("do", "list")),
        Key::required(
            "do",
            Kind::Word(
                "event",
                &["kill", "delete", "stop", "pause", "expire", "list"],
            ),
            "What happens: `kill` is the machine's crash and `expire` the end of its time, which \
             only a stand-in can bring about; `delete` deletes it, `stop` is Daytona's, `pause` is \
             E2B's.",
            "kill",
        )
        .words(&[("stop", &[Provider::Daytona]), ("pause", &[Provider::E2b])])
        .at_standins(&["kill", "expire"]),
    ],
    fields: &[Field {
        name: "entries",
        domain: Domain::Json,
        what: "Of `list`: the account's sandboxes, `name` and `kind` each.",
        compared: Compared::No("not compared for this verb unless the step says so"),
    }],
    harness: Some(|written| {
        let event = match written.word("do")? {
            "kill" => ProviderEvent::Kill,
            "delete" => ProviderEvent::Delete,
            "stop" => ProviderEvent::Stop,
            "pause" => ProviderEvent::Pause,
            "expire" => ProviderEvent::Expire,
            _ => ProviderEvent::List,
        };
        let sandbox = written.text("sandbox")?.clone();
        Some(HarnessAction::AtProvider { sandbox, event })
    }),
    ..Verb::BLANK
};
