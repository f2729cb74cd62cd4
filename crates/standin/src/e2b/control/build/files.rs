//! `GET /templates/{id}/files/{hash}`: whether files are here, and where they may be sent.

use serde_json::{Value, json};

use crate::e2b::app::App;
use crate::e2b::auth;
use crate::e2b::control::build::asked;
use crate::e2b::control::build::upload::UPLOADS;
use crate::e2b::error::ControlError;

/// Whether a hash is one.
pub(super) fn is_hash(text: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 64 && text.bytes().all(hex)
}

/// The answer.
pub(crate) fn link(app: &App, template: &str, hash: &str) -> Result<Value, ControlError> {
    if !is_hash(hash) {
        return Err(ControlError::bad_request("Invalid files hash"));
    }
    asked::template(app, template)?;
    // The address is given even for what is here: a client may insist on sending it again.
    let token = auth::new_token();
    let url = format!("http://{}{UPLOADS}{token}", app.addr);
    let present = app.workshop.uploads.get(hash).is_some();
    app.workshop.uploads.expect(token, hash);
    Ok(json!({"present": present, "url": url}))
}
