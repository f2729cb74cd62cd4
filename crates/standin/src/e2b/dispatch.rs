//! Which plane, and which sandbox, a request is for (contract 2.1, 2.2, 2.4).

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use crate::e2b::app::App;
use crate::e2b::auth;
use crate::e2b::control;
use crate::e2b::envd;
use crate::e2b::proxy::{self, ENVD_PORT};
use crate::e2b::reply::{Route, healthy, text};

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
enum Destination {
    /// The control plane.
    Control,
    /// A port of a sandbox.
    Sandbox { id: String, port: u16 },
    /// envd of a sandbox that only a token or signature names.
    Unnamed,
    /// The proxy cannot route it: status and plain text.
    Refused(StatusCode, &'static str),
}

/// Answers any request of the stand-in.
pub(crate) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    let route = Route::new(request.method(), path, app.tamper.clone());
    match destination(request.headers(), request.uri()) {
        Destination::Control if path == "/health" => healthy(),
        Destination::Control if path.starts_with(control::build::UPLOADS) => {
            control::build::upload(&app, &route, request).await
        }
        Destination::Control => control::routes::answer(&app, &route, request).await,
        Destination::Refused(status, body) => text(status, body),
        Destination::Unnamed => {
            let (method, uri) = (request.method(), request.uri());
            match envd::locate::by_credential(&app, method, uri, request.headers()) {
                Some(id) => proxy::handle(&app, &route, &id, ENVD_PORT, request).await,
                None => text(StatusCode::BAD_REQUEST, "missing header"),
            }
        }
        Destination::Sandbox { id, port } => proxy::handle(&app, &route, &id, port, request).await,
    }
}

/// The sandbox that a request addresses, on either plane.
pub(crate) fn addressed(app: &App, request: &Parts) -> Option<String> {
    match destination(&request.headers, &request.uri) {
        Destination::Sandbox { id, .. } => Some(id),
        Destination::Unnamed => {
            envd::locate::by_credential(app, &request.method, &request.uri, &request.headers)
        }
        Destination::Refused(..) => None,
        Destination::Control => {
            let path = request.uri.path();
            let path = path.strip_prefix("/v2").unwrap_or(path);
            let rest = path.strip_prefix("/sandboxes/")?;
            let id = rest.split('/').next().unwrap_or_default();
            auth::sandbox_id(id).map(str::to_owned)
        }
    }
}

fn destination(headers: &HeaderMap, uri: &Uri) -> Destination {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = header(HOST.as_str()).or(uri.host()).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let shared = host.is_empty()
        || host == "localhost"
        || host.starts_with("sandbox.")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let id = header("e2b-sandbox-id");
    let port = header("e2b-sandbox-port");
    if shared {
        return match (id, port) {
            (Some(id), Some(port)) => named(id, port),
            (None, None) if is_envd_path(uri.path()) => Destination::Unnamed,
            (None, None) => Destination::Control,
            _ => Destination::Refused(StatusCode::BAD_REQUEST, "missing header"),
        };
    }
    let label = host.split('.').next().unwrap_or_default();
    match label.split_once('-') {
        Some((port, rest)) => named(rest.split('-').next().unwrap_or_default(), port),
        None if is_envd_path(uri.path()) => {
            Destination::Refused(StatusCode::BAD_REQUEST, "Invalid host")
        }
        None => Destination::Control,
    }
}

fn named(id: &str, port: &str) -> Destination {
    let Ok(port) = port.parse() else {
        let body = "Unexpected error when routing request: invalid sandbox port";
        return Destination::Refused(StatusCode::INTERNAL_SERVER_ERROR, body);
    };
    match auth::sandbox_id(id) {
        Some(id) => Destination::Sandbox {
            id: id.to_owned(),
            port,
        },
        None => Destination::Refused(StatusCode::BAD_REQUEST, "Invalid sandbox ID"),
    }
}

/// The paths of envd that the control plane does not have (contract 2.4).
fn is_envd_path(path: &str) -> bool {
    ["/process.Process/", "/filesystem.Filesystem/", "/files/"]
        .iter()
        .any(|start| path.starts_with(start))
        || ["/files", "/metrics", "/envs", "/init"].contains(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, headers: &[(&'static str, &str)], path: &str, expected: &Destination) {
        let mut map = HeaderMap::new();
        map.insert(HOST, host.parse().unwrap());
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let uri: Uri = path.parse().unwrap();
        assert_eq!(destination(&map, &uri), *expected, "{host} {path}");
    }

    #[test]
    fn requests_are_routed_by_header_and_by_host() {
        let both = [("e2b-sandbox-id", "iabc-x"), ("e2b-sandbox-port", "49983")];
        let sandbox = |port| Destination::Sandbox {
            id: "iabc".to_owned(),
            port,
        };
        let refused = Destination::Refused;
        check("127.0.0.1:80", &both, "/health", &sandbox(49983));
        check("sandbox.e2b.app", &both, "/health", &sandbox(49983));
        check("49983-iabc.e2b.app", &[], "/files", &sandbox(49983));
        check("8080-iabc-x.e2b.app:80", &[], "/", &sandbox(8080));
        check("127.0.0.1:80", &[], "/v2/sandboxes", &Destination::Control);
        check("api.e2b.app", &[], "/sandboxes", &Destination::Control);
        check("localhost:80", &[], "/files?path=a", &Destination::Unnamed);
        let bad = StatusCode::BAD_REQUEST;
        check(
            "[::1]:80",
            &both[..1],
            "/health",
            &refused(bad, "missing header"),
        );
        check("x.e2b.app", &[], "/files", &refused(bad, "Invalid host"));
        check(
            "1-A.e2b.app",
            &[],
            "/files",
            &refused(bad, "Invalid sandbox ID"),
        );
        check(
            "x-iabc.e2b.app",
            &[],
            "/files",
            &refused(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Unexpected error when routing request: invalid sandbox port",
            ),
        );
    }
}
