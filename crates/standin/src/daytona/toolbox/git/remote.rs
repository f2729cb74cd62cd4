//! Other repositories: cloned, pulled from, pushed to, named (contract 2.6; remotes as the newer
//! client asks for them).

use serde_json::{Value, json};

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::files::make_all;
use crate::daytona::toolbox::git::branch;
use crate::daytona::toolbox::git::fields::GitFields;
use crate::daytona::toolbox::git::run::Git;
use crate::daytona::toolbox::machine::Machine;

/// `POST /git/clone`.
pub(super) async fn clone(machine: &Machine, fields: &GitFields) -> Result<(), ToolError> {
    let url = fields.required("url", "URL")?;
    let path = machine.resolve(&fields.required("path", "Path")?);
    let (branch, commit) = (fields.name("branch")?, fields.name("commit_id")?);
    if !commit.is_empty() && !branch::looks_like_hash(&commit) {
        return Err(ToolError::bad(format!("invalid commit_id: {commit:?}")));
    }
    let depth = fields.number("depth")?.filter(|depth| *depth > 0);
    let depth = depth.map(|depth| format!("--depth={depth}"));
    let made = make_all(machine, &path, 0o755).await;
    made.map_err(|(at, error)| ToolError::of_file("mkdir", &at, &error))?;
    let (username, password) = (fields.text("username")?, fields.text("password")?);
    let git = Git::at(machine, &path).with_credentials(username, password);
    let mut arguments = Vec::new();
    if fields.flag("insecure_skip_tls")? {
        arguments.extend(["-c", "http.sslVerify=false"]);
    }
    arguments.extend(["clone", "-q"]);
    if !branch.is_empty() {
        arguments.extend(["--single-branch", "--branch", &branch]);
    }
    arguments.extend(depth.as_deref());
    // The folder is the one that git runs in, so its path is no word for git.
    arguments.extend(["--", &url, "."]);
    git.run(&arguments).await?;
    if !commit.is_empty() {
        git.run(&["checkout", "-q", "--detach", &commit, "--"])
            .await?;
    }
    Ok(())
}

/// `POST /git/pull`: only forward, as the daemon pulls.
pub(super) async fn pull(git: &Git<'_>, fields: &GitFields) -> Result<(), ToolError> {
    let (remote, branch) = sides(git, fields).await?;
    git.run(&["pull", "-q", "--ff-only", &remote, &branch])
        .await
        .map(drop)
}

/// `POST /git/push`: one branch, under its own name.
pub(super) async fn push(git: &Git<'_>, fields: &GitFields) -> Result<(), ToolError> {
    let (remote, branch) = sides(git, fields).await?;
    let both = format!("{branch}:{branch}");
    let mut arguments = vec!["push", "-q"];
    if fields.flag("set_upstream")? {
        arguments.push("--set-upstream");
    }
    arguments.extend([remote.as_str(), both.as_str()]);
    git.run(&arguments).await.map(drop)
}

/// The remote and the full name of the branch: those asked for, else `origin` and the present one.
async fn sides(git: &Git<'_>, fields: &GitFields) -> Result<(String, String), ToolError> {
    let (remote, name) = (fields.name("remote")?, fields.name("branch")?);
    let remote = if remote.is_empty() {
        "origin".to_owned()
    } else {
        remote
    };
    let branch = if name.is_empty() {
        branch::current(git).await?
    } else {
        branch::full(&name)
    };
    Ok((remote, branch))
}

/// `GET /git/remotes`: names and addresses, without passwords.
pub(super) async fn list(git: &Git<'_>) -> Result<Value, ToolError> {
    let names = git.run(&["remote"]).await?.line();
    let mut remotes = Vec::new();
    for name in names.lines() {
        let key = format!("remote.{name}.url");
        let said = git.ask(&["config", "--get", &key], b"").await?;
        let url = without_password(&said.line());
        remotes.push(json!({"name": name, "url": url}));
    }
    Ok(json!({"remotes": remotes}))
}

/// `POST /git/remotes`.
pub(super) async fn add(git: &Git<'_>, fields: &GitFields) -> Result<(), ToolError> {
    fields.required("name", "Name")?;
    let name = fields.name("name")?;
    let url = fields.required("url", "URL")?;
    if fields.flag("overwrite")? {
        // One that is not there is as good as removed; anything else fails at the next step.
        git.ask(&["remote", "remove", &name], b"").await?;
    }
    git.run(&["remote", "add", "--", &name, &url]).await?;
    if fields.flag("fetch")? {
        git.run(&["fetch", "-q", &name]).await?;
    }
    Ok(())
}

fn without_password(address: &str) -> String {
    match url::Url::parse(address) {
        Ok(mut url) if url.password().is_some() => match url.set_password(None) {
            Ok(()) => url.to_string(),
            Err(()) => address.to_owned(),
        },
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn passwords_are_not_listed() {
        let cases = [
            ("https://u:p@host/r.git", "https://u@host/r.git"),
            ("https://u@host/r.git", "https://u@host/r.git"),
            ("git@host:o/r.git", "git@host:o/r.git"),
            ("/home/user/bare", "/home/user/bare"),
        ];
        for (address, expected) in cases {
            assert_eq!(without_password(address), expected);
        }
    }
}
