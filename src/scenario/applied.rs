//! Conditions of a step applied to what came back: where an expectation holds, and what a
//! capture takes.

use cutover_base::side::Side;

use crate::call::{Failure, FailureClass, Outcome, Surface};
use crate::scenario::field_path::Found;
use crate::scenario::matcher::Operator;
use crate::scenario::model::{Capture, Expect, Step};
use crate::scenario::verbs::field_names;

/// Bytes of one captured value. It becomes part of later arguments; twice what Linux allows for one
/// is enough to show what happens beyond.
pub const CAPTURE_BYTES_MAX: usize = 256 * 1024;

/// The field that says why a provider did not do something.
pub(crate) const FAILURE: &str = "failure";

/// Where a step is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlayedAt {
    /// Where its call enters.
    pub surface: Surface,
    /// On which side.
    pub side: Side,
    /// Whether a platform stands before the provider.
    pub with_platform: bool,
}

impl Expect {
    /// Whether the expectation is for this place. One that names a field which this
    /// surface does not have is for the other surfaces of the scenario.
    pub fn applies(&self, at: PlayedAt) -> bool {
        let surface = at.surface;
        self.surface.is_none_or(|only| only == surface)
            && self
                .with_platform
                .is_none_or(|only| only == at.with_platform)
            && self.side.is_none_or(|only| only == at.side)
            && field_names(surface).any(|name| name == self.path.field)
            && (self.surface.is_some() || self.may_hold(surface))
    }

    /// Whether an outcome of this surface can be what is expected: beneath the stack the classes of
    /// errors alone are known, and what a tool reports is words.
    fn may_hold(&self, surface: Surface) -> bool {
        surface == Surface::Provider || self.path.field != FAILURE || self.names_an_error()
    }

    /// Whether it names a class of failure that means that the provider did not do its work.
    pub(crate) fn names_an_error(&self) -> bool {
        let mut all = FailureClass::ALL.into_iter();
        all.any(|class| class.is_error() && self.names(class))
    }

    /// Whether it names this class of failure.
    fn names(&self, class: FailureClass) -> bool {
        let outcome = Outcome::default().with_failure(&Failure::new(class, ""));
        let names = |operator: &Operator| !matches!(operator, Operator::Absent(_));
        self.path.text == "$.failure.class"
            && self.matcher.operators.iter().any(names)
            && self.check(&outcome).is_ok()
    }

    /// Whether the outcome is what was expected.
    ///
    /// # Errors
    /// What was wanted and what was found instead, one line, cut and escaped.
    pub fn check(&self, outcome: &Outcome) -> Result<(), String> {
        self.matcher.check(&self.path.find(outcome))
    }
}

impl Step {
    /// Whether the step's `expect` names this class of failure: the failure is then what the
    /// scenario is about, even where it means that the provider did not do its work.
    pub fn accepts(&self, at: PlayedAt, class: FailureClass) -> bool {
        self.expect
            .iter()
            .any(|expect| expect.applies(at) && expect.names(class))
    }
}

impl Capture {
    /// Takes the value from an outcome: text as it is, with its line ends; with a pattern, what
    /// its first group matched.
    ///
    /// # Errors
    /// Why there is nothing to take, one line: the field is absent, is not text, is too large,
    /// or the pattern does not match.
    pub fn take(&self, outcome: &Outcome) -> Result<String, String> {
        let path = &self.path.text;
        let text = match self.path.find(outcome) {
            Found::Absent => return Err(format!("`{path}` is absent")),
            Found::Several(values) => {
                return Err(format!("`{path}` gives {} values, not one", values.len()));
            }
            Found::Json(serde_json::Value::String(text)) => text.clone(),
            Found::Json(value) => value.to_string(),
            Found::Bytes(blob) if blob.len > CAPTURE_BYTES_MAX as u64 => {
                return Err(format!(
                    "`{path}` has {} bytes, over {CAPTURE_BYTES_MAX}",
                    blob.len
                ));
            }
            Found::Bytes(blob) => {
                let bytes = blob
                    .head(CAPTURE_BYTES_MAX)
                    .map_err(|error| format!("`{path}` cannot be read: {error}"))?;
                String::from_utf8(bytes.to_vec()).map_err(|_| format!("`{path}` is not UTF-8"))?
            }
        };
        let taken = match &self.pattern {
            None => text,
            Some(pattern) => pattern
                .captures(&text)
                .and_then(|groups| groups.get(1))
                .map(|group| group.as_str().to_owned())
                .ok_or_else(|| format!("`{path}` does not match `{pattern}`"))?,
        };
        if taken.len() > CAPTURE_BYTES_MAX {
            return Err(format!(
                "`{path}` has {} bytes, over {CAPTURE_BYTES_MAX}",
                taken.len()
            ));
        }
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use cutover_base::blob::Blob;
    use serde_json::json;

    use crate::scenario::load_embedded;

    use super::*;

    fn outcome() -> Outcome {
        Outcome::default()
            .with("exit_code", 3)
            .with("entries", json!([{"name": "a"}, {"name": "b"}]))
            .with_bytes("stdout", Blob::from_bytes("token: abc\n"))
            .with_bytes("stderr", Blob::from_bytes(&b"\xff"[..]))
            .with_bytes(
                "output",
                Blob::from_bytes(vec![b'a'; CAPTURE_BYTES_MAX + 1]),
            )
    }

    fn take(capture: &str) -> Result<String, String> {
        let text = format!("why: x\nsteps:\n  - {{execute: ls, capture: {{a: {capture}}}}}\n");
        let scenario = &load_embedded(&[("a/b", &text)]).unwrap()[0];
        scenario.steps[1].capture[0].take(&outcome())
    }

    #[test]
    fn captures() {
        assert_eq!(take("stdout").unwrap(), "token: abc\n");
        assert_eq!(
            take("{field: stdout, pattern: 'n: (\\w+)'}").unwrap(),
            "abc"
        );
        assert_eq!(take("exit_code").unwrap(), "3");
        assert_eq!(take("'$.entries[1].name'").unwrap(), "b");
        for (capture, why) in [
            ("signal", "absent"),
            ("stderr", "not UTF-8"),
            ("output", "over 262144"),
            ("'$.entries[*].name'", "2 values"),
            ("{field: stdout, pattern: 'x(y)'}", "does not match"),
        ] {
            let error = take(capture).unwrap_err();
            assert!(error.contains(why), "{capture}: {error}");
        }
    }

    #[test]
    fn expectations_apply_where_they_say() {
        let text = "why: x\nsteps:\n  - execute: ls\n    expect: {exit_code: 3, text: a, provider: {target: {exit_code: 4}}, with_platform: {target: {text: b}}, mcp: {without_platform: {is_error: true}}}\n";
        let scenario = &load_embedded(&[("a/b", text)]).unwrap()[0];
        let played = |surface, side, with_platform| -> Vec<usize> {
            let at = PlayedAt {
                surface,
                side,
                with_platform,
            };
            let expect = scenario.steps[1].expect.iter().enumerate();
            expect
                .filter(|(_, expect)| expect.applies(at))
                .map(|(index, _)| index)
                .collect()
        };
        let applying = |surface, side| played(surface, side, true);
        assert_eq!(applying(Surface::Provider, Side::Source), [0]);
        assert_eq!(applying(Surface::Provider, Side::Target), [0, 2]);
        assert_eq!(applying(Surface::Mcp, Side::Target), [1, 3]);
        assert_eq!(applying(Surface::Mcp, Side::Source), [1]);
        assert_eq!(played(Surface::Mcp, Side::Target, false), [1, 4]);
        assert!(scenario.steps[1].expect[0].check(&outcome()).is_ok());
        let why = scenario.steps[1].expect[2].check(&outcome()).unwrap_err();
        assert_eq!(why, "wanted equals 4, found 3");
    }
}
