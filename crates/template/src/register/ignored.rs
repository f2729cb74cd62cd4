//! `.dockerignore`: what of a folder is not sent.

use globset::{GlobBuilder, GlobMatcher};

/// The patterns, in their order; the last that matches decides.
#[derive(Debug, Default)]
pub(crate) struct Ignored {
    patterns: Vec<(bool, GlobMatcher)>,
}

impl Ignored {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Each line that is no pattern, and why.
    pub(crate) fn read(text: &str) -> Result<Self, Vec<(usize, String)>> {
        let mut patterns = Vec::new();
        let mut wrong = Vec::new();
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (is_kept, pattern) = match line.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, line),
            };
            let pattern = pattern.trim_start_matches("./").trim_matches('/');
            if pattern.is_empty() || pattern == "." {
                continue;
            }
            match GlobBuilder::new(pattern).literal_separator(true).build() {
                Ok(glob) => patterns.push((is_kept, glob.compile_matcher())),
                Err(error) => wrong.push((at + 1, error.kind().to_string())),
            }
        }
        if wrong.is_empty() {
            Ok(Self { patterns })
        } else {
            Err(wrong)
        }
    }

    /// Whether a path is left out: a pattern that matches a folder matches all below it.
    pub(crate) fn has(&self, path: &str) -> bool {
        let mut is_ignored = false;
        for (is_kept, pattern) in &self.patterns {
            let mut above = Some(path);
            while let Some(part) = above {
                if pattern.is_match(part) {
                    is_ignored = !is_kept;
                    break;
                }
                above = part.rsplit_once('/').map(|(folder, _)| folder);
            }
        }
        is_ignored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_pattern_decides_and_folders_take_what_is_in_them() {
        let text = "# no\n*.log\n/build\n!build/keep\n**/secret\n";
        let ignored = Ignored::read(text).unwrap();
        for (path, expected) in [
            ("a.log", true),
            ("deep/a.log", false),
            ("build", true),
            ("build/x/y", true),
            ("build/keep", false),
            ("a/b/secret", true),
            ("secret", true),
            ("files", false),
        ] {
            assert_eq!(ignored.has(path), expected, "{path}");
        }
        assert_eq!(Ignored::read("x\n[\n").unwrap_err()[0].0, 2);
    }
}
