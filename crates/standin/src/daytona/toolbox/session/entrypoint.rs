//! The session of the image's entrypoint (contract 2.4, 3.1).

use std::sync::Arc;

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::boot::{Command, Session};
use crate::daytona::sandbox::Sandbox;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;

/// The id that nobody else may take.
pub(super) const ID: &str = "entrypoint";

/// The id of its one command. The contract does not say it; a client learns it from the session.
pub(super) const COMMAND: &str = "entrypoint_command";

/// What runs where neither snapshot nor image names anything (contract 5.2).
const DEFAULT: &str = "sleep infinity";

/// Runs what the snapshot, else the image, names, as the daemon does at every start (contract 3.1).
/// Nobody waits for it: a first command may come before what it starts is there.
pub(in crate::daytona) fn begin_entrypoint(app: &Arc<App>, sandbox: &Arc<Sandbox>) {
    if named(app, sandbox).is_none() {
        return;
    }
    let machine = Machine {
        app: Arc::clone(app),
        sandbox: Arc::clone(sandbox),
        asked: Arc::new(Asked::by_nobody()),
        boot: sandbox.boot(),
        _in_use: None,
    };
    app.tasks.background(async move {
        let boot = machine.boot.clone();
        // One that cannot be started shows in its session's log, or by not being there.
        let _begun = boot.run_until_cancelled(session(&machine)).await;
    });
}

/// The words that snapshot or image name.
fn named(app: &App, sandbox: &Sandbox) -> Option<Vec<String>> {
    let own = sandbox.fixed.entrypoint.clone();
    let words = own.or_else(|| match sandbox.image() {
        Some(image) if image.built.is_some() || app.image.is_none() => image.entrypoint.clone(),
        _ => app
            .image
            .as_ref()
            .and_then(|image| image.entrypoint.clone()),
    });
    words.filter(|words| !words.is_empty())
}

/// The words as a command for a shell.
fn command(words: &[String]) -> String {
    let plain = |word: &str| {
        let ordinary = |c: char| c.is_ascii_alphanumeric() || "/._-=:,+@%".contains(c);
        !word.is_empty() && word.chars().all(ordinary)
    };
    let quoted = words.iter().map(|word| {
        if plain(word) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// The entrypoint's session. One that names nothing begins when it is first asked for, not with the
/// boot: until then nobody can see that it is not there but by looking for its process.
pub(super) async fn session(machine: &Machine) -> Result<Arc<Session>, ToolError> {
    let memory = machine.sandbox.live.of(&machine.boot);
    let _one_begins_it = memory.entrypoint.lock().await;
    if let Some(found) = machine.sandbox.sessions().get(ID).cloned() {
        return Ok(found);
    }
    let text = named(&machine.app, &machine.sandbox);
    let text = text.map_or_else(|| DEFAULT.to_owned(), |words| command(&words));
    let session = Session::start(machine, ID.to_owned()).await?;
    session.commands().insert(
        COMMAND.to_owned(),
        Command {
            text: text.clone(),
            suppress_echo: false,
            exit_code: None,
        },
    );
    session.put(machine, COMMAND, &text, true).await?;
    let mut sessions = machine.sandbox.sessions();
    sessions.insert(ID.to_owned(), Arc::clone(&session));
    drop(sessions);
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words_for_the_shell() {
        for (words, text) in [
            (
                vec!["/usr/local/bin/entrypoint"],
                "/usr/local/bin/entrypoint",
            ),
            (vec!["serve", "-v", ""], "serve -v ''"),
            (
                vec!["sh", "-c", "echo it's $HOME"],
                r"sh -c 'echo it'\''s $HOME'",
            ),
        ] {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            assert_eq!(command(&words), text);
        }
    }
}
