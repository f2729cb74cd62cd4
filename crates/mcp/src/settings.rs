//! What the server is told when it starts.

use std::time::Duration;

use cutover_base::fixes::Fixes;
use cutover_base::secret::Secret;

use crate::direct::DirectSettings;

/// Longest wait for an answer of the platform where the missing limit (Q12) is repaired. The
/// platform ends a command itself after 300 s; the rest is for its answer to arrive.
pub const CALL_LIMIT: Duration = Duration::from_secs(330);

/// The server's settings: variables of its environment, as a value, and the fixes of its stack.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `LAP_BASE_URL`: address of the platform. A password may stand in it.
    pub base: Option<Secret>,
    /// `SESSION_ID`: the session of every call; `""` counts as none in all tools but one (Q09).
    pub session_id: Option<String>,
    /// `LAP_AUTH_TOKEN`, or `MASTER_KEY` where that is unset.
    pub token: Option<Secret>,
    /// Which quirks are repaired.
    pub fixes: Fixes,
    /// Longest wait for one answer of the platform, where Q12 is repaired.
    pub call_limit: Duration,
    /// The server of before: where no session is given, E2B itself is asked. It knows no fixes.
    pub direct: Option<DirectSettings>,
}

impl Settings {
    /// The settings that these variables make.
    ///
    /// An empty `LAP_AUTH_TOKEN` is a token, as the original has it, unless Q14 is repaired.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>, fixes: Fixes) -> Self {
        let given = |name: &str| {
            let value = variable(name);
            value.filter(|value| !(fixes.has("Q14") && value.is_empty()))
        };
        let secret = |name: &str| given(name).map(|value| Secret::new(name, value));
        Self {
            base: variable("LAP_BASE_URL").map(|base| Secret::new("LAP_BASE_URL", base)),
            session_id: variable("SESSION_ID"),
            token: secret("LAP_AUTH_TOKEN").or_else(|| secret("MASTER_KEY")),
            call_limit: CALL_LIMIT,
            fixes,
            direct: None,
        }
    }

    /// The settings of the server of before, which has the direct mode.
    ///
    /// # Errors
    /// When an address of E2B is none.
    pub fn direct(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        Ok(Self {
            direct: Some(DirectSettings::from_variables(&variable)?),
            ..Self::from_variables(variable, Fixes::none())
        })
    }

    /// The lines on standard error: one at the start, one when the server answers.
    pub fn banner(&self) -> [String; 2] {
        let base = self.set_base().map(|base| {
            // The original writes the password of an address where everybody reads.
            if self.fixes.are_complete() {
                without_credentials(base)
            } else {
                base.to_owned()
            }
        });
        let session = self.session_id.as_deref().filter(|id| !id.is_empty());
        let starting = match &self.direct {
            Some(direct) => format!(
                "[sandbox-mcp] mode={} template={} vault={}",
                if session.is_some() {
                    "platform"
                } else {
                    "direct-e2b"
                },
                direct.template,
                if direct.has_vault() { "set" } else { "none" }
            ),
            None => format!(
                "[sandbox-mcp] mode=platform base={} session_env={}",
                base.as_deref().unwrap_or("<unset>"),
                if session.is_some() { "set" } else { "unset" }
            ),
        };
        [starting, "[sandbox-mcp] ready".to_owned()]
    }

    fn set_base(&self) -> Option<&str> {
        let base = self.base.as_ref().map(Secret::expose);
        base.filter(|base| !base.is_empty())
    }

    /// The platform's address, where one is set: as it stands, or without its last slashes where
    /// the doubled slash (Q13) is repaired.
    pub(crate) fn base(&self) -> Option<&str> {
        let base = self.set_base()?;
        Some(if self.fixes.has("Q13") {
            base.trim_end_matches('/')
        } else {
            base
        })
    }
}

/// An address without the user and the password before its host.
fn without_credentials(address: &str) -> String {
    let begin = address.find("://").map_or(0, |at| at + "://".len());
    let rest = &address[begin..];
    // The last `@` before a path ends them; where the path begins is not worth a doubt.
    match rest.rfind('@') {
        Some(at) => format!("{}{}", &address[..begin], &rest[at + 1..]),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)], fixes: Fixes) -> Settings {
        let find = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::from_variables(find, fixes)
    }

    #[test]
    fn an_empty_token_is_a_token_until_repaired() {
        let variables = [("LAP_AUTH_TOKEN", ""), ("MASTER_KEY", "mk")];
        let token = |fixes| settings(&variables, fixes).token;
        let secret = |name: &str, value: &str| Some(Secret::new(name, value));
        assert_eq!(token(Fixes::none()), secret("LAP_AUTH_TOKEN", ""));
        assert_eq!(token(Fixes::all()), secret("MASTER_KEY", "mk"));
    }

    #[test]
    fn last_slashes_of_the_base_stay_until_repaired() {
        let variables = [("LAP_BASE_URL", "http://h//")];
        assert_eq!(
            settings(&variables, Fixes::none()).base(),
            Some("http://h//")
        );
        assert_eq!(settings(&variables, Fixes::all()).base(), Some("http://h"));
        assert_eq!(
            settings(&[("LAP_BASE_URL", "")], Fixes::none()).base(),
            None
        );
    }

    #[test]
    fn the_banner_tells_what_is_set() {
        let set = [("LAP_BASE_URL", "http://h"), ("SESSION_ID", "s")];
        assert_eq!(
            settings(&set, Fixes::none()).banner(),
            [
                "[sandbox-mcp] mode=platform base=http://h session_env=set",
                "[sandbox-mcp] ready"
            ]
        );
        let unset = [("LAP_BASE_URL", ""), ("SESSION_ID", "")];
        assert_eq!(
            settings(&unset, Fixes::none()).banner()[0],
            "[sandbox-mcp] mode=platform base=<unset> session_env=unset"
        );
    }

    #[test]
    fn nobody_is_shown_a_secret() {
        let set = [
            ("LAP_BASE_URL", "http://me:hush@h:1/p"),
            ("LAP_AUTH_TOKEN", "sk-hush"),
        ];
        let settings = settings(&set, Fixes::all());
        assert!(!format!("{settings:?}").contains("hush"), "{settings:?}");
        assert!(!format!("{:?}", crate::Server::new(&settings)).contains("hush"));
        assert_eq!(
            settings.banner()[0],
            "[sandbox-mcp] mode=platform base=http://h:1/p session_env=unset"
        );
    }

    #[test]
    fn the_banner_of_the_server_of_before_tells_its_mode() {
        for (session, mode) in [("", "direct-e2b"), ("s", "platform")] {
            let find = |name: &str| match name {
                "SESSION_ID" => Some(session.to_owned()),
                "VAULT_URL" => Some("http://vault".to_owned()),
                _ => None,
            };
            assert_eq!(
                Settings::direct(find).unwrap().banner()[0],
                format!("[sandbox-mcp] mode={mode} template=base vault=set")
            );
        }
    }
}
