//! Credentials that would stand in a layer of the image, for everybody who can pull it.

use cutover_base::redact::Redactor;
use cutover_base::shell::{assignment, everything};

use crate::audit::finding::{Finding, Level};
use crate::started::program;
use crate::template::Template;

const RULE: (Level, &str) = (Level::Error, "secret");
const HELP: &str =
    "give it to the sandbox when it is made; whoever can pull the image reads its layers";

/// Parts of names whose values are not for others.
const SECRET_NAMES: [&str; 9] = [
    "KEY",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "CREDENTIAL",
    "CREDENTIALS",
    "SALT",
    "PWD",
];

/// Ends of names that say where something lies, or which it is, and not what it is.
const HARMLESS_ENDS: [&str; 6] = ["_FILE", "_PATH", "_DIR", "_ID", "_NAME", "GPG_KEY"];

pub(super) fn findings(template: &Template) -> Vec<Finding> {
    let recipe = &template.recipe;
    let mut findings = Vec::new();
    let mut tell = |line: usize, what: String| {
        let place = (template.dockerfile.clone(), line);
        findings.push(Finding::new(RULE, template, place, what, HELP));
    };
    for (name, value) in &recipe.env {
        if is_secret(name, value) {
            tell(
                value.line,
                format!("ENV {name} puts a credential into the image"),
            );
        }
    }
    for (name, argument) in &recipe.arguments {
        if argument
            .value
            .as_deref()
            .is_some_and(|it| is_secret(name, it))
        {
            tell(
                argument.line,
                format!("ARG {name} has a credential as its default"),
            );
        }
    }
    for command in everything(&recipe.runs) {
        let is_one = command.words.iter().any(|word| holds(word));
        if is_one || has_password(&command.words) {
            let program = program(command);
            tell(command.line, format!("RUN {program} holds a credential"));
        }
    }
    for (file, target) in template.files() {
        let text = template.folder.text(file).unwrap_or_default();
        for (at, line) in text.lines().enumerate() {
            if is_key(line) || assigned(line) {
                let place = (file.to_owned(), at + 1);
                let what = format!("it holds a credential and is copied to {target}");
                findings.push(Finding::new(RULE, template, place, what, HELP));
            }
        }
    }
    findings
}

/// `NAME=value` with the name of a secret, or a word that is one by its form.
fn holds(word: &str) -> bool {
    match word.split_once('=') {
        Some((name, value)) => is_secret(name.trim_start_matches('-'), value),
        None => has_form(word),
    }
}

/// An assignment at the beginning of a file's line.
fn assigned(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    assignment(line).is_some_and(|(name, value)| is_secret(name, value.trim_matches(['"', '\''])))
}

/// `--password word`, and SQL's `PASSWORD 'word'`.
fn has_password(words: &[String]) -> bool {
    let by_option = words.windows(2).any(|pair| {
        let option = pair[0].trim_start_matches('-');
        pair[0].starts_with("--") && is_secret(option, &pair[1])
    });
    let in_sql = words.iter().any(|word| {
        let upper = word.to_ascii_uppercase();
        let after = upper.split_once("PASSWORD '").map(|(_, after)| after);
        after.is_some_and(|after| !after.starts_with(['$', '\'', ':']))
    });
    by_option || in_sql
}

/// Whether a variable's value is a credential.
pub(crate) fn is_secret(name: &str, value: &str) -> bool {
    if is_given_later(value) {
        return false;
    }
    has_secret_name(name) || has_form(value)
}

/// A reference, or nothing.
fn is_given_later(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    value.is_empty() || value.starts_with('$') || value.starts_with('<')
}

fn has_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    if HARMLESS_ENDS.iter().any(|end| upper.ends_with(end)) {
        return false;
    }
    let mut parts = upper.split(['_', '-', '.']);
    parts.any(|part| SECRET_NAMES.contains(&part) || part.ends_with("PASSWORD"))
}

/// How tokens of widely used services begin.
const TOKEN_HEADS: [&str; 13] = [
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "AKIA",
    "ASIA",
    "xoxb-",
    "npm_",
    "pypi-",
    "hf_",
    "eyJhbGci",
];

/// Characters of the shortest of those tokens.
const TOKEN_CHARS_MIN: usize = 20;

/// What is a credential whatever its name: a token's form, an address with a password.
fn has_form(value: &str) -> bool {
    let is_token =
        value.len() >= TOKEN_CHARS_MIN && TOKEN_HEADS.iter().any(|head| value.starts_with(head));
    is_token || !Redactor::tokens(value).is_empty() || has_user_info(value)
}

/// `scheme://user:password@host` with a password that is written out.
fn has_user_info(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else {
        return false;
    };
    user.split_once(':')
        .is_some_and(|(_, password)| !is_given_later(password))
}

fn is_key(line: &str) -> bool {
    line.starts_with("-----BEGIN ") && line.contains("PRIVATE KEY-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_forms_of_credentials_are_known() {
        for (name, value) in [
            ("LITELLM_MASTER_KEY", "sk-1234"),
            ("LITELLM_SALT_KEY", "x"),
            ("PGPASSWORD", "sk-abcdefghijklmnopqrstuvwx"),
            (
                "DATABASE_URL",
                "postgresql://litellm:litellm@localhost:5432/litellm",
            ),
            ("X", "ghp_0123456789abcdefghijklmnopqrstuvwxyz"),
        ] {
            assert!(is_secret(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("MASTER_KEY", ""),
            ("MASTER_KEY", "${MASTER_KEY}"),
            ("GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D"),
            ("SSH_KEY_FILE", "/x"),
            ("PIP_INDEX_URL", "https://pypi.example/simple"),
            ("MONKEY", "x"),
            ("URL", "http://user:$PASS@host/"),
        ] {
            assert!(!is_secret(name, value), "{name}={value}");
        }
    }

    #[test]
    fn passwords_of_commands_and_files_are_seen() {
        let words = |text: &str| -> Vec<String> { text.split('|').map(str::to_owned).collect() };
        assert!(has_password(&words(
            "psql|-c|CREATE ROLE a LOGIN PASSWORD 'b'"
        )));
        assert!(has_password(&words("tool|--api-key|abc")));
        assert!(!has_password(&words(
            "psql|-c|CREATE ROLE a PASSWORD '$PW'"
        )));
        assert!(!has_password(&words("tool|--api-key|$KEY|-p|x")));
        assert!(assigned("  export MASTER_KEY=\"sk-1234\"") && !assigned("# MASTER_KEY=x"));
        assert!(!assigned("if [ \"$KEY\" = x ]"));
        assert!(
            is_key("-----BEGIN RSA PRIVATE KEY-----") && !is_key("-----BEGIN CERTIFICATE-----")
        );
    }
}
