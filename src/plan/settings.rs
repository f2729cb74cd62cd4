//! `cutover.yaml`: what a run may ask of the accounts at the providers, how long it waits, and which
//! secrets it uses.

use std::time::Duration;

use crate::plan::accounts::{Accounts, read_accounts};
use crate::plan::secrets::{DeclaredSecret, read_secrets};
use crate::scenario::node::{Node, Position};
use crate::scenario::reader::Reader;
use crate::scenario::{GUARD, Problem, duration_of};

/// The format line of the settings.
pub const SETTINGS_FORMAT: &str = "cutover.settings/1";

/// What `cutover.yaml` says, and what holds without one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// What a run may ask of the accounts.
    pub accounts: Accounts,
    /// How long a call is waited for that names no guard of its own.
    pub guard: Option<Duration>,
    /// Secrets of the user's own.
    pub secrets: Vec<DeclaredSecret>,
}

/// What could be read of a settings file, and every mistake in it.
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use]
pub struct SettingsRead {
    /// What it says; with mistakes, as far as it could be read, which serves to hide the secrets it
    /// declares and for nothing else.
    pub settings: Settings,
    /// Every mistake, each with its place, from top to bottom.
    pub problems: Vec<Problem>,
}

impl SettingsRead {
    /// The settings of a file without a mistake.
    ///
    /// # Errors
    /// Every mistake.
    pub fn checked(self) -> Result<Settings, Vec<Problem>> {
        if self.problems.is_empty() {
            Ok(self.settings)
        } else {
            Err(self.problems)
        }
    }
}

/// Reads the settings; what they do not say stays as without a file.
pub fn read_settings(file: &str, text: &str) -> SettingsRead {
    let mut reader = Reader::new(file, text);
    let mut settings = Settings::default();
    match Node::parse(text) {
        Ok(root) => read_root(&mut reader, &root, &mut settings),
        Err(error) => {
            let at = Position {
                line: error.line,
                column: error.column,
            };
            reader.problem(at, error.message);
        }
    }
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| (problem.line, problem.column));
    SettingsRead { settings, problems }
}

fn read_root(reader: &mut Reader<'_>, root: &Node, settings: &mut Settings) {
    let known = ["format", "accounts", "guard", "secrets"];
    if reader.map(root, "the settings", &known).is_none() {
        return;
    }
    // First, whatever else is wrong: they are to be hidden all the same.
    if let Some(node) = root.get("secrets") {
        settings.secrets = read_secrets(reader, node);
    }
    if let Some(format) = reader.required(root, "the settings", "format")
        && format.as_text() != Some(SETTINGS_FORMAT)
    {
        reader.problem(format.at, format!("`format` must be `{SETTINGS_FORMAT}`"));
        return;
    }
    if let Some(node) = root.get("guard") {
        settings.guard = read_guard(reader, node);
    }
    if let Some(node) = root.get("accounts") {
        settings.accounts = read_accounts(reader, node);
    }
}

fn read_guard(reader: &mut Reader<'_>, node: &Node) -> Option<Duration> {
    let guard = duration_of(node).filter(|guard| GUARD.contains(guard));
    if guard.is_none() {
        let message = "`guard` is a duration from 100ms to 25h, such as `10m`";
        reader.problem(node.at, message);
    }
    guard
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Provider;
    use crate::plan::accounts::Accounts;

    fn checked(text: &str) -> Result<Settings, Vec<Problem>> {
        read_settings("cutover.yaml", text).checked()
    }

    #[test]
    fn what_a_file_says_wins_and_the_rest_stays() {
        let text = "format: cutover.settings/1\naccounts:\n  e2b: {at_once: 25, per_second: 1.5, in_all: 400, sandbox_hour: 0.1, currency: EUR}\n";
        let settings = checked(text).unwrap();
        assert_eq!(settings.guard, None);
        let accounts = settings.accounts;
        let e2b = accounts.of(Provider::E2b);
        assert_eq!((e2b.at_once, e2b.in_all), (25, Some(400)));
        assert!((e2b.per_second - 1.5).abs() < 1e-9);
        assert_eq!(e2b.currency, "EUR");
        let default = Accounts::default();
        assert_eq!(
            accounts.of(Provider::Daytona),
            default.of(Provider::Daytona)
        );
    }

    #[test]
    fn the_guard_is_a_duration_within_bounds() {
        for (written, guard) in [
            ("90s", Some(90)),
            ("2h", Some(7200)),
            ("30", Some(30)),
            ("0", None),
            ("26h", None),
            ("soon", None),
            ("[1m]", None),
        ] {
            let text = format!("format: cutover.settings/1\nguard: {written}\n");
            let read = checked(&text);
            let read = read.ok().and_then(|settings| settings.guard);
            assert_eq!(read.map(|guard| guard.as_secs()), guard, "{written}");
        }
    }

    #[test]
    fn every_mistake_is_told() {
        let text = "format: cutover.settings/1\naccounts:\n  e2b: {at_once: 0, per_second: fast}\n  modal: {}\n  daytona: {at_onse: 1}\n";
        let problems = checked(text).unwrap_err();
        let told = crate::scenario::render(&problems);
        for part in [
            "`at_once` is a whole number from 1 up",
            "`per_second` is a number from 0.001 to 1000",
            "unknown key `modal`",
            "did you mean `at_once`?",
        ] {
            assert!(told.contains(part), "{part}\n{told}");
        }
        assert!(checked("accounts: {}\n").is_err());
        for rate in ["1e-300", "0", "-1", "1e300", ".inf", ".nan"] {
            let text =
                format!("format: cutover.settings/1\naccounts: {{e2b: {{per_second: {rate}}}}}\n");
            assert!(checked(&text).is_err(), "{rate}");
        }
    }

    #[test]
    fn secrets_are_known_beside_other_mistakes_and_mistakes_are_told_from_top_to_bottom() {
        let text =
            "format: cutover.settings/1\nsecrets: [A_KEY, \"no word\"]\nguard: soon\nacounts: {}\n";
        let read = read_settings("cutover.yaml", text);
        assert_eq!(read.settings.secrets[0].name, "A_KEY");
        let lines: Vec<usize> = read.problems.iter().map(|it| it.line).collect();
        assert_eq!(lines, [2, 3, 4]);
        let read = read_settings("cutover.yaml", "secrets: [A_KEY]\n");
        assert_eq!(read.settings.secrets.len(), 1);
        assert_eq!(read.problems.len(), 1);
    }
}
