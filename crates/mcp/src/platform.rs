//! The calls to the platform.

use cutover_base::fixes::Fixes;
use cutover_base::secret::Secret;
use cutover_js::fetch::{Client, FetchError, Limits, Response};
use cutover_js::{Object, Text, Value, json};

use crate::answer::text;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{address, issues, member};

const SESSIONS: &str = "/api/v1/managed_agents/sessions/";

/// The platform, as this server reaches it.
#[derive(Debug)]
pub(crate) struct Platform {
    client: Client,
    /// What stands before the path of an address.
    base: Secret,
    has_base: bool,
    /// The value of the header `Authorization`.
    authorization: Secret,
    has_token: bool,
    settings: Settings,
}

impl Platform {
    pub(crate) fn new(settings: &Settings) -> Self {
        let token = settings.token.as_ref().map(Secret::expose);
        // The server of before asks even without an address, whose place JavaScript's word takes.
        let base = match &settings.direct {
            Some(_) => Some(settings.base.as_ref().map_or("undefined", Secret::expose)),
            None => settings.base(),
        };
        let mut limits = Limits::default();
        if settings.fixes.has("Q12") {
            // The call's own limit comes first, and tells what it is.
            limits.headers = limits.headers.max(settings.call_limit * 2);
            limits.body_idle = limits.headers;
        }
        Self {
            client: Client::with_limits(limits),
            base: Secret::new("LAP_BASE_URL", base.unwrap_or_default()),
            has_base: settings.base().is_some(),
            // JavaScript's word for a token that is not set, sent as it is unless Q14 is repaired.
            authorization: Secret::new(
                "LAP_AUTH_TOKEN",
                format!("Bearer {}", token.unwrap_or("undefined")),
            ),
            has_token: token.is_some(),
            settings: settings.clone(),
        }
    }

    /// Whether the platform's address is set.
    pub(crate) const fn has_base(&self) -> bool {
        self.has_base
    }

    /// Asks for something of a session; the body of the answer, if its status is one of success.
    ///
    /// `path` follows the session in the address. In the original the session stands there as it is:
    /// what is special in an address is special there, and leads to another route.
    pub(crate) async fn post(
        &self,
        session: &Value,
        path: &str,
        body: Object,
    ) -> Result<Value, Failure> {
        let fixes = &self.settings.fixes;
        if fixes.has("Q14") && !self.has_token {
            return Err(Failure::refused(
                "no token. Set LAP_AUTH_TOKEN or MASTER_KEY in the environment of the MCP server.",
            ));
        }
        let mut session = session.to_js_string();
        if fixes.are_complete() {
            let Some(segment) = address::segment(&session) else {
                return Err(Failure::Refused(text(&[
                    &"session ",
                    &session,
                    &" not found",
                ])));
            };
            session = segment;
        }
        let base = self.base.expose();
        let url = text(&[&base, &SESSIONS, &session, &path]);
        let answered = self
            .ask(&url.to_string_lossy(), json::stringify(&body.into()))
            .await;
        let (status, ok, json) = answered?;
        if ok {
            return Ok(json);
        }
        Err(Failure::Refused(match member::of(&json, "error")? {
            Some(error) => refusal(error, fixes),
            None => Text::from(format!("HTTP {status}")),
        }))
    }

    /// Sends a request; the answer's status, whether it is one of success, and its body.
    async fn ask(&self, url: &str, body: String) -> Result<(u16, bool, Value), Failure> {
        let headers = [
            ("Content-Type", "application/json"),
            ("Authorization", self.authorization.expose()),
        ];
        let fixes = &self.settings.fixes;
        let limit = self.settings.call_limit;
        let response = if fixes.has("Q12") {
            self.client
                .post_json_within(url, &headers, body, limit)
                .await
        } else {
            self.client.post_json(url, &headers, body).await
        };
        let response = response.map_err(|error| self.thrown(&error))?;
        let (status, ok) = (response.status(), response.ok());
        // The body is read as JSON before the status is looked at.
        let json = self.json(response).await?;
        if fixes.has("Q11") && json.as_object().is_none() {
            return Err(not_json(status));
        }
        Ok((status, ok, json))
    }

    async fn json(&self, response: Response) -> Result<Value, Failure> {
        let status = response.status();
        match response.json().await {
            Ok(json) => Ok(json),
            // Q11: the reader's complaint hides that the platform, or who stands before it, failed.
            Err(FetchError::Syntax(_)) if self.settings.fixes.has("Q11") => Err(not_json(status)),
            Err(error) => Err(self.thrown(&error)),
        }
    }

    fn thrown(&self, error: &FetchError) -> Failure {
        match error {
            FetchError::Aborted => Failure::thrown(format!(
                "no answer from the platform within {} s",
                self.settings.call_limit.as_secs_f64()
            )),
            // These quote what they are about: the address with its password, or the token.
            FetchError::Url(_) | FetchError::Credentials(_)
                if self.settings.fixes.are_complete() =>
            {
                Failure::refused(
                    "LAP_BASE_URL is no address of a platform. Set it in the environment of the \
                     MCP server to one such as http://127.0.0.1:3000, without user and password.",
                )
            }
            FetchError::HeaderValue(_) | FetchError::ByteString { .. }
                if self.settings.fixes.are_complete() =>
            {
                Failure::refused(
                    "the token cannot be sent: it has characters that no header may have. Set \
                     LAP_AUTH_TOKEN or MASTER_KEY in the environment of the MCP server.",
                )
            }
            error => Failure::Thrown(error.message()),
        }
    }
}

fn not_json(status: u16) -> Failure {
    Failure::refused(format!(
        "HTTP {status} (the platform's answer is no JSON object)"
    ))
}

/// The platform's reason as a text.
fn refusal(error: &Value, fixes: &Fixes) -> Text {
    // Q10: the issues of a body that the platform does not take are objects, and so
    // `[object Object]`.
    if fixes.has("Q10") {
        return issues::told(error);
    }
    error.to_js_string()
}
