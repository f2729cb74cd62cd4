//! What a host of MCP servers is told to start, as the original's generator tells it.
//!
//! Comes in: variables of the host's environment, and the fixes of the stack. Goes out: JSON with
//! the keys and tokens that the servers need. Deliberately absent: the servers of a `LiteLLM` gateway,
//! which the original asks the gateway for.

use cutover_base::fixes::Fixes;
use cutover_js::{Array, Object, Value, json};

/// Where the original's servers lie.
const FOLDER: &str = "/opt/lap/opencode-sandbox-mcp";

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// opencode: the value of `mcp` in `opencode.json`, as the original's generator prints it.
    Opencode,
    /// Claude Code: `.mcp.json`.
    Claude,
    /// Cursor: `mcp.json`.
    Cursor,
}

/// A server that the host starts.
struct Entry {
    name: &'static str,
    command: Vec<String>,
    environment: Object,
}

/// The configuration for a host of these variables, as JSON in one line.
///
/// `own` is the command that starts this server. The original mounts its own server, and only where
/// `E2B_API_KEY` is set; where that is repaired (Q03) this server is mounted where the platform is
/// known.
pub fn config(
    host: Host,
    variable: impl Fn(&str) -> Option<String>,
    fixes: &Fixes,
    own: &[&str],
) -> String {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let sandbox = if fixes.has("Q03") {
        repaired(&set, own)
    } else {
        original(&set)
    };
    // Whoever has no folder of the original's has none of its servers, and this one stands alone.
    let with_others = !fixes.has("Q03") || set("LAP_MCP_DIR").is_some();
    let others = [memory(&set), reporter(&set)];
    let others = others.into_iter().flatten().filter(|_| with_others);
    let entries = sandbox.into_iter().chain(others);
    let told: Object = match host {
        Host::Opencode => entries.map(|it| (it.name, it.opencode())).collect(),
        Host::Claude | Host::Cursor => {
            let servers: Object = entries.map(|it| (it.name, it.usual(host))).collect();
            [("mcpServers", Value::from(servers))].into_iter().collect()
        }
    };
    json::stringify(&told.into())
}

impl Entry {
    fn opencode(self) -> Value {
        let command: Array = self.command.into_iter().map(Value::from).collect();
        let mut entry = Object::new();
        entry.insert("type", "local");
        entry.insert("command", Value::Array(command));
        entry.insert("enabled", true);
        entry.insert("environment", self.environment);
        entry.into()
    }

    fn usual(self, host: Host) -> Value {
        let mut command = self.command.into_iter().map(Value::from);
        let mut entry = Object::new();
        if host == Host::Claude {
            entry.insert("type", "stdio");
        }
        entry.insert("command", command.next().unwrap_or_else(|| "".into()));
        entry.insert("args", Value::Array(command.collect()));
        entry.insert("env", self.environment);
        entry.into()
    }
}

/// Variables of which those that are set are handed on.
fn handed_on(set: &dyn Fn(&str) -> Option<String>, names: &[&str]) -> Object {
    let found = names.iter().filter_map(|name| Some((*name, set(name)?)));
    found.collect()
}

fn node(folder: &str, file: &str) -> Vec<String> {
    let folder = folder.trim_end_matches('/');
    vec!["node".to_owned(), format!("{folder}/{file}")]
}

fn folder(set: &dyn Fn(&str) -> Option<String>) -> String {
    set("LAP_MCP_DIR").unwrap_or_else(|| FOLDER.to_owned())
}

/// The original's server, behind a key that it no longer needs.
fn original(set: &dyn Fn(&str) -> Option<String>) -> Option<Entry> {
    let mut environment = Object::new();
    environment.insert("E2B_API_KEY", set("E2B_API_KEY")?);
    let template = set("E2B_TEMPLATE");
    environment.insert(
        "E2B_TEMPLATE",
        template.unwrap_or_else(|| "base".to_owned()),
    );
    let more = [
        "LAP_BASE_URL",
        "LAP_AUTH_TOKEN",
        "MASTER_KEY",
        "SESSION_ID",
        "VAULT_URL",
        "VAULT_PROXY_TOKEN",
    ];
    for (name, value) in handed_on(set, &more).iter() {
        environment.insert(name.clone(), value.clone());
    }
    Some(Entry {
        name: "sandbox",
        command: node(&folder(set), "sandbox-mcp.mjs"),
        environment,
    })
}

/// This server, in front of a platform.
fn repaired(set: &dyn Fn(&str) -> Option<String>, own: &[&str]) -> Option<Entry> {
    set("LAP_BASE_URL")?;
    let names = ["LAP_BASE_URL", "LAP_AUTH_TOKEN", "MASTER_KEY", "SESSION_ID"];
    Some(Entry {
        name: "sandbox",
        command: own.iter().map(|&word| word.to_owned()).collect(),
        environment: handed_on(set, &names),
    })
}

/// The platform's address as the original's other servers get it.
fn base(set: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let base = set("LAP_BASE_URL")?;
    let base = base.trim_end_matches('/');
    (!base.is_empty()).then(|| base.to_owned())
}

fn access(set: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    set("LAP_ACCESS_TOKEN").or_else(|| set("LAP_AUTH_TOKEN"))
}

/// The original's server of memories: an agent's, or of all sessions.
fn memory(set: &dyn Fn(&str) -> Option<String>) -> Option<Entry> {
    let mut environment = Object::new();
    environment.insert("LAP_BASE_URL", base(set)?);
    let (more, folder): (&[&str], String) = match (set("AGENT_ID"), access(set)) {
        (Some(agent), access) => {
            environment.insert("AGENT_ID", agent);
            environment.insert("LAP_ACCESS_TOKEN", access?);
            let more = &[
                "LAP_REFRESH_TOKEN",
                "SESSION_ID",
                "HTTPS_PROXY",
                "NODE_EXTRA_CA_CERTS",
            ];
            (more, folder(set))
        }
        (None, access) => {
            environment.insert("LAP_MEMORY_SESSION_SCOPED", "1");
            if access.is_none() {
                set("MASTER_KEY")?;
            }
            if let Some(access) = access {
                environment.insert("LAP_ACCESS_TOKEN", access);
            }
            let more = &["MASTER_KEY", "HTTPS_PROXY", "NODE_EXTRA_CA_CERTS"];
            // The original looks for this one in its own place alone.
            (more, FOLDER.to_owned())
        }
    };
    for (name, value) in handed_on(set, more).iter() {
        environment.insert(name.clone(), value.clone());
    }
    Some(Entry {
        name: "lap-memory",
        command: node(&folder, "memory-mcp.mjs"),
        environment,
    })
}

/// The original's server for complaints.
fn reporter(set: &dyn Fn(&str) -> Option<String>) -> Option<Entry> {
    let mut environment = Object::new();
    environment.insert("LAP_BASE_URL", base(set)?);
    environment.insert("LAP_ACCESS_TOKEN", access(set)?);
    let more = [
        "AGENT_ID",
        "LAP_REFRESH_TOKEN",
        "HTTPS_PROXY",
        "NODE_EXTRA_CA_CERTS",
    ];
    for (name, value) in handed_on(set, &more).iter() {
        environment.insert(name.clone(), value.clone());
    }
    Some(Entry {
        name: "lap-issue-reporter",
        command: node(&folder(set), "report-issue-mcp.mjs"),
        environment,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(host: Host, fixes: &Fixes, variables: &[(&str, &str)]) -> String {
        let find = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        config(host, find, fixes, &["cutover", "mcp"])
    }

    #[test]
    fn the_sandbox_server_needs_a_key_until_repaired() {
        let platform = [("LAP_BASE_URL", "http://p/"), ("LAP_AUTH_TOKEN", "")];
        assert_eq!(told(Host::Opencode, &Fixes::none(), &platform), "{}");
        assert_eq!(
            told(Host::Opencode, &Fixes::all(), &platform),
            r#"{"sandbox":{"type":"local","command":["cutover","mcp"],"enabled":true,"environment":{"LAP_BASE_URL":"http://p/"}}}"#
        );
        let key = [("E2B_API_KEY", "k"), ("LAP_BASE_URL", "")];
        assert_eq!(told(Host::Opencode, &Fixes::all(), &key), "{}");
    }

    #[test]
    fn each_host_reads_its_own_form() {
        let platform = [("LAP_BASE_URL", "http://p"), ("SESSION_ID", "s")];
        let rest = r#""command":"cutover","args":["mcp"],"env":{"LAP_BASE_URL":"http://p","SESSION_ID":"s"}}}}"#;
        assert_eq!(
            told(Host::Claude, &Fixes::all(), &platform),
            format!(r#"{{"mcpServers":{{"sandbox":{{"type":"stdio",{rest}"#)
        );
        assert_eq!(
            told(Host::Cursor, &Fixes::all(), &platform),
            format!(r#"{{"mcpServers":{{"sandbox":{{{rest}"#)
        );
        assert_eq!(
            told(Host::Cursor, &Fixes::all(), &[]),
            r#"{"mcpServers":{}}"#
        );
    }

    #[test]
    fn the_other_servers_of_the_original_need_an_address_and_a_token() {
        let names = |variables: &[(&str, &str)]| {
            let told = told(Host::Opencode, &Fixes::none(), variables);
            let told = json::parse(told.as_bytes()).unwrap();
            let told = told.as_object().unwrap();
            told.keys().map(ToString::to_string).collect::<Vec<_>>()
        };
        let base = ("LAP_BASE_URL", "http://p");
        let agent = ("AGENT_ID", "a");
        assert!(names(&[("LAP_BASE_URL", "///"), ("LAP_ACCESS_TOKEN", "t")]).is_empty());
        assert!(names(&[base, agent, ("MASTER_KEY", "m")]).is_empty());
        assert_eq!(names(&[base, ("MASTER_KEY", "m")]), ["lap-memory"]);
        assert_eq!(
            names(&[base, agent, ("LAP_AUTH_TOKEN", "t")]),
            ["lap-memory", "lap-issue-reporter"]
        );
    }

    #[test]
    fn beside_this_server_they_stand_only_where_their_folder_is_named() {
        let here = [("LAP_BASE_URL", "http://p"), ("LAP_AUTH_TOKEN", "t")];
        let alone = told(Host::Opencode, &Fixes::all(), &here);
        assert!(!alone.contains("lap-"), "{alone}");
        let there = [here[0], here[1], ("LAP_MCP_DIR", "/lap")];
        let both = told(Host::Opencode, &Fixes::all(), &there);
        assert!(
            both.contains("lap-memory") && both.contains("/lap/report-issue"),
            "{both}"
        );
    }
}
