//! Which cases a shape is about.

use crate::call::Surface;

/// An exact case id, or one with `*` for any characters: for points of a matrix
/// (`provider/files/roundtrip/size=*`), or for many cases (`provider/mine/**`). The surface is
/// written out, but for `**` and what begins with it, which is about every surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePattern {
    text: String,
    surface: Option<Surface>,
}

impl CasePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it does not begin with a surface and a slash, or names nothing below it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let surface = Surface::ALL
            .into_iter()
            .find(|surface| text.split('/').next() == Some(surface.name()));
        match (surface, text.split_once('/')) {
            (Some(surface), Some((_, rest))) if !rest.is_empty() && !rest.starts_with('*') => {
                Ok(Self {
                    text: text.to_owned(),
                    surface: Some(surface),
                })
            }
            _ => Err(format!(
                "`{}` is not a case: write `mcp/`, `platform/` or `provider/` and the scenario's name",
                text.escape_debug()
            )),
        }
    }

    /// Reads a pattern that may be about any number of cases: `**`, `**/agents/*`,
    /// `provider/**`.
    ///
    /// # Errors
    /// When it begins neither with `**` nor with a surface and a slash.
    pub fn parse_glob(text: &str) -> Result<Self, String> {
        let of = |surface| Self {
            text: text.to_owned(),
            surface,
        };
        let (first, rest) = text.split_once('/').unwrap_or((text, ""));
        let surface = Surface::ALL
            .into_iter()
            .find(|surface| surface.name() == first);
        match surface {
            Some(surface) if !rest.is_empty() => Ok(of(Some(surface))),
            _ if text == "**" || text.starts_with("**/") => Ok(of(None)),
            _ => Self::parse(text).map_err(|why| why + ", or `**` for all cases"),
        }
    }

    /// Reads a pattern that may also name all cases of a surface: `provider/*`.
    ///
    /// # Errors
    /// When it does not begin with a surface and a slash, or names nothing below it.
    pub fn parse_wide(text: &str) -> Result<Self, String> {
        let all = Surface::ALL
            .into_iter()
            .find(|surface| text == format!("{}/*", surface.name()));
        match all {
            Some(surface) => Ok(Self {
                text: text.to_owned(),
                surface: Some(surface),
            }),
            None => Self::parse(text),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The surfaces it is about.
    pub fn surfaces(&self) -> Vec<Surface> {
        match self.surface {
            Some(surface) => vec![surface],
            None => Surface::ALL.to_vec(),
        }
    }

    /// Whether it may be about more than one scenario: a `*` stands elsewhere than in the value
    /// of a matrix point.
    pub fn is_wide(&self) -> bool {
        let beyond_a_point = |part: &str| match part.find('*') {
            Some(star) => !part[..star].contains('='),
            None => false,
        };
        self.text.split('/').any(beyond_a_point)
    }

    /// Whether it is about every case, or every case of a surface, whatever their folders are called.
    pub fn is_everywhere(&self) -> bool {
        let below = match self.surface {
            Some(_) => self.text.split_once('/').map_or("", |(_, below)| below),
            None => self.text.as_str(),
        };
        below.chars().all(|c| matches!(c, '*' | '/'))
    }

    /// Characters that are not wildcards.
    pub fn constant(&self) -> usize {
        self.text.chars().filter(|c| *c != '*').count()
    }

    /// Whether it names one case alone.
    pub fn is_exact(&self) -> bool {
        !self.text.contains('*')
    }

    /// Whether it names the case.
    pub fn matches(&self, case: &str) -> bool {
        glob(&self.text, case)
    }

    /// Whether it can name a case of this scenario at this surface.
    pub fn may_name_at(&self, surface: Surface, scenario: &str) -> bool {
        let prefix = format!("{}/{scenario}", surface.name());
        // A pattern may end before the scenario's name does (`provider/files/*`), or go on with
        // a point of the matrix.
        match self.text.split_once('*') {
            None => self.text == prefix || self.text.starts_with(&format!("{prefix}/")),
            Some((head, _)) => {
                head.starts_with(&format!("{prefix}/"))
                    || self.matches(&prefix)
                    || (prefix.starts_with(head) && self.matches(&format!("{prefix}/")))
            }
        }
    }
}

/// Whether a pattern with `*` for any characters is about a text.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_what_they_say_and_no_more() {
        for (pattern, case, named) in [
            ("provider/a/b", "provider/a/b", true),
            ("provider/a/b", "provider/a/b/size=1", false),
            ("provider/a/b/size=*", "provider/a/b/size=1MiB", true),
            ("provider/a/b/size=*", "provider/a/bc/size=1MiB", false),
            ("provider/a/x=*/y=2", "provider/a/x=1/y=2", true),
            ("provider/a/x=*/y=2", "provider/a/x=1/y=23", false),
            ("provider/a/*-*-z", "provider/a/1-2-3-z", true),
            ("mcp/a", "provider/a", false),
        ] {
            let pattern = CasePattern::parse(pattern).unwrap();
            assert_eq!(pattern.matches(case), named, "{pattern:?} {case}");
        }
    }

    #[test]
    fn a_pattern_needs_its_surface() {
        for bad in [
            "",
            "a/b",
            "*/a",
            "provider",
            "provider/",
            "provider/*",
            "cli/a",
        ] {
            assert!(CasePattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_glob_is_wide_and_a_matrix_point_is_not() {
        for (text, surfaces, wide, names) in [
            ("**", 3, true, true),
            ("**/a/*", 3, true, true),
            ("provider/**", 1, true, true),
            ("provider/*", 1, true, true),
            ("provider/a/*", 1, true, true),
            ("provider/x/*", 1, true, false),
            ("mcp/**", 1, true, false),
            ("provider/a/b/size=*", 1, false, true),
            ("provider/a/b/size=1", 1, false, true),
        ] {
            let pattern = CasePattern::parse_glob(text).unwrap();
            assert_eq!(pattern.surfaces().len(), surfaces, "{text}");
            assert_eq!(pattern.is_wide(), wide, "{text}");
            assert_eq!(pattern.matches("provider/a/b/size=1"), names, "{text}");
        }
        for bad in ["", "*", "*/a", "a/**", "cli/**", "***"] {
            assert!(CasePattern::parse_glob(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_glob_of_stars_is_about_every_case_and_one_with_a_name_is_not() {
        for (text, everywhere) in [
            ("**", true),
            ("provider/**", true),
            ("provider/*/**", true),
            ("provider/*", true),
            ("**/a", false),
            ("mcp/errors/**", false),
            ("provider/*/a", false),
            ("provider/a/b", false),
        ] {
            let pattern = CasePattern::parse_glob(text).unwrap();
            assert_eq!(pattern.is_everywhere(), everywhere, "{text}");
        }
    }

    #[test]
    fn a_pattern_knows_which_scenarios_it_can_be_about() {
        for (pattern, scenario, may) in [
            ("provider/a/b", "a/b", true),
            ("provider/a/b/size=1", "a/b", true),
            ("provider/a/b/size=*", "a/b", true),
            ("provider/a/b/size=*", "a/bc", false),
            ("provider/a/bc", "a/b", false),
            ("**", "a/b", true),
            ("**/b", "a/b", true),
            ("mcp/**", "a/b", true),
            ("**/c", "a/b", false),
        ] {
            let pattern = CasePattern::parse_glob(pattern).unwrap();
            let mut surfaces = Surface::ALL.into_iter();
            let found = surfaces.any(|surface| pattern.may_name_at(surface, scenario));
            assert_eq!(found, may, "{pattern:?} {scenario}");
        }
    }
}
