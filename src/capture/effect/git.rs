//! What `git` does.

use super::reach::Effect;

/// The effect of `git` with these arguments.
pub(super) fn effect(arguments: &[String]) -> Effect {
    let mut rest = arguments.iter();
    let mut command = None;
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-C" | "-c" | "--git-dir" | "--work-tree" | "--namespace" => {
                rest.next();
            }
            option if option.starts_with('-') => {}
            other => {
                command = Some(other);
                break;
            }
        }
    }
    let plain: Vec<&str> = rest
        .map(String::as_str)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let first = plain.first().copied().unwrap_or_default();
    match command.unwrap_or_default() {
        "push" if is_here(first) => Effect::changes(),
        name @ ("push" | "send-email" | "send-pack" | "request-pull") => {
            Effect::outside(format!("git {name}"))
        }
        "svn" if first == "dcommit" => Effect::outside("git svn dcommit"),
        "p4" if first == "submit" => Effect::outside("git p4 submit"),
        "lfs" if first == "push" => Effect::outside("git lfs push"),
        "clone" | "fetch" | "pull" if is_here(first) => Effect::changes(),
        name @ ("clone" | "fetch" | "pull" | "ls-remote") => Effect::network(format!("git {name}")),
        "submodule" if plain.contains(&"update") || plain.contains(&"add") => {
            Effect::network("git submodule")
        }
        "status" | "log" | "diff" | "show" | "blame" | "grep" | "ls-files" | "ls-tree"
        | "rev-parse" | "rev-list" | "describe" | "cat-file" | "shortlog" | "reflog"
        | "version" | "help" | "" => Effect::reads(),
        "branch" | "tag" | "remote" | "stash" if first.is_empty() || first == "list" => {
            Effect::reads()
        }
        _ => Effect::changes(),
    }
}

/// Whether a repository lies in the sandbox.
fn is_here(repository: &str) -> bool {
    ["/", "./", "../", "file://"]
        .iter()
        .any(|begin| repository.starts_with(begin))
        || matches!(repository, "." | "..")
}
