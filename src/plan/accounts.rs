//! `cutover.yaml`: what a run may ask of the accounts at the providers, and how long it waits.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::call::Provider;
use crate::scenario::node::{Node, Position};
use crate::scenario::reader::Reader;
use crate::scenario::{GUARD, Problem, duration_of};

/// The format line of the settings.
pub const SETTINGS_FORMAT: &str = "cutover.settings/1";

/// Bounds on one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Sandboxes at once.
    pub at_once: usize,
    /// Sandboxes asked for in a second.
    pub per_second: f64,
    /// Sandboxes in all, in one run.
    pub in_all: Option<u64>,
    /// What one sandbox costs for an hour, in `currency`.
    pub sandbox_hour: Option<f64>,
    /// The currency, as it is to be printed.
    pub currency: String,
}

/// Bounds on the accounts of both providers. Without a file: a quarter of what the providers'
/// smallest plans allow (contracts `e2b-wire.md` 1.3: 20 at once, 1 a second; `daytona-wire.md` 7:
/// 10 vCPU, 300 creates a minute), so that what else runs there still can.
#[derive(Debug, Clone, PartialEq)]
pub struct Accounts {
    e2b: Account,
    daytona: Account,
}

impl Default for Accounts {
    fn default() -> Self {
        let account = |at_once, per_second| Account {
            at_once,
            per_second,
            in_all: None,
            sandbox_hour: None,
            currency: "USD".to_owned(),
        };
        Self {
            e2b: account(5, 0.25),
            daytona: account(2, 1.25),
        }
    }
}

impl Accounts {
    /// The account at a provider.
    pub const fn of(&self, provider: Provider) -> &Account {
        match provider {
            Provider::E2b => &self.e2b,
            Provider::Daytona => &self.daytona,
        }
    }

    const fn of_mut(&mut self, provider: Provider) -> &mut Account {
        match provider {
            Provider::E2b => &mut self.e2b,
            Provider::Daytona => &mut self.daytona,
        }
    }
}

/// What `cutover.yaml` says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// What a run may ask of the accounts.
    pub accounts: Accounts,
    /// How long a call is waited for that names no guard of its own.
    pub guard: Option<Duration>,
}

/// Rates that make sense: slower than one in a quarter of an hour is no run, and no provider takes
/// more than the upper one.
const PER_SECOND: RangeInclusive<f64> = 0.001..=1000.0;

/// Prices that make sense in any currency.
const SANDBOX_HOUR: RangeInclusive<f64> = 0.0..=1e6;

const KEYS: [&str; 5] = [
    "at_once",
    "per_second",
    "in_all",
    "sandbox_hour",
    "currency",
];

/// Reads the settings; what they do not say stays as without a file.
///
/// # Errors
/// Every problem, each with its place.
pub fn read_settings(file: &str, text: &str) -> Result<Settings, Vec<Problem>> {
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
    if reader.problems.is_empty() {
        Ok(settings)
    } else {
        Err(reader.problems)
    }
}

fn read_root(reader: &mut Reader<'_>, root: &Node, settings: &mut Settings) {
    let known = ["format", "accounts", "guard", "secrets"];
    if reader.map(root, "the settings", &known).is_none() {
        return;
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
    let Some(node) = root.get("accounts") else {
        return;
    };
    let providers = [Provider::E2b, Provider::Daytona];
    let names = providers.map(Provider::name);
    if reader.map(node, "`accounts`", &names).is_none() {
        return;
    }
    for provider in providers {
        if let Some(account) = node.get(provider.name()) {
            read_account(reader, account, settings.accounts.of_mut(provider));
        }
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

fn read_account(reader: &mut Reader<'_>, node: &Node, account: &mut Account) {
    if reader.map(node, "an account", &KEYS).is_none() {
        return;
    }
    if let Some(value) = node.get("at_once")
        && let Some(number) = reader.number(value, "at_once", 1)
    {
        account.at_once = usize::try_from(number).unwrap_or(usize::MAX);
    }
    if let Some(value) = node.get("per_second")
        && let Some(amount) = reader.amount(value, "per_second", PER_SECOND)
    {
        account.per_second = amount;
    }
    if let Some(value) = node.get("in_all") {
        account.in_all = reader.number(value, "in_all", 1);
    }
    if let Some(value) = node.get("sandbox_hour") {
        account.sandbox_hour = reader.amount(value, "sandbox_hour", SANDBOX_HOUR);
    }
    if let Some(currency) = reader.optional_text(node, "currency") {
        account.currency = currency;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_wins_and_the_rest_stays() {
        let text = "format: cutover.settings/1\naccounts:\n  e2b: {at_once: 25, per_second: 1.5, in_all: 400, sandbox_hour: 0.1, currency: EUR}\n";
        let settings = read_settings("cutover.yaml", text).unwrap();
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
            let read = read_settings("cutover.yaml", &text);
            let read = read.ok().and_then(|settings| settings.guard);
            assert_eq!(read.map(|guard| guard.as_secs()), guard, "{written}");
        }
    }

    #[test]
    fn every_mistake_is_told() {
        let text = "format: cutover.settings/1\naccounts:\n  e2b: {at_once: 0, per_second: fast}\n  modal: {}\n  daytona: {at_onse: 1}\n";
        let problems = read_settings("cutover.yaml", text).unwrap_err();
        let told = crate::scenario::render(&problems);
        for part in [
            "`at_once` is a whole number from 1 up",
            "`per_second` is a number from 0.001 to 1000",
            "unknown key `modal`",
            "did you mean `at_once`?",
        ] {
            assert!(told.contains(part), "{part}\n{told}");
        }
        assert!(read_settings("cutover.yaml", "accounts: {}\n").is_err());
        for rate in ["1e-300", "0", "-1", "1e300", ".inf", ".nan"] {
            let text =
                format!("format: cutover.settings/1\naccounts: {{e2b: {{per_second: {rate}}}}}\n");
            assert!(read_settings("cutover.yaml", &text).is_err(), "{rate}");
        }
    }
}
