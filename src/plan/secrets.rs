//! `secrets:` of `cutover.yaml`: secrets of the user's own, taken from the environment by name.

use crate::scenario::node::{Kind, Node, Position};
use crate::scenario::reader::Reader;

/// A secret that scenarios use as `${{ secrets.NAME }}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredSecret {
    /// Its name in scenarios, and what stands in its place where it is hidden.
    pub name: String,
    /// The environment variable that holds it.
    pub variable: String,
}

/// Reads the secrets that `secrets:` declares.
pub(crate) fn read_secrets(reader: &mut Reader<'_>, node: &Node) -> Vec<DeclaredSecret> {
    let mut declared: Vec<DeclaredSecret> = Vec::new();
    let mut found: Vec<(Position, DeclaredSecret)> = Vec::new();
    match &node.kind {
        Kind::List(items) => {
            for item in items {
                if let Some(name) = reader.text_of(item, "secrets") {
                    let variable = name.clone();
                    found.push((item.at, DeclaredSecret { name, variable }));
                }
            }
        }
        Kind::Map(entries) => {
            for (key, value) in entries {
                let what = format!("the secret `{}`", key.text.escape_debug());
                if reader.map(value, &what, &["env"]).is_some()
                    && let Some(variable) = reader.text(value, &what, "env")
                {
                    let name = key.text.clone();
                    found.push((key.at, DeclaredSecret { name, variable }));
                }
            }
        }
        _ => reader.problem_with_help(
            node.at,
            format!(
                "`secrets` is a list of environment variables or a mapping, not {}",
                node.type_name()
            ),
            Some(
                "write `secrets: [GITHUB_TOKEN]` or `secrets: {github: {env: GITHUB_TOKEN}}`"
                    .to_owned(),
            ),
        ),
    }
    for (at, secret) in found {
        for word in [&secret.name, &secret.variable] {
            if !is_word(word) {
                let shown = word.escape_debug();
                reader.problem(
                    at,
                    format!("`{shown}` is no name of a secret: letters, digits, `_` and `-`"),
                );
                break;
            }
        }
        if declared.iter().any(|had| had.name == secret.name) {
            reader.problem(
                at,
                format!("the secret `{}` stands twice", secret.name.escape_debug()),
            );
        } else {
            declared.push(secret);
        }
    }
    declared
}

fn is_word(text: &str) -> bool {
    text.len() <= 100
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Problem;

    fn read(text: &str) -> Result<Vec<DeclaredSecret>, Vec<Problem>> {
        let mut reader = Reader::new("cutover.yaml", text);
        let root = Node::parse(text).unwrap();
        let declared = read_secrets(&mut reader, root.get("secrets").unwrap());
        if reader.problems.is_empty() {
            Ok(declared)
        } else {
            Err(reader.problems)
        }
    }

    #[test]
    fn both_ways_of_writing_are_read() {
        for (text, expected) in [
            (
                "secrets: [A_KEY, B]\n",
                vec![("A_KEY", "A_KEY"), ("B", "B")],
            ),
            ("secrets:\n  - A\n", vec![("A", "A")]),
            (
                "secrets: {git-hub: {env: GITHUB_TOKEN}}\n",
                vec![("git-hub", "GITHUB_TOKEN")],
            ),
        ] {
            let read = read(text).unwrap();
            let read: Vec<_> = read
                .iter()
                .map(|s| (s.name.as_str(), s.variable.as_str()))
                .collect();
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        for (text, told) in [
            ("secrets: 7\n", "1:10"),
            ("secrets: [A, A]\n", "stands twice"),
            ("secrets: [\"a b\"]\n", "no name of a secret"),
            ("secrets: {a: B}\n", "is a mapping"),
            ("secrets: {a: {}}\n", "needs `env`"),
            ("secrets: {a: {envv: B}}\n", "did you mean `env`?"),
            ("secrets: {a.b: {env: B}}\n", "`a.b` is no name"),
        ] {
            let problems = read(text).unwrap_err();
            let shown = crate::scenario::render(&problems);
            assert!(shown.contains(told), "{text}: {shown}");
        }
    }
}
