//! `provision`: a sandbox for the session.

use cutover_js::Object;

use super::Tools;
use crate::answer::Answer;
use crate::failure::Failure;
use crate::member;
use crate::session::Tool;

const NAME: &str = "provision";

pub(super) async fn call(tools: &Tools, arguments: &Object) -> Answer {
    let session = match tools.session(Tool::Provision, arguments) {
        Ok(session) => session,
        Err(missing) => return missing.answer(NAME),
    };
    let body = member::body(arguments, &["name", "project_id"]);
    let answered = tools
        .platform
        .post(&session, "/sandbox/provision", body)
        .await;
    let said = answered.and_then(|json| {
        // Kept before the answer is looked at: an answer that breaks leaves the session known.
        if let Some(given) = arguments
            .get("session_id")
            .filter(|given| given.is_truthy())
        {
            tools.sessions.keep(arguments.get("name"), given);
        }
        member::or(&json, "message", "sandbox provisioned")
    });
    said.map_or_else(|failure: Failure| failure.answer(NAME), Answer::said)
}
