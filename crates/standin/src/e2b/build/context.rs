//! As whom, where and with what commands run, and what identifies a layer.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::e2b::template::{DEFAULT_USER, Defaults};
use crate::engine::{Account, EngineSandbox};

/// The folders of programs that every `PATH` has (contract 7.2).
const PATH_FOLDERS: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// As whom, where and with what commands run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Context {
    /// The account.
    pub(crate) user: String,
    /// The folder.
    pub(crate) work_dir: String,
    /// The variables that `ENV` and the image set.
    pub(crate) env: BTreeMap<String, String>,
}

impl Context {
    /// What a build begins with, on an image with these variables.
    pub(super) fn new(env: BTreeMap<String, String>) -> Self {
        Self {
            user: DEFAULT_USER.to_owned(),
            work_dir: format!("/home/{DEFAULT_USER}"),
            env,
        }
    }

    /// What a build begins with whose template has these.
    pub(super) fn of_template(defaults: &Defaults) -> Self {
        let home = format!("/home/{}", defaults.user);
        Self {
            user: defaults.user.clone(),
            work_dir: defaults.work_dir.clone().unwrap_or(home),
            env: BTreeMap::new(),
        }
    }

    /// What its sandboxes do as they are told nothing.
    pub(crate) fn defaults(&self) -> Defaults {
        Defaults {
            user: self.user.clone(),
            work_dir: Some(self.work_dir.clone()),
        }
    }

    /// Sets a variable; a `PATH` keeps the folders of every system.
    pub(super) fn set(&mut self, name: &str, value: String) {
        let mut value = value;
        if name == "PATH" {
            for folder in PATH_FOLDERS {
                if !value.split(':').any(|had| had == folder) {
                    value.push(':');
                    value.push_str(folder);
                }
            }
        }
        self.env.insert(name.to_owned(), value);
    }

    /// An absolute path of one that may be relative to the work dir.
    pub(super) fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("{}/{path}", self.work_dir.trim_end_matches('/'))
        }
    }

    /// The whole environment of a command of this account.
    pub(crate) fn environment(&self, account: &Account) -> BTreeMap<String, String> {
        let mut env: BTreeMap<String, String> = [
            ("PATH", PATH_FOLDERS.join(":")),
            ("HOME", account.home.clone()),
            ("USER", account.name.clone()),
            ("LOGNAME", account.name.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        env.extend(self.env.clone());
        env
    }
}

/// The account of a name.
///
/// # Errors
/// In words, when there is none.
pub(crate) async fn account(engine: &dyn EngineSandbox, name: &str) -> Result<Account, String> {
    let accounts = engine.accounts().await.map_err(|error| error.to_string())?;
    let found = accounts.into_iter().find(|account| account.name == name);
    found.ok_or_else(|| format!("there is no user '{name}'"))
}

/// Identifies a layer: what it lies upon, and what was done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key(String);

impl Key {
    /// The key of a base.
    pub(super) fn of_base(base: &str) -> Self {
        Self::hash(&["base", base])
    }

    /// The key of what a step makes of this.
    pub(super) fn then(&self, step: &str) -> Self {
        Self::hash(&[&self.0, step])
    }

    /// As much of it as the log shows.
    pub(super) fn shown(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }

    fn hash(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            // With its length, so that no two lists of parts read the same.
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part.as_bytes());
        }
        let digest: Vec<String> = digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(digest.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_the_folders_of_every_system() {
        let mut context = Context::new(BTreeMap::new());
        context.set("PATH", "/opt/x:/usr/bin".to_owned());
        let path = &context.env["PATH"];
        assert_eq!(
            path,
            "/opt/x:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin"
        );
        assert_eq!(context.absolute("a"), "/home/user/a");
        assert_eq!(context.absolute("/a"), "/a");
    }

    #[test]
    fn a_key_tells_what_lies_below_and_what_was_done() {
        let base = Key::of_base("a");
        assert_eq!(base.then("b"), Key::of_base("a").then("b"));
        assert_ne!(base.then("b"), Key::of_base("ab").then(""));
        assert_ne!(base.then("b").then("c"), base.then("c").then("b"));
        assert_eq!(base.shown().len(), 12);
    }
}
