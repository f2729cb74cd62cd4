//! Which cases a shape is about.

use crate::call::Surface;

/// An exact case id, or one with `*` for any characters, meant for points of a matrix:
/// `provider/files/roundtrip/size=*`. The surface is always written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePattern {
    text: String,
    surface: Surface,
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
                    surface,
                })
            }
            _ => Err(format!(
                "`{}` is not a case: write `mcp/`, `platform/` or `provider/` and the scenario's name",
                text.escape_debug()
            )),
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
                surface,
            }),
            None => Self::parse(text),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The surface it is about.
    pub const fn surface(&self) -> Surface {
        self.surface
    }

    /// Whether it names one case alone.
    pub fn is_exact(&self) -> bool {
        !self.text.contains('*')
    }

    /// Whether it names the case.
    pub fn matches(&self, case: &str) -> bool {
        let mut parts = self.text.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = case.strip_prefix(first) else {
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

    /// Whether it can name a case of this scenario.
    pub fn may_name(&self, scenario: &str) -> bool {
        let prefix = format!("{}/{scenario}", self.surface.name());
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
    fn a_pattern_knows_which_scenarios_it_can_be_about() {
        for (pattern, scenario, may) in [
            ("provider/a/b", "a/b", true),
            ("provider/a/b/size=1", "a/b", true),
            ("provider/a/b/size=*", "a/b", true),
            ("provider/a/b/size=*", "a/bc", false),
            ("provider/a/bc", "a/b", false),
        ] {
            let pattern = CasePattern::parse(pattern).unwrap();
            assert_eq!(pattern.may_name(scenario), may, "{pattern:?} {scenario}");
        }
    }
}
