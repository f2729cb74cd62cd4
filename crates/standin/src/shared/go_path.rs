//! Paths as Go's packages `path` and `path/filepath` read them.

/// Go's `path.Clean` of an absolute path.
pub(crate) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Go's `path.Base`.
pub(crate) fn base(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" if path.is_empty() => ".",
        "" => "/",
        trimmed => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

/// Go's `path.Dir` of an absolute path.
pub(crate) fn dir(path: &str) -> String {
    clean(path.rsplit_once('/').map_or("/", |(dir, _)| dir))
}

/// The path of an entry of a directory.
pub(crate) fn join(dir: &str, name: &str) -> String {
    clean(&format!("{dir}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_parents_are_gos() {
        for (path, name, parent) in [
            ("/tmp/a/../b/", "b", "/tmp/b"),
            ("/", "/", "/"),
            ("/x", "x", "/"),
            ("/a/b", "b", "/a"),
        ] {
            assert_eq!(base(path), name, "{path}");
            assert_eq!(dir(path), parent, "{path}");
        }
        for (path, name) in [("/a/b", "b"), ("/a/b/", "b"), ("x", "x"), ("", ".")] {
            assert_eq!(base(path), name, "{path}");
        }
        assert_eq!(clean("//a/./b/../../../c/"), "/c");
        assert_eq!(join("/a/b", "../c"), "/a/c");
    }
}
