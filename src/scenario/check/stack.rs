//! `platform:` and `mcp:` at the top: how what stands between agent and provider is set up; and
//! `traffic:`, how much of real use the scenario is.

use std::time::Duration;

use indexmap::IndexMap;

use crate::scenario::check::fields::Fields;
use crate::scenario::check::findings::Findings;
use crate::scenario::check::scalar;
use crate::scenario::model::{McpSettings, PlatformSettings};
use crate::scenario::node::Node;

/// The limits that a platform may be given for a command.
const EXECUTE_TIMEOUT: (Duration, Duration) =
    (Duration::from_millis(1), Duration::from_secs(24 * 3600));

/// Calls of real use that one scenario may stand for: a sum of many stays exact.
pub(crate) const TRAFFIC_CALLS: (u64, u64) = (1, 1_000_000_000);

/// Reads `platform:`; at surface provider there is nothing to set up.
pub(super) fn platform(top: &Fields<'_>, findings: &mut Findings) -> PlatformSettings {
    let Some(fields) = open(top, "platform", &["env", "execute_timeout"], findings) else {
        return PlatformSettings::default();
    };
    let execute_timeout = fields.get("execute_timeout").and_then(|node| {
        scalar::duration_within(node, "`execute_timeout`", EXECUTE_TIMEOUT, findings)
    });
    PlatformSettings {
        env: env(&fields, findings),
        execute_timeout,
    }
}

/// Reads `mcp:`; only surface mcp has a server to set up.
pub(super) fn mcp(top: &Fields<'_>, findings: &mut Findings) -> McpSettings {
    let fields = open(top, "mcp", &["env"], findings);
    let env = fields.map(|fields| env(&fields, findings));
    McpSettings {
        env: env.unwrap_or_default(),
    }
}

/// Reads `traffic:`: the calls of real use that the scenario stands for; 0 where it stands for none.
pub(super) fn traffic(top: &Fields<'_>, findings: &mut Findings) -> u64 {
    let Some(fields) = open(top, "traffic", &["calls"], findings) else {
        return 0;
    };
    let calls = fields.required("calls", findings);
    let calls = calls.and_then(|node| scalar::whole(node, "`calls`", TRAFFIC_CALLS, findings));
    calls.unwrap_or_default()
}

fn open<'n>(
    top: &Fields<'n>,
    key: &str,
    known: &[&str],
    findings: &mut Findings,
) -> Option<Fields<'n>> {
    let node = top.get(key)?;
    Fields::open(node, format!("`{key}`"), known, findings)
}

fn env(fields: &Fields<'_>, findings: &mut Findings) -> IndexMap<String, Option<String>> {
    let Some(node) = fields.get("env") else {
        return IndexMap::new();
    };
    let mut env = IndexMap::new();
    for (name, value) in scalar::variables(node, "`env`", findings) {
        let value = match value {
            None => None,
            Some(template) => {
                let Some(text) = template.as_literal() else {
                    refuse_references(node, &name, findings);
                    continue;
                };
                Some(text.to_owned())
            }
        };
        env.insert(name, value);
    }
    env
}

/// The stack starts before the first step, so that there is nothing to refer to yet.
fn refuse_references(env: &Node, name: &str, findings: &mut Findings) {
    let at = env.get(name).map_or(env.at, |value| value.at);
    findings.add_with(
        at,
        format!(
            "the variable `{}` cannot refer to a value: it is set before the first step",
            name.escape_debug()
        ),
        Some("`restart_mcp` and `restart_platform` set variables later".to_owned()),
    );
}
