//! What a provider answered to somebody else's request, by the drivers' own tables.

use reqwest::header::{HeaderMap, HeaderValue};

use crate::call::{Failure, FailureClass, Provider};
use crate::driver::control_plane::Route;
use crate::driver::http::Refusal;
use crate::driver::{daytona, e2b};

/// An answer that another client of the provider got.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Who answered.
    pub provider: Provider,
    /// What was asked for: `create`, `list`, `info`, `destroy`, or something of a sandbox's inside.
    pub operation: &'static str,
    /// The status.
    pub status: u16,
    /// The beginning of the body.
    pub body: &'a [u8],
}

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The provider did its work.
    Done,
    /// It refused or failed.
    Failed(Failure),
    /// It failed, unless the sandbox is not there or does not run: the control plane knows.
    Doubtful(Failure),
}

impl Seen<'_> {
    /// What the answer comes to.
    pub fn meaning(&self) -> Meaning {
        if self.status < 400 {
            return Meaning::Done;
        }
        let refusal = self.refusal();
        let route = match self.operation {
            "create" | "list" => Some(Route::Create),
            "info" | "extend" | "destroy" => Some(Route::Sandbox),
            _ => None,
        };
        match (self.provider, route) {
            (Provider::E2b, Some(route)) => Meaning::Failed(e2b::of_control(&refusal, route)),
            (Provider::E2b, None) => Meaning::Failed(e2b::of_envd(&refusal)),
            (Provider::Daytona, Some(route)) => {
                Meaning::Failed(daytona::of_control(&refusal, route))
            }
            (Provider::Daytona, None) => match daytona::of_toolbox(&refusal) {
                daytona::Meaning::Told(failure) => Meaning::Failed(failure),
                daytona::Meaning::Doubtful(failure) => Meaning::Doubtful(failure),
            },
        }
    }

    /// The answer as the tables take it. What kind of body it is shows in its beginning.
    fn refusal(&self) -> Refusal {
        let kind = match self.body.trim_ascii_start().first() {
            Some(b'{') => "application/json",
            Some(b'<') => "text/html",
            _ => "text/plain",
        };
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(kind));
        Refusal {
            op: self.operation,
            status: self.status,
            headers,
            body: String::from_utf8_lossy(self.body).into_owned(),
            attempt: 1,
        }
    }
}

/// What an error that ended a stream of E2B's comes to.
pub fn stream_failure(code: &str, message: &str) -> Failure {
    e2b::of_stream(code, message)
}

/// An exchange without an answer that can be used.
pub fn broken(reason: &str) -> Failure {
    Failure::new(FailureClass::Unavailable, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureClass as C;

    const E2B: Provider = Provider::E2b;
    const DAYTONA: Provider = Provider::Daytona;
    const GONE: &str =
        r#"{"code":404,"message":"Sandbox \"i\" doesn't exist or you don't have access to it"}"#;
    const STOPPED: &str = r#"{"statusCode":400,"message":"bad request: no IP address found. Is the Sandbox started?"}"#;
    const NONE: &str = r#"{"statusCode":404,"message":"Sandbox with ID or name i not found"}"#;
    const KEY: &str = r#"{"code":401,"message":"no"}"#;

    /// Provider, operation, status, body; class, and whether only the control plane can tell.
    type Row = (Provider, &'static str, u16, &'static str, Option<(C, bool)>);

    const ROWS: [Row; 9] = [
        (E2B, "create", 201, "{}", None),
        (E2B, "list", 401, KEY, Some((C::Unauthorized, false))),
        (E2B, "info", 404, GONE, Some((C::SandboxGone, false))),
        (E2B, "create", 401, KEY, Some((C::Unauthorized, false))),
        (E2B, "execute", 503, "<html>", Some((C::Unavailable, false))),
        (E2B, "info", 404, "<html>", Some((C::Internal, false))),
        (DAYTONA, "info", 404, NONE, Some((C::SandboxGone, false))),
        (
            DAYTONA,
            "execute",
            400,
            STOPPED,
            Some((C::Unavailable, true)),
        ),
        (
            DAYTONA,
            "create",
            429,
            "slow",
            Some((C::RateLimited, false)),
        ),
    ];

    #[test]
    fn answers_are_read_by_the_drivers_tables() {
        for (provider, operation, status, body, wanted) in ROWS {
            let seen = Seen {
                provider,
                operation,
                status,
                body: body.as_bytes(),
            };
            let class = match seen.meaning() {
                Meaning::Failed(failure) => Some((failure.class, false)),
                Meaning::Doubtful(failure) => Some((failure.class, true)),
                Meaning::Done => None,
            };
            assert_eq!(class, wanted, "{operation} {status} {body}");
        }
        let late = stream_failure("deadline_exceeded", "context deadline exceeded");
        assert_eq!(late.class, C::Timeout);
        assert_eq!(broken("reset").class, C::Unavailable);
    }
}
