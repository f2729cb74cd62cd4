//! A request to a preview address: admitted, then passed on.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::Uri;
use axum::response::Response;

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::preview::address::Address;
use crate::daytona::preview::door::{admits, enter};
use crate::daytona::preview::forward::forward;
use crate::daytona::sandbox::Sandbox;
use crate::daytona::toolbox;
use crate::daytona::toolbox::{ToolError, reachable};

/// The daemon's own port.
const TOOLBOX: u16 = 2280;

/// Ports that are closed to strangers even when the sandbox is public (contract 2.1).
const GUARDED: [u16; 3] = [TOOLBOX, 22_222, 33_333];

/// Answers a request to a preview address.
pub(in crate::daytona) async fn handle(
    app: Arc<App>,
    address: Address,
    request: Request,
) -> Response {
    let mut seen = Request::new(axum::body::Body::empty());
    seen.method_mut().clone_from(request.method());
    seen.uri_mut().clone_from(request.uri());
    seen.headers_mut().clone_from(request.headers());
    let (asked, _) = Asked::new(seen);
    let sandbox = match admit(&app, &address, &asked) {
        Ok(sandbox) => sandbox,
        Err(error) => {
            let path = asked.path.clone();
            return error.into_response(&app, &asked, &path);
        }
    };
    match address.port {
        TOOLBOX => to_toolbox(app, &sandbox, request).await,
        port if GUARDED.contains(&port) => {
            let what = format!("port {port}: the web terminal and the recordings");
            let path = asked.path.clone();
            ToolError::not_implemented(&what).into_response(&app, &asked, &path)
        }
        port => match forward(&app, &sandbox, port, request).await {
            Ok(response) => response,
            Err(error) => {
                let path = asked.path.clone();
                error.into_response(&app, &asked, &path)
            }
        },
    }
}

fn admit(app: &App, address: &Address, asked: &Asked) -> Result<Arc<Sandbox>, ToolError> {
    let now = app.now();
    let signed = app.signed.sandbox(&address.whose, address.port, now);
    let id = signed.as_ref().unwrap_or(&address.whose);
    let found = app.registry.by_id(id);
    let public = found.as_ref().is_some_and(|sandbox| sandbox.facts().public);
    let open = signed.is_some() || (public && !GUARDED.contains(&address.port));
    if !open {
        admits(app, found.as_deref(), asked).map_err(ToolError::unauthorized)?;
    }
    let sandbox = found.ok_or_else(|| ToolError::not_found("not found"))?;
    reachable(&sandbox)?;
    Ok(sandbox)
}

/// The daemon behind its port is the daemon behind `/toolbox/{id}`.
async fn to_toolbox(app: Arc<App>, sandbox: &Sandbox, mut request: Request) -> Response {
    let id = &sandbox.fixed.id;
    let query = request.uri().query().map(|query| format!("?{query}"));
    let path = format!(
        "/toolbox/{id}{}{}",
        request.uri().path(),
        query.unwrap_or_default()
    );
    if let Ok(uri) = path.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    let (mut asked, body) = Asked::new(request);
    enter(&app, &mut asked);
    toolbox::handle(app, asked, body).await
}
