//! Branches: listed, made, removed, checked out (contract 2.6).

use serde_json::{Value, json};

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::git::refusal;
use crate::daytona::toolbox::git::run::Git;

/// All branches by name, and the one that is checked out; empty when none is.
pub(super) async fn list(git: &Git<'_>) -> Result<Value, ToolError> {
    let listed = git
        .run(&["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"])
        .await?;
    let listed = listed.line();
    let branches: Vec<&str> = listed.lines().collect();
    let current = git
        .ask(&["symbolic-ref", "--short", "-q", "HEAD"], b"")
        .await?;
    Ok(json!({"branches": branches, "current": current.line()}))
}

/// Makes a branch and checks it out, as the daemon does.
pub(super) async fn create(git: &Git<'_>, name: &str) -> Result<(), ToolError> {
    git.run(&["checkout", "-b", name]).await.map(drop)
}

/// Removes a branch, merged or not, checked out or not, as the daemon does.
pub(super) async fn remove(git: &Git<'_>, name: &str) -> Result<(), ToolError> {
    if !exists(git, name).await? {
        return Err(refusal::no_reference());
    }
    let reference = full(name);
    git.run(&["update-ref", "-d", &reference]).await.map(drop)
}

/// Checks out a branch of this repository, or a commit by its hash; nothing else is guessed.
pub(super) async fn checkout(git: &Git<'_>, name: &str) -> Result<(), ToolError> {
    if exists(git, name).await? {
        return git.run(&["checkout", name, "--"]).await.map(drop);
    }
    if !looks_like_hash(name) {
        return Err(refusal::no_reference());
    }
    git.run(&["checkout", "--detach", name, "--"])
        .await
        .map(drop)
}

/// The full name of the branch that is checked out.
pub(super) async fn current(git: &Git<'_>) -> Result<String, ToolError> {
    Ok(git.run(&["symbolic-ref", "HEAD"]).await?.line())
}

/// The full name of a branch.
pub(super) fn full(name: &str) -> String {
    format!("refs/heads/{name}")
}

/// Whether a text may be the hash of a commit.
pub(super) fn looks_like_hash(name: &str) -> bool {
    (4..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

async fn exists(git: &Git<'_>, name: &str) -> Result<bool, ToolError> {
    let reference = full(name);
    let said = git
        .ask(&["show-ref", "--verify", "--quiet", &reference], b"")
        .await?;
    match said.code {
        0 => Ok(true),
        1 => Ok(false),
        _ => Err(refusal::of(&said)),
    }
}
