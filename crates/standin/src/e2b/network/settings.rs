//! The settings as they were sent, and what they mean.

use serde_json::{Map, Value, json};

use crate::e2b::body::{Fields, mismatch};
use crate::e2b::error::ControlError;
use crate::e2b::network::check;

/// The members that `PUT .../network` replaces; what it leaves out is cleared.
const EGRESS: [&str; 5] = ["allowOut", "denyOut", "dnsServers", "egressProxy", "rules"];

/// The members that only a create has.
const INGRESS: [&str; 3] = ["allowPublicTraffic", "maskRequestHost", "httpsPorts"];

/// The network settings of a sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Network {
    /// `network` as it was sent, without what says nothing. `None` when it was not sent.
    settings: Option<Map<String, Value>>,
    /// `allow_internet_access` as it was sent.
    pub(crate) allow_internet: Option<bool>,
}

impl Network {
    /// Reads the members of a create. The types first, as the provider's validator does;
    /// [`Network::check`] is the handler's part.
    pub(crate) fn read(fields: &Fields) -> Result<Self, ControlError> {
        let allow_internet = fields.boolean("allow_internet_access")?;
        let settings = match fields.get("network") {
            None => None,
            Some(Value::Object(members)) => {
                check::types(members, "network/")?;
                Some(kept(members, &[&INGRESS[..], &EGRESS[..]].concat()))
            }
            Some(_) => return Err(mismatch("network", "value must be an object")),
        };
        Ok(Self {
            settings,
            allow_internet,
        })
    }

    /// Reads the body of `PUT .../network`, of which these settings keep the ingress part.
    pub(crate) fn replaced(&self, fields: &Fields) -> Result<Self, ControlError> {
        let allow_internet = fields.boolean("allow_internet_access")?;
        check::types(fields.members(), "")?;
        let mut settings = kept(fields.members(), &EGRESS);
        for (name, value) in self.settings.iter().flatten() {
            if INGRESS.contains(&name.as_str()) {
                settings.insert(name.clone(), value.clone());
            }
        }
        let replaced = Self {
            settings: Some(settings),
            allow_internet,
        };
        replaced.check()?;
        Ok(replaced)
    }

    /// What the provider's handler refuses.
    pub(crate) fn check(&self) -> Result<(), ControlError> {
        self.settings.as_ref().map_or(Ok(()), check::meaning)
    }

    /// `network` of `SandboxDetail`; the password of a proxy is not told again.
    pub(crate) fn view(&self) -> Option<Value> {
        let mut view = json!(self.settings.as_ref()?);
        if let Some(Value::Object(proxy)) = view.get_mut("egressProxy") {
            proxy.remove("password");
        }
        Some(view)
    }

    /// Whether user ports answer without a token.
    pub(crate) fn is_public(&self) -> bool {
        self.get("allowPublicTraffic").and_then(Value::as_bool) != Some(false)
    }

    /// What a user port sees as `Host`.
    pub(crate) fn masked_host(&self, port: u16) -> Option<String> {
        let mask = self.get("maskRequestHost")?.as_str()?;
        // The SDKs write the port as a placeholder.
        let host = mask.replace("${PORT}", &port.to_string());
        (!host.is_empty()).then_some(host)
    }

    /// Whether a port speaks TLS inside, which the proxy here does not.
    pub(crate) fn is_https(&self, port: u16) -> bool {
        let ports = self.get("httpsPorts").and_then(Value::as_array);
        ports.is_some_and(|ports| ports.contains(&json!(port)))
    }

    /// Whether anything limits what it may reach.
    pub(crate) fn limits_egress(&self) -> bool {
        let says = |name: &&str| match self.get(name) {
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(members)) => !members.is_empty(),
            _ => false,
        };
        self.allow_internet == Some(false) || EGRESS.iter().any(says)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.settings.as_ref()?.get(name)
    }
}

fn kept(members: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let known =
        |(name, value): &(&String, &Value)| names.contains(&name.as_str()) && !value.is_null();
    members
        .iter()
        .filter(known)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
