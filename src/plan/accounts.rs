//! `accounts:` of `cutover.yaml`: what a run may ask of the accounts at the providers.

use std::ops::RangeInclusive;

use crate::call::Provider;
use crate::scenario::node::Node;
use crate::scenario::reader::Reader;

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
/// smallest plans allow (E2B: 20 at once, 1 a second; Daytona: 10 vCPU, 300 creates a minute), so
/// that what else runs there still can.
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

/// Reads the accounts that `accounts:` speaks of; what it does not say stays as without it.
pub(crate) fn read_accounts(reader: &mut Reader<'_>, node: &Node) -> Accounts {
    let mut accounts = Accounts::default();
    let providers = [Provider::E2b, Provider::Daytona];
    let names = providers.map(Provider::name);
    if reader.map(node, "`accounts`", &names).is_some() {
        for provider in providers {
            if let Some(account) = node.get(provider.name()) {
                read_account(reader, account, accounts.of_mut(provider));
            }
        }
    }
    accounts
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
