//! The session of the image's entrypoint (contract 2.4, 3.1).

use std::sync::Arc;

use crate::daytona::boot::{Command, Session};
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;

/// The id that nobody else may take.
pub(super) const ID: &str = "entrypoint";

/// The id of its one command. The contract does not say it; a client learns it from the session.
pub(super) const COMMAND: &str = "entrypoint_command";

/// What runs where an image names nothing (contract 5.2). The stand-in's snapshots name nothing.
const DEFAULT: &str = "sleep infinity";

/// The entrypoint's session. It begins when it is first asked for, not with the boot: until then
/// nobody can see that it is not there but by looking for its process.
pub(super) async fn session(machine: &Machine) -> Result<Arc<Session>, ToolError> {
    let memory = machine.sandbox.live.of(&machine.boot);
    let _one_begins_it = memory.entrypoint.lock().await;
    if let Some(found) = machine.sandbox.sessions().get(ID).cloned() {
        return Ok(found);
    }
    let session = Session::start(machine, ID.to_owned()).await?;
    session.commands().insert(
        COMMAND.to_owned(),
        Command {
            text: DEFAULT.to_owned(),
            suppress_echo: false,
            exit_code: None,
        },
    );
    session.put(machine, COMMAND, DEFAULT, true).await?;
    let mut sessions = machine.sandbox.sessions();
    sessions.insert(ID.to_owned(), Arc::clone(&session));
    drop(sessions);
    Ok(session)
}
