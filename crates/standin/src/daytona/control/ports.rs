//! Preview addresses as the control plane gives them (contract 1.5).

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::control::ApiError;
use crate::daytona::life;
use crate::daytona::preview;
use crate::daytona::sandbox::Sandbox;

const EXPIRES_S_DEFAULT: i64 = 60;
const EXPIRES_S_MAX: i64 = 24 * 60 * 60;

/// Letters and digits of a signed address's token.
const TOKEN_CHARS: usize = 16;

/// `GET .../ports/{port}/preview-url`.
pub(super) fn preview_url(app: &App, sandbox: &Sandbox, port: &str) -> Result<Value, ApiError> {
    let port = read(port)?;
    let id = &sandbox.fixed.id;
    Ok(json!({
        "sandboxId": id,
        "url": preview::url(port, id, app.addr.port()),
        "token": sandbox.facts().preview_token,
    }))
}

/// `GET .../ports/{port}/signed-preview-url?expiresInSeconds`.
pub(super) fn signed(
    app: &App,
    sandbox: &Sandbox,
    port: &str,
    asked: &Asked,
) -> Result<Value, ApiError> {
    let port = read(port)?;
    let seconds = match asked
        .param("expiresInSeconds")
        .filter(|text| !text.is_empty())
    {
        None => EXPIRES_S_DEFAULT,
        Some(text) => text
            .parse()
            .map_err(|_| ApiError::bad("Validation failed (numeric string is expected)"))?,
    };
    if !(1..=EXPIRES_S_MAX).contains(&seconds) {
        let message = "expiresInSeconds must be between 1 second and 24 hours";
        return Err(ApiError::bad(message));
    }
    let mut token = life::new_token();
    token.truncate(TOKEN_CHARS);
    let id = sandbox.fixed.id.clone();
    let url = preview::url(port, &token, app.addr.port());
    let answer = json!({"sandboxId": id, "port": port, "token": token, "url": url});
    app.signed.add(token, (port, id), app.now(), seconds);
    Ok(answer)
}

/// `POST .../ports/{port}/signed-preview-url/{token}/expire`.
pub(super) fn expire(
    app: &App,
    sandbox: &Sandbox,
    port: &str,
    token: &str,
) -> Result<StatusCode, ApiError> {
    app.signed.expire(token, read(port)?, &sandbox.fixed.id);
    Ok(StatusCode::CREATED)
}

fn read(port: &str) -> Result<u16, ApiError> {
    let number: i64 = port
        .parse()
        .map_err(|_| ApiError::bad("Validation failed (numeric string is expected)"))?;
    let port = u16::try_from(number).ok().filter(|port| *port > 0);
    port.ok_or_else(|| ApiError::bad("Invalid port"))
}
