//! Failures that the platform tells in the place of what was asked (Q15).

use cutover_js::{Text, Value};

use super::Tools;
use crate::answer::Answer;

/// What each of the platform's failure texts begins and ends with.
const FAILURES: [(&str, &str); 3] = [
    (
        "error: sandbox '",
        "' not provisioned \u{2014} call provision first",
    ),
    (
        "error: sandbox expired \u{2014} call provision to create a new one (",
        ")",
    ),
    (
        "error: file too large to return inline (",
        "). Read a smaller slice (e.g. head/tail) or split it.",
    ),
];

/// The answer of a text that the platform gave with status 200.
///
/// The original calls all of them successes. Where that is repaired (Q15), the platform's failure
/// texts are failures, and so is what the platform marks with `"is_error": true`.
pub(super) fn judged(tools: &Tools, json: &Value, text: Value) -> Answer {
    let told = || marked(json) || text.as_text().is_some_and(failure);
    let is_error = tools.fixes.has("Q15") && told();
    Answer { text, is_error }
}

fn marked(json: &Value) -> bool {
    matches!(json, Value::Object(object) if object.get("is_error") == Some(&Value::Bool(true)))
}

/// Whether this is one of the platform's failure texts.
pub(super) fn failure(text: &Text) -> bool {
    let like = |(start, end): (&str, &str)| text.starts_with(start) && text.ends_with(end);
    FAILURES.into_iter().any(like)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_own_texts_are_failures_and_no_others() {
        for text in [
            "error: sandbox 'main' not provisioned \u{2014} call provision first",
            "error: sandbox expired \u{2014} call provision to create a new one (404: gone)",
            "error: file too large to return inline (262145 bytes > 262144). Read a smaller slice \
             (e.g. head/tail) or split it.",
        ] {
            assert!(failure(&Text::from(text)), "{text}");
        }
        for text in ["error: no such target", "", "error: sandbox 'x' is odd"] {
            assert!(!failure(&Text::from(text)), "{text}");
        }
    }
}
