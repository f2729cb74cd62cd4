//! Why Docker refuses, and what to do about it.

use std::io;

use testcontainers::bollard::errors::Error;

use super::kind::architecture;
use crate::engine::EngineError;

/// What else there is.
const OTHERWISE: &str = "or use --engine namespaces";

/// A refusal with another engine at the end of its cure.
pub(super) fn refused(cause: impl Into<String>, cure: &str) -> EngineError {
    EngineError::Refused {
        cause: format!("docker: {}", cause.into()),
        cure: format!("{cure}; {OTHERWISE}"),
    }
}

/// Why the daemon's socket cannot be used.
pub(super) fn of_socket(path: &str, error: &io::Error) -> EngineError {
    match error.kind() {
        io::ErrorKind::NotFound => refused(
            format!("there is no socket {path}, so no Docker daemon runs here"),
            "install Docker and start it (sudo systemctl start docker), or name its socket with DOCKER_HOST=unix:///path",
        ),
        io::ErrorKind::ConnectionRefused => refused(
            format!("nobody listens at {path}: the Docker daemon is down"),
            "start it (sudo systemctl start docker)",
        ),
        io::ErrorKind::PermissionDenied => refused(
            format!("{path} may not be used by this user"),
            "become a member of the group docker (sudo usermod -aG docker $USER, then log in again), or run cutover as root",
        ),
        _ => refused(
            format!("{path} cannot be used: {error}"),
            "look at what docker info says",
        ),
    }
}

/// The status and words of the daemon's answer, where it was one.
pub(super) fn answer(error: &Error) -> Option<(u16, &str)> {
    match error {
        Error::DockerResponseServerError {
            status_code,
            message,
        } => Some((*status_code, message)),
        _ => None,
    }
}

/// That the daemon failed at something which says nothing of the sandbox.
pub(super) fn failed(what: &str, error: &Error) -> EngineError {
    EngineError::Internal(format!("docker: {what}: {}", words(error)))
}

/// What an error says, without the client's own framing.
pub(super) fn words(error: &Error) -> String {
    let text = match answer(error) {
        Some((_, message)) => message.to_owned(),
        None => error.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why a container could not be created or started.
pub(super) fn of_container(image: &str, what: &str, error: &Error) -> EngineError {
    let said = words(error);
    let Some((status, _)) = answer(error) else {
        return failed(what, error);
    };
    if said.contains("bind source path does not exist")
        || said.contains("no such file or directory")
    {
        return refused(
            format!("the daemon does not see the files of this machine ({said})"),
            "run cutover where the daemon runs, with its program and TMPDIR in folders that the daemon sees",
        );
    }
    if status == 404 {
        return refused(
            format!("there is no image {image} any more"),
            &format!("docker pull {image}"),
        );
    }
    if said.contains("exec format error") {
        return refused(
            format!("{image} is an image for another architecture"),
            &format!("docker pull --platform linux/{} {image}", architecture()),
        );
    }
    failed(what, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(error: &EngineError) -> String {
        error.to_string()
    }

    #[test]
    fn each_cause_has_its_own_cure() {
        for (kind, words) in [
            (io::ErrorKind::NotFound, "systemctl start docker"),
            (io::ErrorKind::ConnectionRefused, "is down"),
            (io::ErrorKind::PermissionDenied, "usermod -aG docker"),
            (io::ErrorKind::TimedOut, "docker info"),
        ] {
            let error = said(&of_socket("/run/docker.sock", &kind.into()));
            assert!(error.contains(words), "{error}");
            assert!(error.contains("/run/docker.sock"), "{error}");
            assert!(error.contains("--engine namespaces"), "{error}");
        }
        for (status, message, words) in [
            (
                400,
                "invalid mount config: bind source path does not exist: /x",
                "TMPDIR",
            ),
            (404, "No such image: x:y", "docker pull x:y"),
            (
                400,
                "OCI runtime create failed: exec format error: unknown",
                "--platform linux/",
            ),
            (500, "no\n space left", "start a container: no space left"),
        ] {
            let error = Error::DockerResponseServerError {
                status_code: status,
                message: message.to_owned(),
            };
            let error = said(&of_container("x:y", "start a container", &error));
            assert!(error.contains(words), "{error}");
        }
    }
}
