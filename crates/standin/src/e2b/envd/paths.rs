//! Paths as envd resolves them (contract 3.3).

use crate::shared::go_path::clean;

/// A path that names another user's home, which envd cannot expand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ForeignHome {
    /// What envd says of it; the path prints empty there (sic).
    pub(crate) message: String,
}

/// Resolves a path: empty is the template's work dir (without one the home), `~` the home, a relative one is joined
/// to the home and cleaned, an absolute one is taken as it is.
pub(crate) fn resolve(
    path: &str,
    work_dir: Option<&str>,
    home: &str,
    user: &str,
) -> Result<String, ForeignHome> {
    if path.is_empty() {
        return Ok(work_dir.unwrap_or(home).to_owned());
    }
    let expanded = match path.strip_prefix('~') {
        None => path.to_owned(),
        Some("") => home.to_owned(),
        Some(rest) if rest.starts_with('/') => clean(&format!("{home}{rest}")),
        Some(_) => {
            let message = format!(
                "failed to expand path '' for user '{user}': cannot expand user-specific home dir"
            );
            return Err(ForeignHome { message });
        }
    };
    if expanded.starts_with('/') {
        return Ok(expanded);
    }
    Ok(clean(&format!("{home}/{expanded}")))
}

/// Every directory on the way to a path, the path itself last: `/a/b` gives `/a`, `/a/b`.
pub(crate) fn ancestry(path: &str) -> Vec<String> {
    let mut so_far = String::new();
    let mut all = Vec::new();
    for part in clean(path).split('/').filter(|part| !part.is_empty()) {
        so_far.push('/');
        so_far.push_str(part);
        all.push(so_far.clone());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_resolve_as_in_envd() {
        for (path, expected) in [
            ("", "/home/user"),
            ("~", "/home/user"),
            ("~/a", "/home/user/a"),
            ("a/../b", "/home/user/b"),
            ("../x", "/home/x"),
            ("./", "/home/user"),
            ("/tmp/a/../b/", "/tmp/a/../b/"),
        ] {
            let resolved = resolve(path, None, "/home/user", "user");
            assert_eq!(resolved.as_deref(), Ok(expected), "{path}");
        }
        let in_work_dir = |path| resolve(path, Some("/app"), "/home/user", "user").unwrap();
        assert_eq!(in_work_dir(""), "/app");
        assert_eq!(in_work_dir("a"), "/home/user/a", "as envd joins it");
        let foreign = resolve("~root/x", None, "/home/user", "user").unwrap_err();
        assert_eq!(
            foreign.message,
            "failed to expand path '' for user 'user': cannot expand user-specific home dir"
        );
    }

    #[test]
    fn the_way_to_a_path() {
        assert_eq!(ancestry("/a//b/"), ["/a", "/a/b"]);
        assert!(ancestry("/").is_empty());
    }
}
