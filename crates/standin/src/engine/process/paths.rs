//! Which sandbox paths lie below the temporary folder.

use std::path::{Path, PathBuf};

/// Folders that a sandbox has for itself; all other paths are the host's.
pub(super) const OWN_FOLDERS: [&str; 4] = ["/home/user", "/root", "/var/tmp", "/tmp"];

/// Maps between sandbox and host paths.
#[derive(Debug, Clone)]
pub(super) struct PathMap {
    root: PathBuf,
}

impl PathMap {
    /// Maps below `root`, which must be canonical.
    pub(super) const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The host path of a sandbox path.
    pub(super) fn to_host(&self, path: &str) -> String {
        let ours = OWN_FOLDERS.iter().any(|folder| is_within(path, folder));
        if !ours {
            return path.to_owned();
        }
        format!("{}{path}", self.root.display())
    }

    /// The sandbox path of a host path.
    pub(super) fn to_sandbox(&self, path: &str) -> String {
        let root = self.root.to_string_lossy();
        match path.strip_prefix(root.as_ref()) {
            Some("") => "/".to_owned(),
            Some(rest) if rest.starts_with('/') => rest.to_owned(),
            _ => path.to_owned(),
        }
    }

    /// The temporary folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }
}

fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_own_folders_and_leaves_the_rest() {
        let map = PathMap::new(PathBuf::from("/t/x"));
        for (sandbox, host) in [
            ("/home/user", "/t/x/home/user"),
            ("/home/user/a b", "/t/x/home/user/a b"),
            ("/tmp/f", "/t/x/tmp/f"),
            ("/root", "/t/x/root"),
            ("/var/tmp/f", "/t/x/var/tmp/f"),
            ("/home/username", "/home/username"),
            ("/tmpfile", "/tmpfile"),
            ("/usr/bin/env", "/usr/bin/env"),
            ("relative", "relative"),
        ] {
            assert_eq!(map.to_host(sandbox), host);
            assert_eq!(map.to_sandbox(host), sandbox);
        }
        assert_eq!(map.to_sandbox("/t/xy"), "/t/xy");
    }
}
