//! The steps of a build, taken in its sandbox (contract 7.2).

use crate::e2b::build::context::{Context, account};
use crate::e2b::build::copy::{self, Copy, root_environment};
use crate::e2b::build::log::BuildLog;
use crate::e2b::build::recipe::{StepKind, shortened};
use crate::e2b::build::shell::{self, Ended, Stream};
use crate::e2b::build::tarball;
use crate::e2b::build::uploads::Uploads;
use crate::e2b::log::Level;
use crate::engine::{EngineSandbox, Identity, OutputMode, SpawnRequest, StdinMode};

/// What makes programs that fetch things give up at once where there is no network.
const GIVE_UP: [(&str, &str); 8] = [
    ("PIP_RETRIES", "0"),
    ("PIP_DEFAULT_TIMEOUT", "2"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("UV_HTTP_RETRIES", "0"),
    ("CARGO_NET_RETRY", "0"),
    ("npm_config_fetch_retries", "0"),
    ("npm_config_fetch_timeout", "2000"),
    ("npm_config_update_notifier", "false"),
];

/// Makes an account where there is none of that name, and lets it become root if it may.
const USER: &str = r#"set -eu
if ! id -u "$1" >/dev/null 2>&1; then
  if command -v useradd >/dev/null; then useradd -m -s /bin/bash "$1"; else adduser -D "$1"; fi
fi
if [ "$2" = true ]; then
  printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\n' "$1" >>/etc/sudoers
fi
"#;

/// Takes steps in a sandbox, one after the other.
#[derive(Debug)]
pub(super) struct Worker<'a> {
    pub(super) engine: &'a dyn EngineSandbox,
    pub(super) uploads: &'a Uploads,
    pub(super) log: &'a BuildLog,
    /// Why nothing can be fetched, if that is so.
    pub(super) no_network: Option<&'a str>,
    /// Bytes of files that the sandbox may have.
    pub(super) bytes_max: u64,
    /// As whom, where and with what the next step runs.
    pub(super) context: Context,
}

/// A step as the log names it.
#[derive(Debug, Clone)]
pub(super) struct Label {
    /// Its number from 1.
    pub(super) step: String,
    /// `[builder 1/3]`.
    pub(super) prefix: String,
}

impl Worker<'_> {
    /// Takes a step.
    ///
    /// # Errors
    /// In words.
    pub(super) async fn take(&mut self, kind: &StepKind, label: &Label) -> Result<(), String> {
        match kind {
            StepKind::Run { command, user } => self.run(command, user.as_deref(), label).await,
            StepKind::Copy {
                source,
                destination,
                owner,
                mode,
                hash,
            } => {
                let copy = Copy {
                    source,
                    destination,
                    owner: owner.as_deref(),
                    mode: mode.as_deref(),
                };
                let copied = self.copy(copy, hash, label).await;
                copied.map_err(|reason| format!("failed to copy '{source}': {reason}"))
            }
            StepKind::Env(pairs) => self.env(pairs).await,
            StepKind::WorkDir(path) => {
                let path = self.context.absolute(path);
                let made = self.work_dir(&path).await;
                made.map_err(|reason| format!("failed to make '{path}': {reason}"))?;
                self.context.work_dir = path;
                Ok(())
            }
            StepKind::User { name, sudo } => {
                let made = self.user(name, *sudo).await;
                made.map_err(|reason| format!("failed to become '{name}': {reason}"))?;
                name.clone_into(&mut self.context.user);
                Ok(())
            }
        }
    }

    async fn run(&self, command: &str, user: Option<&str>, label: &Label) -> Result<(), String> {
        let account = account(self.engine, user.unwrap_or(&self.context.user)).await?;
        let mut env = self.context.environment(&account);
        if self.no_network.is_some() {
            for (name, value) in GIVE_UP {
                env.entry(name.to_owned())
                    .or_insert_with(|| value.to_owned());
            }
        }
        let request = SpawnRequest {
            argv: ["/bin/bash", "-l", "-c", command].map(str::to_owned).into(),
            env,
            cwd: self.context.work_dir.clone(),
            identity: account.identity(),
            stdin: StdinMode::Closed,
            output: OutputMode::TwoPipes,
            new_group: true,
        };
        let said = |stream, line: &str| {
            let (level, name) = match stream {
                Stream::Out => (Level::Info, "stdout"),
                Stream::Err => (Level::Warn, "stderr"),
            };
            let line = format!("{} [{name}]: {line}", label.prefix);
            self.log.add(level, &label.step, line);
        };
        let shown = shortened(command);
        let ended = shell::run(self.engine, request, None, said).await;
        let ended = ended.map_err(|error| format!("failed to run command '{shown}': {error}"))?;
        if ended == Ended::Code(0) {
            return Ok(());
        }
        let why = self.no_network.map(|why| format!(" ({why})"));
        let (ended, why) = (ended.words(), why.unwrap_or_default());
        Err(format!("failed to run command '{shown}': {ended}{why}"))
    }

    async fn copy(&self, copy: Copy<'_>, hash: &str, label: &Label) -> Result<(), String> {
        let upload = self.uploads.get(hash).ok_or_else(|| {
            format!("nothing was uploaded under the hash {hash}; upload it before the build starts")
        })?;
        let opened = tarball::open(&upload, self.bytes_max).await?;
        for note in &opened.notes {
            let line = format!("{} {note}; it is kept as a link", label.prefix);
            self.log.add(Level::Warn, &label.step, line);
        }
        copy::copy(self.engine, copy, &self.context, &opened).await
    }

    async fn env(&mut self, pairs: &[(String, String)]) -> Result<(), String> {
        for (name, value) in pairs {
            let expanded = if value.contains('$') {
                self.expanded(value).await
            } else {
                Ok(value.clone())
            };
            let expanded = expanded
                .map_err(|reason| format!("failed to set the variable {name}: {reason}"))?;
            self.context.set(name, expanded);
        }
        Ok(())
    }

    /// A value with its variables replaced by a shell, which runs nothing.
    async fn expanded(&self, value: &str) -> Result<String, String> {
        let account = account(self.engine, &self.context.user).await?;
        let quoted = quoted(value);
        let request = SpawnRequest {
            argv: [
                "/bin/bash".to_owned(),
                "-c".to_owned(),
                format!("printf '%s\\n' \"{quoted}\""),
            ]
            .into(),
            env: self.context.environment(&account),
            cwd: "/".to_owned(),
            identity: account.identity(),
            stdin: StdinMode::Closed,
            output: OutputMode::TwoPipes,
            new_group: true,
        };
        let mut lines = Vec::new();
        let said = |_, line: &str| lines.push(line.to_owned());
        let ended = shell::run(self.engine, request, None, said).await;
        match ended.map_err(|error| error.to_string())? {
            Ended::Code(0) => Ok(lines.join("\n")),
            ended => Err(format!("{}: {}", ended.words(), lines.join("; "))),
        }
    }

    /// Makes a folder; those that were missing become the current user's.
    async fn work_dir(&self, path: &str) -> Result<(), String> {
        let account = account(self.engine, &self.context.user).await?;
        let root = Identity::Root;
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1);
        for end in ends.chain([path.len()]) {
            let folder = &path[..end];
            if matches!(folder.rsplit('/').next(), None | Some("" | "." | "..")) {
                continue;
            }
            match self.engine.make_dir(folder, 0o755, &root).await {
                Ok(()) => {}
                Err(error) if error.errno() == Some(libc::EEXIST) => continue,
                Err(error) => return Err(error.to_string()),
            }
            let (uid, gid) = (Some(account.uid), Some(account.gid));
            let owned = self.engine.set_owner(folder, uid, gid, &root).await;
            owned.map_err(|error| error.to_string())?;
        }
        let there = self.engine.stat(path, true, &root).await;
        match there.map_err(|error| error.to_string())?.kind {
            crate::engine::FileKind::Directory => Ok(()),
            _ => Err("it is no folder".to_owned()),
        }
    }

    async fn user(&self, name: &str, sudo: bool) -> Result<(), String> {
        let sudo = if sudo { "true" } else { "" };
        let request = SpawnRequest {
            argv: ["/bin/sh", "-c", USER, "user", name, sudo]
                .map(str::to_owned)
                .into(),
            env: root_environment(),
            cwd: "/".to_owned(),
            identity: Identity::Root,
            stdin: StdinMode::Closed,
            output: OutputMode::TwoPipes,
            new_group: true,
        };
        let mut lines = Vec::new();
        let said = |_, line: &str| lines.push(line.to_owned());
        let ended = shell::run(self.engine, request, None, said).await;
        match ended.map_err(|error| error.to_string())? {
            Ended::Code(0) => account(self.engine, name).await.map(|_| ()),
            ended if lines.is_empty() => Err(ended.words()),
            _ => Err(lines.join("; ")),
        }
    }
}

/// A value for a shell's double quotes, in which variables alone are replaced; `\$` is a dollar.
fn quoted(value: &str) -> String {
    let mut quoted = String::new();
    let mut chars = value.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, chars.peek()) {
            ('\\', Some('$')) => {
                chars.next();
                quoted.push_str("\\$");
            }
            ('$', Some('(')) => quoted.push_str("\\$"),
            ('"' | '`' | '\\', _) => quoted.extend(['\\', char]),
            (char, _) => quoted.push(char),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_replaces_variables_and_runs_nothing() {
        for (value, expected) in [
            ("$HOME/bin:${PATH}", "$HOME/bin:${PATH}"),
            (r"\$b", r"\$b"),
            ("$(id)`id`", r"\$(id)\`id\`"),
            (r"\$(id)", r"\$(id)"),
            (r"say \n $X", r"say \\n $X"),
            ("\"$X\"", "\\\"$X\\\""),
        ] {
            assert_eq!(quoted(value), expected, "{value}");
        }
    }
}
