//! What a list of sandboxes holds.

use cutover_js::{Text, Value};

/// The ids of a list; none of what is no list.
pub(crate) fn ids(list: &Value, name: &str) -> Vec<Text> {
    let Value::Array(items) = list else {
        return Vec::new();
    };
    let ids = items.iter().filter_map(|item| item.get(name)?.as_text());
    ids.cloned().collect()
}

#[cfg(test)]
mod tests {
    use cutover_js::json;

    use super::*;

    #[test]
    fn only_texts_are_ids() {
        for (list, wanted) in [
            (
                r#"[{"id":"a"},{"id":5},{},null,{"id":"b"}]"#,
                &["a", "b"][..],
            ),
            ("[]", &[]),
            ("{}", &[]),
            ("null", &[]),
            ("\"<html>\"", &[]),
        ] {
            let list = json::parse(list.as_bytes()).unwrap();
            assert_eq!(ids(&list, "id"), wanted);
        }
    }
}
