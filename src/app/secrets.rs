//! The secrets of the process's environment: keys, what stands in base URLs beside the host, and
//! those that the settings declare.

use cutover_base::redact::SECRET_CHARS_MIN;
use cutover_base::secret::Secret;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::plan::DeclaredSecret;

/// Environment variables whose values are secrets.
const SECRET_VARIABLES: [&str; 6] = [
    "E2B_API_KEY",
    "E2B_ACCESS_TOKEN",
    "DAYTONA_API_KEY",
    "DAYTONA_JWT_TOKEN",
    "CUTOVER_SOURCE_PLATFORM_TOKEN",
    "CUTOVER_TARGET_PLATFORM_TOKEN",
];

/// Environment variables with base URLs, which may hold a password or a token.
const URL_VARIABLES: [&str; 7] = [
    "E2B_API_URL",
    "E2B_SANDBOX_URL",
    "E2B_DOMAIN",
    "DAYTONA_API_URL",
    "DAYTONA_SERVER_URL",
    "CUTOVER_SOURCE_PLATFORM_URL",
    "CUTOVER_TARGET_PLATFORM_URL",
];

/// Proxies of the HTTP client; theirs is hidden, but what cannot be hidden is no reason to stop.
const PROXY_VARIABLES: [&str; 6] = [
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "https_proxy",
    "http_proxy",
    "all_proxy",
];

/// Characters from which a user's name or a parameter of a URL is taken for a token.
const TOKEN_CHARS_MIN: usize = 16;

/// A query parameter whose name holds one of these words has a secret for a value.
const SECRET_WORDS: [&str; 8] = [
    "token",
    "key",
    "secret",
    "pass",
    "pwd",
    "sig",
    "auth",
    "credential",
];

/// What is secret, and what is but cannot be hidden.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Secrets that are hidden wherever they stand.
    pub(crate) secrets: Vec<Secret>,
    /// The declared ones among them, for scenarios.
    pub(crate) declared: Vec<Secret>,
    /// Why a run must not begin, in sentences without a secret.
    pub(crate) problems: Vec<String>,
}

impl Known {
    /// Reads the environment by `var`, for the secrets of the settings as well.
    pub(crate) fn of(var: &dyn Fn(&str) -> Option<String>, declared: &[DeclaredSecret]) -> Self {
        let mut known = Self::default();
        for name in SECRET_VARIABLES {
            if let Some(value) = var(name) {
                known.hide(name, &value);
            }
        }
        for name in URL_VARIABLES {
            if let Some(value) = var(name) {
                known.url(name, &value, true);
            }
        }
        for name in PROXY_VARIABLES {
            if let Some(value) = var(name) {
                known.url(name, &value, false);
            }
        }
        for declared in declared {
            let (name, variable) = (&declared.name, &declared.variable);
            match var(variable) {
                None => known.problems.push(format!(
                    "the secret `{name}` of cutover.yaml is not set: its environment variable is \
                     `{variable}`"
                )),
                Some(value) if is_short(&value) => known.problems.push(format!(
                    "the secret `{name}` of cutover.yaml is shorter than {SECRET_CHARS_MIN} \
                     characters, which could not be hidden without hiding ordinary text"
                )),
                Some(value) => {
                    known.hide(name, &value);
                    known.declared.push(Secret::new(name.clone(), value));
                }
            }
        }
        known
    }

    fn hide(&mut self, name: &str, value: &str) {
        if self.secrets.iter().all(|had| had.expose() != value) {
            self.secrets.push(Secret::new(name, value));
        }
    }

    /// What stands in a URL beside scheme, host, port and path.
    fn url(&mut self, name: &str, value: &str, strict: bool) {
        let value = value.trim();
        let text = if value.contains("://") {
            value.to_owned()
        } else {
            format!("https://{value}")
        };
        if Url::parse(&text).is_err() && value.contains(['@', '?']) {
            // Nobody knows where in it the secret stands.
            self.hide(name, value);
            return;
        }
        let behind = text.split_once("://").map_or("", |(_, rest)| rest);
        let authority_end = behind.find(['/', '?', '#']).unwrap_or(behind.len());
        let (authority, rest) = behind.split_at(authority_end);
        if let Some((info, _)) = authority.rsplit_once('@') {
            self.both(name, info);
            let (user, password) = info.split_once(':').unwrap_or((info, ""));
            if user.chars().count() >= TOKEN_CHARS_MIN || password.is_empty() {
                self.both(name, user);
            }
            if !password.is_empty() {
                self.must_hide(name, "the password", password, strict);
            }
        }
        let query = rest.split_once('?').map_or("", |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or(("", pair));
            let key = decoded(key).to_lowercase();
            if SECRET_WORDS.iter().any(|word| key.contains(word)) && !value.is_empty() {
                self.must_hide(name, "a token in the query", value, strict);
            } else if value.chars().count() >= TOKEN_CHARS_MIN {
                self.both(name, value);
            }
        }
    }

    fn must_hide(&mut self, name: &str, what: &str, value: &str, strict: bool) {
        if strict && is_short(&decoded(value)) {
            self.problems.push(format!(
                "{name}: {what} is shorter than {SECRET_CHARS_MIN} characters, which could not be \
                 hidden without hiding ordinary text"
            ));
        }
        self.both(name, value);
    }

    /// Hides a part of a URL as it is written and as it is meant.
    fn both(&mut self, name: &str, part: &str) {
        self.hide(name, &decoded(part));
        self.hide(name, part);
    }
}

fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn is_short(value: &str) -> bool {
    value.trim().chars().count() < SECRET_CHARS_MIN
}

#[cfg(test)]
mod tests {
    use cutover_base::redact::Redactor;

    use super::*;

    fn known(variables: &[(&str, &str)], declared: &[(&str, &str)]) -> Known {
        let var = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let declared: Vec<DeclaredSecret> = declared
            .iter()
            .map(|(name, variable)| DeclaredSecret {
                name: (*name).to_owned(),
                variable: (*variable).to_owned(),
            })
            .collect();
        Known::of(&var, &declared)
    }

    fn redactor(variables: &[(&str, &str)]) -> Redactor {
        Redactor::new(known(variables, &[]).secrets)
    }

    #[test]
    fn what_stands_beside_the_host_of_a_base_url_is_hidden_in_both_spellings() {
        let (user, password) = ("svc", "p%40ss%2Fw0rd!");
        let url = format!(
            "https://{user}:{password}@host.example/api?token=t0ken%20value&region=eu-west"
        );
        let hidden = redactor(&[("E2B_API_URL", &url)]);
        for text in [
            "p%40ss%2Fw0rd!",
            "p@ss/w0rd!",
            "t0ken%20value",
            "t0ken value",
            "t0ken+value",
        ] {
            let shown = hidden.text(&format!("<{text}>"));
            assert_eq!(shown, "<<secret:E2B_API_URL>>", "{text}");
        }
        assert_eq!(hidden.text("svc host.example"), "svc host.example");
        for (url, text) in [
            ("https://0123456789abcdefXY@h/api", "0123456789abcdefXY"),
            ("https://a:b@c:d@[/", "https://a:b@c:d@[/"),
        ] {
            let shown = redactor(&[("DAYTONA_API_URL", url)]).text(text);
            assert_eq!(shown, "<secret:DAYTONA_API_URL>");
        }
    }

    #[test]
    fn what_is_unset_or_too_short_is_told_at_once() {
        let known = known(
            &[
                ("B", "short"),
                ("C", "long enough"),
                ("E2B_API_URL", "https://u:pw@h/?sig=1&x=2"),
            ],
            &[("a", "A"), ("b", "B"), ("c", "C")],
        );
        assert_eq!(known.declared.len(), 1);
        let told = known.problems.join("\n");
        for part in [
            "E2B_API_URL: the password",
            "E2B_API_URL: a token",
            "`a` of",
            "variable is `A`",
            "`b` of",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert_eq!(known.problems.len(), 4, "{told}");
        assert!(!told.contains("short "), "{told}");
    }
}
