//! Which path means what.

use cutover_js::Text;
use percent_encoding::percent_decode_str;

use crate::artifacts::FolderArtifacts;

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A route of the sessions API; the id as the path has it, decoded.
    Provision(Text),
    /// Runs a command.
    Execute(Text),
    /// Reads a file.
    ReadFile(Text),
    /// Stores an artifact.
    Artifacts(Text),
    /// One session.
    Session(Text),
    /// All sessions.
    Sessions,
    /// The provider's test.
    SandboxTest,
    /// An artifact that this endpoint keeps: the path below the route.
    Artifact(String),
    /// Another path of the API, which the original forwards: the path below `/api`.
    Elsewhere(String),
    /// The same path, written once and without a slash at its end.
    Moved(String),
    /// A path whose percent signs mean nothing.
    Unreadable,
    /// No page.
    Nowhere,
}

/// Finds the place of a path. The path is as the request has it, without the query.
pub(super) fn place(path: &str) -> Place {
    let tidy = tidy(path);
    if tidy != path {
        return Place::Moved(tidy);
    }
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    if !segments.iter().all(|segment| is_readable(segment)) {
        return Place::Unreadable;
    }
    if let Some(below) = path.strip_prefix(FolderArtifacts::ROUTE) {
        return Place::Artifact(below.to_owned());
    }
    let id = |segment: &str| Text::from(&*percent_decode_str(segment).decode_utf8_lossy());
    match segments.as_slice() {
        ["api", "v1", "sandbox", "test"] => Place::SandboxTest,
        ["api", "v1", "managed_agents", "sessions"] => Place::Sessions,
        [
            "api",
            "v1",
            "managed_agents",
            "sessions",
            session,
            rest @ ..,
        ] => match rest {
            [] => Place::Session(id(session)),
            ["sandbox", "provision"] => Place::Provision(id(session)),
            ["sandbox", "execute"] => Place::Execute(id(session)),
            ["sandbox", "read-file"] => Place::ReadFile(id(session)),
            ["artifacts"] => Place::Artifacts(id(session)),
            _ => elsewhere(path),
        },
        ["api", "v1", ..] => elsewhere(path),
        _ => Place::Nowhere,
    }
}

fn elsewhere(path: &str) -> Place {
    Place::Elsewhere(path.trim_start_matches("/api").to_owned())
}

/// A path with single slashes and none at its end.
fn tidy(path: &str) -> String {
    let mut tidy = String::with_capacity(path.len());
    for character in path.chars() {
        if character != '/' || !tidy.ends_with('/') {
            tidy.push(character);
        }
    }
    if tidy.len() > 1 && tidy.ends_with('/') {
        tidy.pop();
    }
    tidy
}

/// Whether every percent sign begins an escape, and the whole is UTF-8.
fn is_readable(segment: &str) -> bool {
    let hex = |at: usize| {
        segment
            .as_bytes()
            .get(at)
            .is_some_and(u8::is_ascii_hexdigit)
    };
    let mut signs = segment
        .bytes()
        .enumerate()
        .filter(|(_, byte)| *byte == b'%');
    let escapes = signs.all(|(at, _)| hex(at + 1) && hex(at + 2));
    escapes && percent_decode_str(segment).decode_utf8().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_its_place() {
        let sessions = "/api/v1/managed_agents/sessions";
        let text = Text::from;
        for (path, wanted) in [
            (
                format!("{sessions}/s/sandbox/provision"),
                Place::Provision(text("s")),
            ),
            (
                format!("{sessions}/s/sandbox/execute"),
                Place::Execute(text("s")),
            ),
            (
                format!("{sessions}/s/sandbox/read-file"),
                Place::ReadFile(text("s")),
            ),
            (
                format!("{sessions}/s/artifacts"),
                Place::Artifacts(text("s")),
            ),
            (format!("{sessions}/s"), Place::Session(text("s"))),
            (sessions.to_owned(), Place::Sessions),
            ("/api/v1/sandbox/test".to_owned(), Place::SandboxTest),
            (
                format!("{sessions}/a%2Fb%20%C3%A9/artifacts"),
                Place::Artifacts(text("a/b é")),
            ),
            (format!("{sessions}/%/artifacts"), Place::Unreadable),
            (format!("{sessions}/%zz/artifacts"), Place::Unreadable),
            (format!("{sessions}/%ff/artifacts"), Place::Unreadable),
            (
                format!("/{sessions}//s/artifacts/"),
                Place::Moved(format!("{sessions}/s/artifacts")),
            ),
            (
                format!("{sessions}/a/b/sandbox/provision"),
                Place::Elsewhere("/v1/managed_agents/sessions/a/b/sandbox/provision".to_owned()),
            ),
            (
                "/api/v1/models".to_owned(),
                Place::Elsewhere("/v1/models".to_owned()),
            ),
            (
                "/api/v1/artifacts/a/b".to_owned(),
                Place::Artifact("a/b".to_owned()),
            ),
            ("/".to_owned(), Place::Nowhere),
            ("/API/v1/sandbox/test".to_owned(), Place::Nowhere),
            ("/nothing".to_owned(), Place::Nowhere),
        ] {
            assert_eq!(place(&path), wanted, "{path}");
        }
    }
}
