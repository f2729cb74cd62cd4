//! Settings, credentials and new repositories, as the newer client asks for them.

use serde_json::{Value, json};

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::files::make_all;
use crate::daytona::toolbox::git::fields::GitFields;
use crate::daytona::toolbox::git::refusal;
use crate::daytona::toolbox::git::run::Git;
use crate::daytona::toolbox::machine::Machine;

/// `GET /git/config?key=&scope=&path=`: the value, or null.
pub(super) async fn get(machine: &Machine) -> Result<Value, ToolError> {
    let param = |name: &str| machine.asked.param(name).unwrap_or_default();
    let (key, scope, path) = (param("key"), param("scope"), param("path"));
    if key.is_empty() {
        return Err(ToolError::bad("key is required"));
    }
    check_key(&key)?;
    let (git, scope) = scoped(machine, &scope, &path)?;
    let said = git
        .ask(&["config", scope, "-z", "--get", &key], b"")
        .await?;
    let value = match said.code {
        0 => {
            let text = String::from_utf8_lossy(&said.stdout).into_owned();
            Value::String(text.trim_end_matches('\0').to_owned())
        }
        // Git says 1 when there is no such key or no such file.
        1 => Value::Null,
        _ => return Err(refusal::of(&said)),
    };
    Ok(json!({"value": value}))
}

/// `POST /git/config`.
pub(super) async fn set(machine: &Machine, fields: &GitFields) -> Result<(), ToolError> {
    let key = fields.required("key", "Key")?;
    let value = fields.text("value")?;
    check_key(&key)?;
    put(machine, fields, &[(&key, &value)]).await
}

/// `POST /git/config/user`.
pub(super) async fn set_user(machine: &Machine, fields: &GitFields) -> Result<(), ToolError> {
    let name = fields.required("name", "Name")?;
    let email = fields.required("email", "Email")?;
    put(
        machine,
        fields,
        &[("user.name", &name), ("user.email", &email)],
    )
    .await
}

async fn put(
    machine: &Machine,
    fields: &GitFields,
    settings: &[(&str, &str)],
) -> Result<(), ToolError> {
    let (scope, path) = (fields.text("scope")?, fields.text("path")?);
    let (git, scope) = scoped(machine, &scope, &path)?;
    for (key, value) in settings {
        git.run(&["config", scope, key, value]).await?;
    }
    Ok(())
}

/// `POST /git/credentials`: kept by git's own store in the home folder, as the daemon keeps them.
pub(super) async fn keep_credentials(
    machine: &Machine,
    fields: &GitFields,
) -> Result<(), ToolError> {
    let username = fields.required("username", "Username")?;
    let password = fields.required("password", "Password")?;
    let or = |given: String, default: &str| {
        if given.is_empty() {
            default.to_owned()
        } else {
            given
        }
    };
    let host = or(fields.text("host")?, "github.com");
    let protocol = or(fields.text("protocol")?, "https");
    let lines = [
        ("protocol", &protocol),
        ("host", &host),
        ("username", &username),
        ("password", &password),
    ];
    if lines.iter().any(|(_, value)| value.contains('\n')) {
        return Err(ToolError::bad("credentials must not contain a newline"));
    }
    let mut input = String::new();
    for (name, value) in lines {
        input.extend([name, "=", value, "\n"]);
    }
    let git = Git::at(machine, "");
    git.run(&["config", "--global", "credential.helper", "store"])
        .await?;
    let said = git
        .ask(&["credential", "approve"], format!("{input}\n").as_bytes())
        .await?;
    if said.code == 0 {
        return Ok(());
    }
    Err(refusal::of(&said))
}

/// `POST /git/init`.
pub(super) async fn init(machine: &Machine, fields: &GitFields) -> Result<(), ToolError> {
    let path = machine.resolve(&fields.required("path", "Path")?);
    let branch = fields.name("initial_branch")?;
    let bare = fields.flag("bare")?;
    let made = make_all(machine, &path, 0o755).await;
    made.map_err(|(at, error)| ToolError::of_file("mkdir", &at, &error))?;
    let inside = if bare { "HEAD" } else { ".git" };
    let inside = format!("{}/{inside}", path.trim_end_matches('/'));
    let there = machine.engine().stat(&inside, false, machine.who()).await;
    if there.is_ok() {
        return Err(refusal::exists("repository already exists"));
    }
    // The daemon's own git begins with `master` whatever the settings say.
    let branch = if branch.is_empty() { "master" } else { &branch };
    let branch = format!("--initial-branch={branch}");
    let mut arguments = vec!["init", "-q", &branch];
    if bare {
        arguments.push("--bare");
    }
    Git::at(machine, &path).run(&arguments).await.map(drop)
}

/// Git where a scope belongs, and the option that names the scope.
fn scoped<'a>(
    machine: &'a Machine,
    scope: &str,
    path: &str,
) -> Result<(Git<'a>, &'static str), ToolError> {
    match scope {
        "" | "global" => Ok((Git::at(machine, ""), "--global")),
        "system" => Ok((Git::at(machine, ""), "--system")),
        "local" if path.is_empty() => {
            let text = "local config scope requires a repository path";
            Err(ToolError::bad(text))
        }
        "local" => Ok((Git::at(machine, path), "--local")),
        other => {
            let text = "(supported: global, local, system)";
            Err(ToolError::bad(format!(
                "unsupported config scope {other:?} {text}"
            )))
        }
    }
}

fn check_key(key: &str) -> Result<(), ToolError> {
    let section = key.find('.').filter(|at| *at > 0);
    if section.is_none() || key.ends_with('.') || key.starts_with('-') || key.contains('\0') {
        return Err(ToolError::bad(format!(
            "invalid config key {key:?} (expected section.name or section.subsection.name)"
        )));
    }
    Ok(())
}
