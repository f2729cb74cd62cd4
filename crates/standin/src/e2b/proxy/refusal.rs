//! What the proxy answers in a sandbox's place (contract 2.2).

use axum::http::header::{ACCEPT, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use crate::e2b::reply::{Route, respond};

/// Where the token of user ports is sent.
pub(crate) const TRAFFIC_HEADER: &str = "e2b-traffic-access-token";

/// Why a request does not get to a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Killed, expired, paused, or never there.
    NotFound,
    /// Nothing listens.
    PortClosed { port: u16 },
    /// What would wake it up does not show what it needs.
    ResumeDenied,
    /// No token for user ports.
    TokenMissing,
    /// Another token.
    TokenInvalid,
    /// It is on its way from one state to another.
    Transitioning,
    /// Too many requests at once.
    TooManyConnections { limit: usize },
    /// The plan has no room for one more that runs.
    TeamLimit { message: String },
    /// A path of envd that only the control plane may use.
    Reserved { path: String },
    /// Something that the stand-in does not do.
    NotImplemented { what: String },
}

impl Refusal {
    /// The answer: JSON, or a page for a person with a browser.
    pub(crate) fn answer(&self, route: &Route, id: &str, asks: &HeaderMap) -> Response {
        let status = self.status();
        if !wants_page(asks) {
            return route.json(status, self.body(id));
        }
        let code = status.as_u16();
        let message = escaped(&self.message());
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
             <title>{code}</title></head>\n<body><h1>{code}</h1><p>{message}</p>\
             <p>{}</p></body>\n</html>\n",
            escaped(id)
        );
        respond(status, "text/html; charset=utf-8", page)
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::PortClosed { .. } => StatusCode::BAD_GATEWAY,
            Self::ResumeDenied | Self::TokenMissing | Self::TokenInvalid => StatusCode::FORBIDDEN,
            Self::Transitioning => StatusCode::CONFLICT,
            Self::TooManyConnections { .. } | Self::TeamLimit { .. } => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Reserved { .. } => StatusCode::NOT_FOUND,
            Self::NotImplemented { .. } => StatusCode::NOT_IMPLEMENTED,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotFound => "The sandbox was not found".to_owned(),
            Self::PortClosed { .. } => "The sandbox is running but port is not open".to_owned(),
            Self::ResumeDenied => "This sandbox can't be resumed with the credentials provided. \
                                   Check your access token and try again."
                .to_owned(),
            Self::TokenMissing => format!(
                "Sandbox is secured with traffic access token. Token header '{TRAFFIC_HEADER}' is \
                 missing"
            ),
            Self::TokenInvalid => format!(
                "Sandbox is secured with traffic access token. Provided token in header \
                 '{TRAFFIC_HEADER}' is invalid"
            ),
            Self::Transitioning => {
                "The sandbox is still transitioning. Try again in a moment.".to_owned()
            }
            Self::TooManyConnections { limit } => {
                format!("The sandbox has too many concurrent incoming connections (limit: {limit})")
            }
            Self::TeamLimit { message } => message.clone(),
            Self::Reserved { .. } => "This endpoint is reserved for the E2B control plane and is \
                                      not reachable through the sandbox URL"
                .to_owned(),
            Self::NotImplemented { what } => format!("the stand-in does not implement {what}"),
        }
    }

    fn body(&self, id: &str) -> Value {
        let message = self.message();
        let code = self.status().as_u16();
        match self {
            Self::Reserved { path } => json!({"message": message, "path": path, "code": code}),
            Self::PortClosed { port } => {
                json!({"sandboxId": id, "message": message, "port": port, "code": code})
            }
            Self::TooManyConnections { limit } => json!({
                "sandboxId": id,
                "message": message,
                "code": code,
                "connectionLimit": limit,
            }),
            _ => json!({"sandboxId": id, "message": message, "code": code}),
        }
    }
}

/// Whether a person looks at the answer: a browser's agent, not a script's request, and no
/// preference for JSON.
fn wants_page(headers: &HeaderMap) -> bool {
    let text = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    let scripted = ["cors", "no-cors", "same-origin"].contains(&text("sec-fetch-mode"))
        || headers.contains_key("x-requested-with");
    let agent = text(USER_AGENT.as_str());
    let accept = text(ACCEPT.as_str());
    let json = quality(accept, "application/json");
    let html = quality(accept, "text/html");
    agent.contains("Mozilla/") && !scripted && (json == 0 || html >= json)
}

/// The quality of a media type in thousandths; 0 when it is not named.
fn quality(accept: &str, media: &str) -> u16 {
    let mut named = accept.split(',').map(|part| {
        let mut pieces = part.split(';').map(str::trim);
        let fits = pieces
            .next()
            .is_some_and(|it| it.eq_ignore_ascii_case(media));
        let quality = pieces.find_map(|piece| piece.strip_prefix("q="));
        let (whole, rest) = quality.unwrap_or("1").split_once('.').unwrap_or(("", ""));
        let thousandths: u16 = match (quality, whole) {
            (None, _) => 1000,
            (Some(_), "0") => format!("{rest:0<3}")
                .get(..3)
                .and_then(|it| it.parse().ok())
                .unwrap_or(0),
            (Some("0"), _) => 0,
            (Some(_), _) => 1000,
        };
        (fits, thousandths)
    });
    named
        .find(|(fits, _)| *fits)
        .map_or(0, |(_, quality)| quality)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_gets_a_page() {
        const BROWSER: (&str, &str) = ("user-agent", "Mozilla/5.0 (X11)");
        for (headers, expected) in [
            (vec![], false),
            (vec![BROWSER], true),
            (vec![("user-agent", "curl/8")], false),
            (vec![BROWSER, ("sec-fetch-mode", "navigate")], true),
            (vec![BROWSER, ("sec-fetch-mode", "cors")], false),
            (vec![BROWSER, ("x-requested-with", "XMLHttpRequest")], false),
            (vec![BROWSER, ("accept", "application/json")], false),
            (
                vec![BROWSER, ("accept", "text/html, application/json")],
                true,
            ),
            (
                vec![
                    BROWSER,
                    ("accept", "text/html;q=0.8,application/json;q=0.9"),
                ],
                false,
            ),
            (
                vec![BROWSER, ("accept", "text/html;q=0.9,application/json;q=0")],
                true,
            ),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.insert(*name, value.parse().unwrap());
            }
            assert_eq!(wants_page(&map), expected, "{headers:?}");
        }
        assert_eq!(escaped("<a>&\"'"), "&lt;a&gt;&amp;&quot;&#39;");
    }

    #[test]
    fn each_refusal_has_the_providers_status_and_members() {
        for (refusal, status, rest) in [
            (Refusal::NotFound, 502, json!({})),
            (Refusal::PortClosed { port: 8 }, 502, json!({"port": 8})),
            (Refusal::ResumeDenied, 403, json!({})),
            (Refusal::Transitioning, 409, json!({})),
            (
                Refusal::TooManyConnections { limit: 7 },
                429,
                json!({"connectionLimit": 7}),
            ),
            (
                Refusal::TeamLimit {
                    message: "m".to_owned(),
                },
                429,
                json!({}),
            ),
        ] {
            let mut body = refusal.body("iabc");
            let members = body.as_object_mut().unwrap();
            assert_eq!(members.shift_remove("sandboxId"), Some(json!("iabc")));
            assert_eq!(members.shift_remove("code"), Some(json!(status)));
            let message = members.shift_remove("message").unwrap();
            assert_eq!(message, json!(refusal.message()));
            assert_eq!(body, rest, "{refusal:?}");
        }
        let limited = Refusal::TooManyConnections { limit: 7 }.message();
        assert!(limited.ends_with("(limit: 7)"), "{limited}");
    }
}
