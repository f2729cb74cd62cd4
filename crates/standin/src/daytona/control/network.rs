//! What of the network may be asked for (contract 1.3). Whether there is one is the operator's
//! choice: without it the lists are kept and shown, and nothing is reachable anyway.

use std::net::Ipv4Addr;

use crate::daytona::app::App;
use crate::daytona::control::ApiError;
use crate::daytona::control::body::Fields;
use crate::daytona::sandbox::Network;

const NETWORKS_MAX: usize = 10;
const PREFIX_MAX: u8 = 32;

/// The network's fields of a request; those not given are `None`.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) block_all: Option<bool>,
    pub(super) allow_list: Option<String>,
    pub(super) domains: Option<String>,
}

/// Reads them; wrong types are noted.
pub(super) fn asked(fields: &mut Fields) -> Wish {
    Wish {
        block_all: fields.flag("networkBlockAll"),
        allow_list: fields.text("networkAllowList"),
        domains: fields.text("domainAllowList"),
    }
}

/// Checks them for a sandbox to be made.
pub(super) fn checked(app: &App, wish: Wish) -> Result<Network, ApiError> {
    let mut network = Network::default();
    apply(app, wish, &mut network)?;
    Ok(network)
}

/// Checks them, and puts them in place of what held before.
pub(super) fn apply(app: &App, wish: Wish, network: &mut Network) -> Result<(), ApiError> {
    let some = |list: Option<String>| list.filter(|list| !list.trim().is_empty());
    if let Some(list) = &wish.allow_list {
        networks(list)?;
    }
    if let Some(list) = &wish.domains {
        domains(list)?;
    }
    let (allow_given, domains_given) = (wish.allow_list.is_some(), wish.domains.is_some());
    let (allow_list, domains) = (some(wish.allow_list), some(wish.domains));
    if app.allow_network && (allow_list.is_some() || domains.is_some()) {
        let what = "allow lists while the stand-in lets sandboxes reach the network";
        return Err(ApiError::not_implemented(what));
    }
    network.block_all = wish.block_all.unwrap_or(network.block_all);
    if allow_given {
        network.allow_list = allow_list;
    }
    if domains_given {
        network.domains = domains;
    }
    Ok(())
}

fn networks(list: &str) -> Result<(), ApiError> {
    let all: Vec<&str> = entries(list);
    if all.len() > NETWORKS_MAX {
        let message =
            format!("Network allow list cannot contain more than {NETWORKS_MAX} networks");
        return Err(ApiError::bad(message));
    }
    for network in all {
        let Some((address, prefix)) = network.split_once('/') else {
            return Err(ApiError::bad(format!(
                "Invalid network format: \"{network}\". Missing CIDR prefix length (e.g., /24)"
            )));
        };
        if address.parse::<Ipv4Addr>().is_err() {
            return Err(ApiError::bad(format!(
                "Invalid IP address: \"{address}\" in network \"{network}\". Must be a valid IPv4 address"
            )));
        }
        if !prefix
            .parse::<u8>()
            .is_ok_and(|prefix| prefix <= PREFIX_MAX)
        {
            // The contract does not give this sentence.
            return Err(ApiError::bad(format!(
                "Invalid CIDR prefix length: \"{prefix}\" in network \"{network}\". Must be between 0 and 32"
            )));
        }
    }
    Ok(())
}

/// The contract gives the bound and the form, not the sentences.
fn domains(list: &str) -> Result<(), ApiError> {
    let all = entries(list);
    if all.len() > NETWORKS_MAX {
        let message = format!("Domain allow list cannot contain more than {NETWORKS_MAX} domains");
        return Err(ApiError::bad(message));
    }
    for domain in all {
        let bare = domain.strip_prefix("*.").unwrap_or(domain);
        let label = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if !bare.split('.').all(label) {
            return Err(ApiError::bad(format!("Invalid domain: \"{domain}\"")));
        }
    }
    Ok(())
}

fn entries(list: &str) -> Vec<&str> {
    let entries = list.split(',').map(str::trim);
    entries.filter(|entry| !entry.is_empty()).collect()
}
