//! Additions, commits and their history (contract 2.6).

use serde_json::{Value, json};

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::git::refusal;
use crate::daytona::toolbox::git::run::Git;

/// Puts files into the index; `.` is all of them.
pub(super) async fn add(git: &Git<'_>, files: &[String]) -> Result<(), ToolError> {
    let mut arguments = vec!["add", "--"];
    arguments.extend(files.iter().map(String::as_str));
    git.run(&arguments).await.map(drop)
}

/// Commits the index; `git` has the author in its environment. The message is kept as it is.
pub(super) async fn commit(
    git: &Git<'_>,
    message: &str,
    allow_empty: bool,
) -> Result<Value, ToolError> {
    let mut arguments = vec![
        "commit",
        "-q",
        "--no-verify",
        "--cleanup=verbatim",
        "-F",
        "-",
    ];
    if allow_empty {
        arguments.push("--allow-empty");
    }
    let said = git.ask(&arguments, message.as_bytes()).await?;
    if said.code != 0 {
        // Git tells that there is nothing to commit as an answer, not as a complaint.
        if said.code == 1 && said.stderr.is_empty() {
            let text = "cannot create empty commit: clean working tree";
            return Err(ToolError::bare(text));
        }
        return Err(refusal::of(&said));
    }
    let hash = git.run(&["rev-parse", "HEAD"]).await?.line();
    Ok(json!({"hash": hash}))
}

/// All commits below the one that is checked out, the newest first.
pub(super) async fn history(git: &Git<'_>) -> Result<Value, ToolError> {
    let format = "--format=tformat:%H%x1f%an%x1f%ae%x1f%aI%x1f%B";
    let said = git.run(&["log", "-z", format]).await?;
    let text = String::from_utf8_lossy(&said.stdout);
    let commits: Vec<Value> = text.split('\0').filter_map(read).collect();
    Ok(Value::Array(commits))
}

fn read(entry: &str) -> Option<Value> {
    let mut fields = entry.splitn(5, '\x1f');
    let (hash, author) = (fields.next()?, fields.next()?);
    let (email, at, message) = (fields.next()?, fields.next()?, fields.next()?);
    // Go writes the zone of Greenwich as a letter.
    let timestamp = at.replace("+00:00", "Z");
    Some(json!({
        "hash": hash,
        "author": author,
        "email": email,
        "message": message,
        "timestamp": timestamp,
    }))
}
