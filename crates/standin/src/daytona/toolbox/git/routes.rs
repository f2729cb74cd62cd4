//! Which request is which operation of a repository (contract 2.6).

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use crate::daytona::reply::empty;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::git::fields::GitFields;
use crate::daytona::toolbox::git::run::Git;
use crate::daytona::toolbox::git::{branch, commit, config, remote, status, undo};
use crate::daytona::toolbox::machine::Machine;

/// Answers a request below `/git`.
pub(in crate::daytona::toolbox) async fn answer(
    machine: &Machine,
    method: &str,
    rest: &[&str],
    body: Body,
) -> Result<Response, ToolError> {
    match method {
        "GET" => {
            let told = tell(machine, rest).await?;
            Ok(machine.json(StatusCode::OK, told))
        }
        "POST" if matches!(rest, ["commit"]) => {
            let fields = GitFields::read("GitCommitRequest", body).await?;
            let made = make_commit(machine, &fields).await?;
            Ok(machine.json(StatusCode::OK, made))
        }
        "POST" | "DELETE" => change(machine, method, rest, body).await.map(empty),
        _ => Err(ToolError::NoRoute),
    }
}

async fn tell(machine: &Machine, rest: &[&str]) -> Result<Value, ToolError> {
    let path = || {
        let path = machine.asked.param("path").filter(|path| !path.is_empty());
        path.ok_or_else(|| ToolError::bad("path is required"))
    };
    match rest {
        ["status"] => status::status(&Git::at(machine, &path()?)).await,
        ["branches"] => branch::list(&Git::at(machine, &path()?)).await,
        ["history"] => commit::history(&Git::at(machine, &path()?)).await,
        ["remotes"] => remote::list(&Git::at(machine, &path()?)).await,
        ["config"] => config::get(machine).await,
        _ => Err(ToolError::NoRoute),
    }
}

async fn make_commit(machine: &Machine, fields: &GitFields) -> Result<Value, ToolError> {
    let path = fields.required("path", "Path")?;
    let message = fields.required("message", "Message")?;
    let author = fields.required("author", "Author")?;
    let email = fields.required("email", "Email")?;
    let git = Git::at(machine, &path)
        .with_env("GIT_AUTHOR_NAME", author.clone())
        .with_env("GIT_AUTHOR_EMAIL", email.clone())
        .with_env("GIT_COMMITTER_NAME", author)
        .with_env("GIT_COMMITTER_EMAIL", email);
    commit::commit(&git, &message, fields.flag("allow_empty")?).await
}

/// Does what has no answer but its status.
async fn change(
    machine: &Machine,
    method: &str,
    rest: &[&str],
    body: Body,
) -> Result<StatusCode, ToolError> {
    let (of, done) = match (method, rest) {
        ("POST", ["clone"]) => ("GitCloneRequest", StatusCode::OK),
        ("POST", ["branches"]) => ("GitBranchRequest", StatusCode::CREATED),
        ("DELETE", ["branches"]) => ("GitDeleteBranchRequest", StatusCode::NO_CONTENT),
        ("POST", ["checkout"]) => ("GitCheckoutRequest", StatusCode::OK),
        ("POST", ["add"]) => ("GitAddRequest", StatusCode::OK),
        ("POST", ["pull"]) => ("GitPullRequest", StatusCode::OK),
        ("POST", ["push"]) => ("GitPushRequest", StatusCode::OK),
        ("POST", ["config"]) => ("GitSetConfigRequest", StatusCode::OK),
        ("POST", ["config", "user"]) => ("GitConfigureUserRequest", StatusCode::OK),
        ("POST", ["credentials"]) => ("GitAuthenticateRequest", StatusCode::OK),
        ("POST", ["init"]) => ("GitInitRequest", StatusCode::CREATED),
        ("POST", ["remotes"]) => ("GitAddRemoteRequest", StatusCode::CREATED),
        ("POST", ["reset"]) => ("GitResetRequest", StatusCode::OK),
        ("POST", ["restore"]) => ("GitRestoreRequest", StatusCode::OK),
        _ => return Err(ToolError::NoRoute),
    };
    let fields = GitFields::read(of, body).await?;
    match rest {
        ["clone"] => remote::clone(machine, &fields).await?,
        ["config"] => config::set(machine, &fields).await?,
        ["config", "user"] => config::set_user(machine, &fields).await?,
        ["credentials"] => config::keep_credentials(machine, &fields).await?,
        ["init"] => config::init(machine, &fields).await?,
        _ => in_repository(machine, method, rest, &fields).await?,
    }
    Ok(done)
}

async fn in_repository(
    machine: &Machine,
    method: &str,
    rest: &[&str],
    fields: &GitFields,
) -> Result<(), ToolError> {
    let path = fields.required("path", "Path")?;
    let (username, password) = (fields.text("username")?, fields.text("password")?);
    let git = Git::at(machine, &path).with_credentials(username, password);
    match rest {
        ["branches"] => {
            fields.required("name", "Name")?;
            let name = fields.name("name")?;
            if method == "DELETE" {
                branch::remove(&git, &name).await
            } else {
                branch::create(&git, &name).await
            }
        }
        ["checkout"] => {
            fields.required("branch", "Branch")?;
            branch::checkout(&git, &fields.name("branch")?).await
        }
        ["add"] => commit::add(&git, &fields.list("files")?).await,
        ["pull"] => remote::pull(&git, fields).await,
        ["push"] => remote::push(&git, fields).await,
        ["remotes"] => remote::add(&git, fields).await,
        ["reset"] => undo::reset(&git, fields).await,
        ["restore"] => undo::restore(&git, fields).await,
        _ => Err(ToolError::NoRoute),
    }
}
