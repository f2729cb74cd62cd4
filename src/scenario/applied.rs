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

impl Expect {
    /// Whether the expectation is for this surface and side. One that names a field which this
    /// surface does not have is for the other surfaces of the scenario.
    pub fn applies(&self, surface: Surface, side: Side) -> bool {
        self.surface.is_none_or(|only| only == surface)
            && self.side.is_none_or(|only| only == side)
            && field_names(surface).any(|name| name == self.path.field)
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
    pub fn accepts(&self, surface: Surface, side: Side, class: FailureClass) -> bool {
        let outcome = Outcome::default().with_failure(&Failure::new(class, ""));
        let names = |operator: &Operator| !matches!(operator, Operator::Absent(_));
        self.expect.iter().any(|expect| {
            expect.applies(surface, side)
                && expect.path.text == "$.failure.class"
                && expect.matcher.operators.iter().any(names)
                && expect.check(&outcome).is_ok()
        })
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
        let text = "why: x\nsteps:\n  - execute: ls\n    expect: {exit_code: 3, text: a, provider: {target: {exit_code: 4}}}\n";
        let scenario = &load_embedded(&[("a/b", text)]).unwrap()[0];
        let applying = |surface, side| -> Vec<usize> {
            let expect = scenario.steps[1].expect.iter().enumerate();
            expect
                .filter(|(_, expect)| expect.applies(surface, side))
                .map(|(index, _)| index)
                .collect()
        };
        assert_eq!(applying(Surface::Provider, Side::Source), [0]);
        assert_eq!(applying(Surface::Provider, Side::Target), [0, 2]);
        assert_eq!(applying(Surface::Mcp, Side::Target), [1]);
        assert!(scenario.steps[1].expect[0].check(&outcome()).is_ok());
        let why = scenario.steps[1].expect[2].check(&outcome()).unwrap_err();
        assert_eq!(why, "wanted equals 4, found 3");
    }
}
