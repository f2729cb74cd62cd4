//! Secrets that nobody declared, by their shape and by where they stand. What is found is handed to
//! the redactor, so that it is hidden in every spelling.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use cutover_base::redact::{Redactor, SECRET_CHARS_MIN};
use cutover_base::secret::Secret;
use regex::Regex;

/// Words of a variable's name that make its value a secret.
const SECRET_WORDS: [&str; 8] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "API_KEY",
    "APIKEY",
    "MASTER_KEY",
    "CREDENTIAL",
];

/// Secrets that are looked for in one recording: more of them are no secrets but data.
const SECRETS_MAX: usize = 2000;

/// What tokens of known issuers, and places of secrets, look like. Where there is a group, it is
/// the secret.
const SHAPES: [&str; 16] = [
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    r"\bgithub_pat_[A-Za-z0-9_]{20,}",
    r"\bglpat-[A-Za-z0-9_-]{20,}",
    r"\bsk-[A-Za-z0-9_-]{16,}",
    r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    r"\bAIza[A-Za-z0-9_-]{35}",
    r"\bnpm_[A-Za-z0-9]{30,}",
    r"\bpypi-[A-Za-z0-9_-]{30,}",
    r"\bhf_[A-Za-z0-9]{30,}",
    r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+",
    r"(-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\s]+)",
    r"(?i)\bbearer\s+([A-Za-z0-9._~+/-]{16,}=*)",
    r"(?i)\bbasic\s+([A-Za-z0-9+/]{16,}=*)",
    r"[a-z][a-z0-9+.-]*://[^\s/:@']*:([^\s/@']{8,})@",
    r#"(?i)\b[A-Z0-9_]*(?:token|secret|passwd|password|api_?key|access_?key)["']?\s*[=:]\s*["']?([^\s"'$<>{}();,&|`]{8,})"#,
];

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    SHAPES
        .iter()
        .filter_map(|shape| Regex::new(shape).ok())
        .collect()
});

/// The secrets of an environment, by the names of its variables.
pub(crate) fn of_variables<'a>(
    variables: impl Iterator<Item = (&'a String, &'a String)>,
) -> Vec<Secret> {
    let is_secret = |name: &str| {
        let name = name.to_ascii_uppercase();
        SECRET_WORDS.iter().any(|word| name.contains(word))
    };
    variables
        .filter(|(name, value)| is_secret(name) && value.chars().count() >= SECRET_CHARS_MIN)
        .map(|(name, value)| Secret::new(name.clone(), value.clone()))
        .collect()
}

/// Secrets in texts, each once.
#[derive(Debug, Default)]
pub(crate) struct Found {
    had: BTreeSet<String>,
    secrets: Vec<Secret>,
}

impl Found {
    /// Looks into one text.
    pub(crate) fn look(&mut self, text: &str) {
        for token in Redactor::tokens(text) {
            self.add(token.expose());
        }
        for (number, pattern) in PATTERNS.iter().enumerate() {
            for found in pattern.captures_iter(text) {
                let Some(it) = found.get(1).or_else(|| found.get(0)) else {
                    continue;
                };
                // Beside `password =` a program has words of its own.
                let by_place = number + 1 == SHAPES.len();
                if !by_place || is_mixed(it.as_str()) {
                    self.add(it.as_str());
                }
            }
        }
    }

    fn add(&mut self, value: &str) {
        let fits = value.chars().count() >= SECRET_CHARS_MIN && self.secrets.len() < SECRETS_MAX;
        if fits && !value.starts_with("<secret:") && self.had.insert(value.to_owned()) {
            self.secrets.push(Secret::new("token", value));
        }
    }

    /// A redactor of these and of what was found.
    pub(crate) fn redactor(self, known: Vec<Secret>) -> Redactor {
        Redactor::new([known, self.secrets].concat())
    }
}

fn is_mixed(value: &str) -> bool {
    let has = |is: fn(char) -> bool| value.chars().any(is);
    has(|c| c.is_ascii_digit()) && has(char::is_alphabetic) && !value.contains(['.', '[', '/'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_by_shape_and_place() {
        for (text, secret) in [
            ("git clone https://u:hunter2hunter2@h/x", "hunter2hunter2"),
            (
                "curl -H 'Authorization: Bearer abcdefghijklmnop1'",
                "abcdefghijklmnop1",
            ),
            ("export API_KEY=\"0123456789abcdef\"", "0123456789abcdef"),
            ("{\"password\": \"correct horse\"}", ""),
            ("{\"password\": \"correct-h0rse\"}", "correct-h0rse"),
            ("password = get_password(user)", ""),
            (
                "ghp_0123456789abcdefghij0123",
                "ghp_0123456789abcdefghij0123",
            ),
            ("token=$TOKEN", ""),
            ("the secret: yes", ""),
        ] {
            let mut found = Found::default();
            found.look(text);
            let shown = found.redactor(Vec::new()).text(text);
            if secret.is_empty() {
                assert_eq!(shown, text);
            } else {
                assert!(!shown.contains(secret), "{shown}");
                assert!(shown.contains("<secret:token>"), "{shown}");
            }
        }
        assert_eq!(PATTERNS.len(), SHAPES.len(), "every shape is a pattern");
    }

    #[test]
    fn variables_are_secret_by_their_names() {
        let variables = [
            ("LAP_AUTH_TOKEN".to_owned(), "sk-agents-1".to_owned()),
            ("MASTER_KEY".to_owned(), "short".to_owned()),
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
        ];
        let found = of_variables(variables.iter().map(|(name, value)| (name, value)));
        assert_eq!(found, [Secret::new("LAP_AUTH_TOKEN", "sk-agents-1")]);
    }
}
