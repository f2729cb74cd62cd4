//! Reads what a session's commands left in their folders.

use tokio::io::AsyncReadExt as _;

use crate::daytona::boot::{Command, Session};
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;

/// Longer than any exit code with its newline.
const EXIT_CODE_BYTES_MAX: u64 = 32;

/// A command as it stands now: its exit code is looked up if it was not known.
pub(super) async fn look_up(
    machine: &Machine,
    session: &Session,
    id: &str,
) -> Result<Command, ToolError> {
    let found = session.commands().get(id).cloned();
    let mut command = found.ok_or_else(|| ToolError::not_found("command not found"))?;
    if command.exit_code.is_none() {
        command.exit_code = exit_code(machine, session, id).await;
        if let Some(known) = session.commands().get_mut(id) {
            known.exit_code = command.exit_code;
        }
    }
    Ok(command)
}

/// What the file says; `None` while there is none, or it is not written yet.
async fn exit_code(machine: &Machine, session: &Session, id: &str) -> Option<i32> {
    let path = format!("{}/exit_code", session.dir_of(id));
    let file = machine.engine().read(&path, machine.who()).await.ok()?;
    let mut text = String::new();
    file.bytes
        .take(EXIT_CODE_BYTES_MAX)
        .read_to_string(&mut text)
        .await
        .ok()?;
    text.strip_suffix('\n')?.parse().ok()
}
