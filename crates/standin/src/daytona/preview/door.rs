//! Who may enter by a preview address (contract 2.1, 2.2).

use axum::http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::sandbox::Sandbox;

/// The header that carries a preview token.
pub(super) const TOKEN_HEADER: &str = "x-daytona-preview-token";

/// The query parameter that carries it.
pub(super) const TOKEN_PARAM: &str = "DAYTONA_SANDBOX_AUTH_KEY";

const NOTHING: &str = "missing authentication: provide a preview access token (via header, query \
                       parameter, or cookie) or use an API key or JWT";

/// Whether what a request carries opens a sandbox.
///
/// # Errors
/// What was wrong with each of them, as the proxy says it.
pub(in crate::daytona) fn admits(
    app: &App,
    sandbox: Option<&Sandbox>,
    asked: &Asked,
) -> Result<(), String> {
    let token = sandbox.map(|sandbox| sandbox.facts().preview_token.clone());
    let opens = |given: &str| token.as_deref() == Some(given);
    let mut wrong = Vec::new();
    if let Some(key) = asked.bearer() {
        if key == app.key && sandbox.is_some() {
            return Ok(());
        }
        wrong.push("Bearer token is invalid");
    }
    if let Some(given) = asked.header(TOKEN_HEADER) {
        if opens(given) {
            return Ok(());
        }
        wrong.push("Auth key header is invalid");
    }
    if let Some(given) = asked.param(TOKEN_PARAM) {
        if opens(&given) {
            return Ok(());
        }
        wrong.push("Auth key query parameter is invalid");
    }
    if let Some(sandbox) = sandbox
        && cookie(asked, &format!("daytona-sandbox-auth-{}", sandbox.fixed.id))
            .is_some_and(|given| opens(&given))
    {
        return Ok(());
    }
    if wrong.is_empty() {
        return Err(NOTHING.to_owned());
    }
    Err(format!("authentication failed: {}", wrong.join("; ")))
}

/// Lets a request to the toolbox in by a preview token, as a browser carries one: it then goes on
/// under the key. Others stay as they are.
pub(in crate::daytona) fn of_toolbox(app: &App, asked: &mut Asked) {
    if asked.bearer().is_some() {
        return;
    }
    let id = asked
        .segments("/toolbox/")
        .into_iter()
        .next()
        .unwrap_or_default();
    let Some(sandbox) = app.registry.by_id(&id) else {
        return;
    };
    if admits(app, Some(&sandbox), asked).is_ok() {
        enter(app, asked);
    }
}

/// Gives a request the key.
pub(super) fn enter(app: &App, asked: &mut Asked) {
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {}", app.key)) {
        asked.headers.insert("authorization", value);
    }
}

fn cookie(asked: &Asked, name: &str) -> Option<String> {
    let cookies = asked.header("cookie")?.split(';');
    let mut pairs = cookies.filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}

/// A request's path and query without the token.
pub(super) fn without_token(uri: &Uri) -> String {
    let path = uri.path();
    let Some(query) = uri.query() else {
        return path.to_owned();
    };
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| pair.split('=').next() != Some(TOKEN_PARAM))
        .collect();
    if rest.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", rest.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stays_outside() {
        for (uri, expected) in [
            ("/a", "/a"),
            ("/a?b=1&DAYTONA_SANDBOX_AUTH_KEY=t&c=%20", "/a?b=1&c=%20"),
            ("/?DAYTONA_SANDBOX_AUTH_KEY=t", "/"),
            ("/?b", "/?b"),
        ] {
            assert_eq!(without_token(&uri.parse().unwrap()), expected, "{uri}");
        }
    }
}
