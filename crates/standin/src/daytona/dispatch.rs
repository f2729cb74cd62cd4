//! Which part of the service a request is for: API, toolbox, a preview, or the dashboard.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use crate::daytona::app::App;
use crate::daytona::asked::Asked;
use crate::daytona::reply::{empty, text};
use crate::daytona::{control, preview, storage, toolbox};

/// Answers any request of the stand-in.
pub(super) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let shared = Arc::clone(&app);
    let address = preview::host_of(&request).and_then(preview::Address::read);
    let answer = app
        .tasks
        .detached(async move {
            if let Some(address) = address {
                return preview::handle(shared, address, request).await;
            }
            let (mut asked, body) = Asked::new(request);
            let path = &asked.path;
            if path == "/api" || path.starts_with("/api/") {
                control::handle(shared, asked, body).await
            } else if path == "/toolbox" || path.starts_with("/toolbox/") {
                preview::of_toolbox(&shared, &mut asked);
                toolbox::handle(shared, asked, body).await
            } else if control::is_log(path) {
                control::build_log(&shared, &asked)
            } else if storage::is_storage(path) {
                storage::handle(&shared.storage, shared.addr, shared.now(), asked, body).await
            } else {
                dashboard()
            }
        })
        .await;
    answer.unwrap_or_else(|| empty(StatusCode::BAD_GATEWAY))
}

/// Outside `/api/` the server gives the dashboard's page (contract 1.2): a client that forgot the
/// prefix gets HTML.
fn dashboard() -> Response {
    let page = "<!doctype html><html><head><title>Daytona</title></head><body>This is a stand-in: \
                there is no dashboard. The API is under /api.</body></html>\n";
    let mut response = text(StatusCode::OK, page);
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert("content-type", html);
    response
}
