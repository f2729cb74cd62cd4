//! Resets and restores, as the newer client asks for them.

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::git::fields::GitFields;
use crate::daytona::toolbox::git::run::Git;

/// `POST /git/reset`: `mixed` to the present commit unless the request says otherwise.
pub(super) async fn reset(git: &Git<'_>, fields: &GitFields) -> Result<(), ToolError> {
    let mode = fields.text("mode")?;
    let mode = match mode.as_str() {
        "" | "mixed" => "--mixed",
        "soft" => "--soft",
        "hard" => "--hard",
        "merge" => "--merge",
        "keep" => "--keep",
        other => {
            let text = "(supported: soft, mixed, hard, merge, keep)";
            return Err(ToolError::bad(format!(
                "unsupported reset mode {other:?} {text}"
            )));
        }
    };
    let target = fields.name("target")?;
    let target = if target.is_empty() { "HEAD" } else { &target };
    let files = fields.list("files")?;
    let mut arguments = vec!["reset", "-q"];
    if files.is_empty() {
        arguments.extend([mode, target, "--"]);
        return git.run(&arguments).await.map(drop);
    }
    if mode != "--mixed" {
        // Git knows no such thing; the daemon's own git does not do it either.
        return Err(ToolError::bad("files can only be reset in mixed mode"));
    }
    arguments.extend([target, "--"]);
    arguments.extend(files.iter().map(String::as_str));
    git.run(&arguments).await.map(drop)
}

/// `POST /git/restore`: the working tree unless the request says otherwise.
pub(super) async fn restore(git: &Git<'_>, fields: &GitFields) -> Result<(), ToolError> {
    let files = fields.list("files")?;
    if files.is_empty() {
        return Err(ToolError::bad("at least one path is required"));
    }
    let (staged, worktree) = match (fields.choice("staged")?, fields.choice("worktree")?) {
        (None, None) => (false, true),
        (staged, worktree) => (staged.unwrap_or(false), worktree.unwrap_or(false)),
    };
    let mut arguments = vec!["restore", "-q"];
    if !staged && !worktree {
        let text = "at least one of staged or worktree must be true";
        return Err(ToolError::bad(text));
    }
    if staged {
        arguments.push("--staged");
    }
    if worktree {
        arguments.push("--worktree");
    }
    let source = fields.name("source")?;
    let source = format!("--source={source}");
    if source != "--source=" {
        arguments.push(&source);
    }
    arguments.push("--");
    arguments.extend(files.iter().map(String::as_str));
    git.run(&arguments).await.map(drop)
}
