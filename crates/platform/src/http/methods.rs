//! Which methods a place knows.

use axum::http::Method;

use super::path::Place;

/// The methods of a place; empty where any does.
pub(super) fn methods(place: &Place) -> &'static [Method] {
    const GET: &[Method] = &[Method::GET];
    const POST: &[Method] = &[Method::POST];
    match place {
        Place::Provision(_) | Place::Execute(_) | Place::ReadFile(_) | Place::Artifacts(_) => POST,
        Place::Session(_) => &[Method::GET, Method::DELETE],
        Place::Sessions => &[Method::GET, Method::POST],
        Place::SandboxTest | Place::Artifact(_) => GET,
        Place::Elsewhere(_) | Place::Moved(_) | Place::Unreadable | Place::Nowhere => &[],
    }
}

/// What OPTIONS says is allowed: in the order of the alphabet, HEAD where GET is.
pub(super) fn allowed(methods: &[Method]) -> String {
    let mut names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    names.push("OPTIONS");
    if methods.contains(&Method::GET) {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_stands_in_order() {
        assert_eq!(allowed(&[Method::POST]), "OPTIONS, POST");
        assert_eq!(allowed(&[Method::GET]), "GET, HEAD, OPTIONS");
        assert_eq!(
            allowed(&[Method::GET, Method::DELETE]),
            "DELETE, GET, HEAD, OPTIONS"
        );
    }
}
