//! What the platform says of a request that it does not take, in words (Q10).

use cutover_js::{Text, Value, json};

/// A reason that is a text as it stands; issues as `name: what is wrong`, with `; ` between;
/// anything else as JSON.
pub(crate) fn told(error: &Value) -> Text {
    match error {
        Value::String(text) => text.clone(),
        Value::Array(issues) if !issues.is_empty() => {
            let mut told = Text::new();
            for issue in issues.iter() {
                let Some(Value::String(message)) = issue.get("message") else {
                    return Text::from(json::stringify(error));
                };
                if !told.is_empty() {
                    told.push_str("; ");
                }
                told.push_text(&place(issue.get("path")));
                told.push_text(message);
            }
            told
        }
        other => Text::from(json::stringify(other)),
    }
}

/// `a.0.b: `, or nothing for the whole body.
fn place(path: Option<&Value>) -> Text {
    let mut place = Text::new();
    if let Some(Value::Array(steps)) = path {
        for (index, step) in steps.iter().enumerate() {
            place.push_str(if index > 0 { "." } else { "" });
            place.push_text(&step.to_js_string());
        }
    }
    if !place.is_empty() {
        place.push_str(": ");
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: &str, told_as: &str) {
        assert_eq!(
            told(&json::parse(error.as_bytes()).unwrap()),
            told_as,
            "{error}"
        );
    }

    #[test]
    fn issues_are_told_with_their_places() {
        check(r#""session s not found""#, "session s not found");
        check(
            r#"[{"code":"too_small","message":"name is required","path":["name"]}]"#,
            "name: name is required",
        );
        check(
            r#"[{"message":"Required","path":["a",0,"b"]},{"message":"Expected object","path":[]}]"#,
            "a.0.b: Required; Expected object",
        );
        check("[{}]", "[{}]");
        check("[]", "[]");
        check(r#"{"a":1}"#, r#"{"a":1}"#);
        check("5", "5");
    }
}
