//! What a failure of git is to a client: 401, 403, 404, 409, else 500 (contract 2.6).

use axum::http::StatusCode;

use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::git::said::Said;

/// Words of git, in small letters, that decide; the first that fits does. Where the daemon's own
/// git has a text of its own, that one is told; else git's last complaint.
const CLASSES: [(&str, u16, Option<&str>); 41] = [
    ("authentication failed", 401, Some(NO_CREDENTIALS)),
    ("invalid username or password", 401, Some(NO_CREDENTIALS)),
    ("could not read username", 401, Some(NO_CREDENTIALS)),
    ("could not read password", 401, Some(NO_CREDENTIALS)),
    ("terminal prompts disabled", 401, Some(NO_CREDENTIALS)),
    ("returned error: 401", 401, Some(NO_CREDENTIALS)),
    ("returned error: 403", 403, Some("authorization failed")),
    ("remote: permission", 403, Some("authorization failed")),
    ("returned error: 404", 404, Some(NO_REMOTE)),
    ("repository not found", 404, Some(NO_REMOTE)),
    // Git's own words for a server that answers 404: repository 'http://..' not found.
    ("' not found", 404, Some(NO_REMOTE)),
    (
        "does not appear to be a git repository",
        404,
        Some(NO_REMOTE),
    ),
    ("not a git repository", 404, Some(NO_REPOSITORY)),
    (
        "can only be used inside a git repository",
        404,
        Some(NO_REPOSITORY),
    ),
    ("does not exist", 404, None),
    ("must be run in a work tree", 404, None),
    ("you are not currently on a branch", 404, Some(NO_REFERENCE)),
    ("is not a symbolic ref", 404, Some(NO_REFERENCE)),
    ("couldn't find remote ref", 404, Some(NO_REFERENCE)),
    ("not found in upstream", 404, Some(NO_REFERENCE)),
    ("does not have any commits", 404, Some(NO_REFERENCE)),
    ("bad revision", 404, Some(NO_REFERENCE)),
    ("unknown revision", 404, Some(NO_REFERENCE)),
    ("could not resolve", 404, None),
    ("not a valid object name", 404, Some(NO_REFERENCE)),
    ("as a valid", 404, Some(NO_REFERENCE)),
    ("invalid reference", 404, Some(NO_REFERENCE)),
    ("src refspec", 404, Some(NO_REFERENCE)),
    ("reference is not a tree", 404, Some(NO_REFERENCE)),
    ("unable to read tree", 404, Some(NO_REFERENCE)),
    ("did not match any file", 404, None),
    ("no such remote", 404, Some("remote not found")),
    ("non-fast-forward", 409, Some(NO_FAST_FORWARD)),
    ("fetch first", 409, Some(NO_FAST_FORWARD)),
    ("updates were rejected", 409, Some(NO_FAST_FORWARD)),
    ("not possible to fast-forward", 409, Some(NO_FAST_FORWARD)),
    (
        "would be overwritten",
        409,
        Some("worktree contains unstaged changes"),
    ),
    (
        "not uptodate",
        409,
        Some("worktree contains unstaged changes"),
    ),
    (
        "needs merge",
        409,
        Some("worktree contains unstaged changes"),
    ),
    ("already exists", 409, None),
    ("conflict", 409, None),
];

const NO_CREDENTIALS: &str = "authentication required";
const NO_REMOTE: &str = "repository not found";
const NO_REPOSITORY: &str = "repository does not exist";
const NO_REFERENCE: &str = "reference not found";
const NO_FAST_FORWARD: &str = "non-fast-forward update";

/// The refusal for what git said.
pub(super) fn of(said: &Said) -> ToolError {
    let complaint = said.stderr.to_lowercase();
    // A host without a name is no missing branch, though git's words begin alike.
    let unknown_host = complaint.contains("could not resolve host");
    let mut classes = CLASSES.iter().filter(|_| !unknown_host);
    let class = classes.find(|(words, ..)| complaint.contains(words));
    match class {
        Some((_, status, told)) => {
            let told = told.map_or_else(|| last_complaint(said), str::to_owned);
            classed(*status, told)
        }
        None => ToolError::bare(last_complaint(said)),
    }
}

/// There is no repository.
pub(super) fn no_repository() -> ToolError {
    classed(404, NO_REPOSITORY.to_owned())
}

/// There is no such branch, tag or commit.
pub(super) fn no_reference() -> ToolError {
    classed(404, NO_REFERENCE.to_owned())
}

/// Something is there already.
pub(super) fn exists(text: &str) -> ToolError {
    classed(409, text.to_owned())
}

/// The daemon's texts of git come without the prefix of their class.
fn classed(status: u16, message: String) -> ToolError {
    let (status, code) = match status {
        401 => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
        403 => (StatusCode::FORBIDDEN, "FORBIDDEN"),
        404 => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        _ => (StatusCode::CONFLICT, "CONFLICT"),
    };
    ToolError::Said {
        status,
        code: Some(code),
        message,
    }
}

/// The last line that says what went wrong; git's hints come behind it.
fn last_complaint(said: &Said) -> String {
    let lines: Vec<&str> = said.stderr.lines().map(str::trim).collect();
    let serious = ["fatal: ", "error: "];
    let strip = |line: &str| {
        serious
            .iter()
            .find_map(|mark| line.strip_prefix(mark))
            .map(str::to_owned)
    };
    let found = lines.iter().rev().find_map(|line| strip(line));
    let last = || {
        lines
            .iter()
            .rev()
            .find(|line| !line.is_empty())
            .map(|line| (*line).to_owned())
    };
    found
        .or_else(last)
        .unwrap_or_else(|| format!("git exited with status {}", said.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "most of it is data")]
    fn failures_have_the_statuses_of_the_daemon() {
        let cases = [
            (
                "fatal: repository 'http://x/r.git/' not found",
                404,
                NO_REMOTE,
            ),
            (
                "fatal: not a git repository (or any of the parent directories): .git",
                404,
                NO_REPOSITORY,
            ),
            (
                "fatal: Authentication failed for 'http://x/'",
                401,
                NO_CREDENTIALS,
            ),
            (
                "fatal: could not read Username for 'http://x': terminal prompts disabled",
                401,
                NO_CREDENTIALS,
            ),
            (
                "fatal: unable to access 'x': The requested URL returned error: 403",
                403,
                "authorization failed",
            ),
            (
                "fatal: repository '/x' does not exist",
                404,
                "repository '/x' does not exist",
            ),
            (
                "fatal: Remote branch x not found in upstream origin",
                404,
                NO_REFERENCE,
            ),
            (
                "error: src refspec refs/heads/x does not match any",
                404,
                NO_REFERENCE,
            ),
            (
                " ! [rejected] main -> main (fetch first)\nerror: failed to push some refs to '/x'",
                409,
                NO_FAST_FORWARD,
            ),
            (
                "fatal: Not possible to fast-forward, aborting.",
                409,
                NO_FAST_FORWARD,
            ),
            (
                "fatal: a branch named 'x' already exists",
                409,
                "a branch named 'x' already exists",
            ),
            (
                "error: Your local changes to the following files would be overwritten by checkout:\n\tf",
                409,
                "worktree contains unstaged changes",
            ),
            (
                "fatal: unable to access 'x': Could not resolve host: x",
                500,
                "unable to access 'x': Could not resolve host: x",
            ),
            ("fatal: something new\nhint: try it", 500, "something new"),
            ("", 500, "git exited with status 128"),
        ];
        for (stderr, status, message) in cases {
            let said = Said {
                code: 128,
                stdout: Vec::new(),
                stderr: stderr.to_owned(),
            };
            let ToolError::Said {
                status: got,
                message: told,
                ..
            } = of(&said)
            else {
                panic!("{stderr}");
            };
            assert_eq!((got.as_u16(), told.as_str()), (status, message), "{stderr}");
        }
    }
}
