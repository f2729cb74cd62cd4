//! Finding the sandbox of a request that carries no routing header (contract 2.4).

use axum::http::{HeaderMap, Method, Uri};

use crate::e2b::app::App;
use crate::e2b::envd::files::query::FilesQuery;
use crate::e2b::envd::files::signature::{self, Operation};

/// The sandbox whose token, or whose signature, the request carries.
pub(crate) fn by_credential(
    app: &App,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Option<String> {
    let sandboxes = app.registry.all(app.clock.now());
    let header = headers.get("x-access-token");
    let query = FilesQuery::read(uri.query().unwrap_or_default()).ok()?;
    let operation = match *method {
        Method::GET => Operation::Read,
        _ => Operation::Write,
    };
    let mut fitting = sandboxes.iter().filter(|sandbox| {
        let Some(token) = &sandbox.token else {
            return false;
        };
        match (header, &query.signature) {
            (Some(given), _) => given.as_bytes() == token.as_bytes(),
            (None, Some(given)) => *given == signature::sign(&query, operation, token),
            (None, None) => false,
        }
    });
    fitting.next().map(|sandbox| sandbox.id.clone())
}
