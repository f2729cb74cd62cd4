//! Globs on case ids.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// A set of globs. `*` crosses `/`; a pattern without wildcards names a case, a scenario on all
/// its surfaces, or a folder of them.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    globs: GlobSet,
}

impl Selection {
    /// Reads patterns.
    ///
    /// # Errors
    /// The first pattern that is no glob, and why.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, (String, String)> {
        let mut builder = GlobSetBuilder::new();
        for pattern in patterns {
            let trimmed = pattern.trim_end_matches('/');
            for form in [trimmed.to_owned(), format!("{trimmed}/**")] {
                let glob = GlobBuilder::new(&form)
                    .literal_separator(false)
                    .backslash_escape(true)
                    .build()
                    .map_err(|error| (pattern.clone(), error.kind().to_string()))?;
                builder.add(glob);
            }
        }
        let globs = builder
            .build()
            .map_err(|error| (patterns.join(", "), error.to_string()))?;
        Ok(Self { globs })
    }

    /// Whether a case's id, or the id without its surface, is in the set.
    pub(crate) fn holds(&self, case: &str) -> bool {
        let without_surface = case.split_once('/').map_or(case, |(_, rest)| rest);
        self.globs.is_match(case) || self.globs.is_match(without_surface)
    }
}
