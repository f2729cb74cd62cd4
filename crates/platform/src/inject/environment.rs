//! The environment of a new sandbox.

use std::time::Duration;

use cutover_base::secret::Secret;
use cutover_js::url::proxy_address;
use cutover_js::{Object, Value};
use indexmap::IndexMap;

use super::crypt::is_readable;
use super::stub::derive_stub;
use crate::model::Agent;
use crate::settings::Settings;

/// Where the vault's certificate lies in a sandbox.
pub const CA_PATH: &str = "/tmp/vault-ca.crt";
/// The command that adds the sandbox's own certificates to the vault's.
pub const CA_MERGE: &str = "cat /etc/ssl/certs/ca-certificates.crt /tmp/vault-ca.crt > \
                            /tmp/combined-ca.crt && mv /tmp/combined-ca.crt /tmp/vault-ca.crt";
/// The label of a sandbox that no other has: where the answer to its creation is lost, it is found by it.
pub const ATTEMPT: &str = "attempt";
/// How long that command may take.
pub const CA_MERGE_TIMEOUT: Duration = Duration::from_secs(10);

/// The variables that point at the certificate.
const CA_VARIABLES: [&str; 4] = [
    "GIT_SSL_CAINFO",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
];

/// What a new sandbox gets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Variables and values.
    pub variables: IndexMap<String, String>,
    /// The vault's certificate, to be written to [`CA_PATH`] and merged with [`CA_MERGE`] once the
    /// sandbox is there. Neither may fail the sandbox: the variables point at the file anyway.
    pub ca_certificate: Option<String>,
    /// Labels of the sandbox, beside those of the provider. Agents do not see them.
    pub labels: IndexMap<String, String>,
}

/// Makes the environment for a sandbox of an agent: stubs for the agent's variables, below them the
/// platform's own, below them the proxy, below them the certificate. What is below wins.
pub fn environment(agent: &Agent, settings: &Settings) -> Environment {
    let mut variables = IndexMap::new();
    let agent_id = agent.agent_id.to_string_lossy();
    let stored = agent
        .env_vars
        .as_object()
        .into_iter()
        .flat_map(Object::iter);
    for (name, value) in stored {
        let Value::String(value) = value else {
            continue;
        };
        // To JavaScript an assignment to this name makes no member.
        if *name != "__proto__" && is_readable(value, settings.encryption_key.as_ref()) {
            let name = name.to_string_lossy();
            variables.insert(name.to_string(), derive_stub(&agent_id, &name));
        }
    }
    let platform = derive_stub("platform", "LITELLM_API_KEY");
    variables.insert("LITELLM_API_KEY".to_owned(), platform);
    let mut ca_certificate = None;
    if let Some(vault) = &settings.vault_url {
        let token = settings.vault_proxy_token.as_ref().map(Secret::expose);
        let proxy = proxy_address(vault, token);
        for name in ["HTTPS_PROXY", "HTTP_PROXY"] {
            variables.insert(name.to_owned(), proxy.clone());
        }
        // A certificate without a vault is of no use.
        ca_certificate = settings
            .vault_ca_certificate
            .as_ref()
            .map(|it| it.replace("\\n", "\n"));
    }
    if ca_certificate.is_some() {
        for name in CA_VARIABLES {
            variables.insert(name.to_owned(), CA_PATH.to_owned());
        }
    }
    Environment {
        variables,
        ca_certificate,
        labels: IndexMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use cutover_js::json;

    use super::*;
    use crate::settings::Variables;

    fn made(env_vars: &str, set: &[(&str, &str)]) -> Environment {
        let mut variables = Variables::new();
        for (name, value) in [("MASTER_KEY", "sk-master-0"), ("DATABASE_URL", "x")] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        let set = set
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        variables.extend(set);
        let agent = Agent {
            env_vars: json::parse(env_vars.as_bytes()).unwrap(),
            ..Agent::new("clx123".into())
        };
        environment(&agent, &Settings::read(&variables).unwrap())
    }

    #[test]
    fn only_what_can_be_read_gets_a_stub() {
        let made = made(
            r#"{"GITHUB_TOKEN":"plain","LITELLM_API_KEY":"mine","EMPTY":"","NUM":5,"NULL":null,
                "OBJ":{},"ENC_BAD":"enc:v1:!!!!","__proto__":"x"}"#,
            &[],
        );
        let wanted = [
            ("GITHUB_TOKEN", "stub_clx123_github_token"),
            ("LITELLM_API_KEY", "stub_platform_litellm_api_key"),
            ("EMPTY", "stub_clx123_empty"),
        ];
        let found: Vec<_> = made
            .variables
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(found, wanted);
        assert_eq!(made.ca_certificate, None);
    }

    #[test]
    fn variables_that_are_no_object_are_none() {
        for env_vars in ["[\"A\"]", "null", "\"A\"", "5"] {
            let made = made(env_vars, &[]);
            assert_eq!(
                made.variables.keys().collect::<Vec<_>>(),
                ["LITELLM_API_KEY"]
            );
        }
    }

    #[test]
    fn the_vault_brings_proxy_and_certificate() {
        let url = ("VAULT_URL", "http://vault.example:14322");
        let token = ("VAULT_PROXY_TOKEN", "t");
        let ca = ("VAULT_CA_CRT", "a\\nb\nc");
        let made_with = made("{}", &[url, token, ca]);
        let proxy = "http://x:t@vault.example:14322/";
        assert_eq!(made_with.variables["HTTPS_PROXY"], proxy);
        assert_eq!(made_with.variables["HTTP_PROXY"], proxy);
        assert_eq!(made_with.variables["SSL_CERT_FILE"], CA_PATH);
        assert_eq!(made_with.variables.len(), 7);
        assert_eq!(made_with.ca_certificate.as_deref(), Some("a\nb\nc"));
        assert_eq!(made("{}", &[ca]).variables.len(), 1);
        assert_eq!(made("{}", &[token]).variables.len(), 1);
        assert_eq!(made("{}", &[url]).variables["HTTP_PROXY"], url.1);
    }
}
