//! The daemon: found, and held to be one of this machine before anything is made.

use std::os::unix::net::UnixStream;
use std::path::Path;

use testcontainers::bollard::{API_DEFAULT_VERSION, Docker};

use super::checks;
use super::refusal::{failed, of_socket, refused};
use crate::engine::{DockerSettings, EngineError};

/// Seconds that an answer of the daemon is waited for.
const ANSWER_S: u64 = 120;

/// Where the daemon of a machine listens.
const SOCKET: &str = "/var/run/docker.sock";

/// A daemon that can be used.
#[derive(Debug, Clone)]
pub(super) struct Daemon {
    pub(super) docker: Docker,
    /// Options of every container that this daemon needs.
    pub(super) security: Vec<String>,
}

/// The path of the daemon's socket.
///
/// # Errors
/// When the daemon is meant to be elsewhere.
fn socket(settings: &DockerSettings) -> Result<String, EngineError> {
    let Some(host) = settings.host.as_deref().filter(|host| !host.is_empty()) else {
        let own = settings.runtime_dir.iter();
        let own = own.map(|folder| folder.join("docker.sock").to_string_lossy().into_owned());
        let mut found = std::iter::once(SOCKET.to_owned()).chain(own);
        return Ok(found
            .find(|path| Path::new(path).exists())
            .unwrap_or_else(|| SOCKET.to_owned()));
    };
    match host.strip_prefix("unix://") {
        Some(path) => Ok(path.to_owned()),
        None => Err(refused(
            "DOCKER_HOST does not name a socket of this machine, and cutover's sandboxes need a daemon that runs on the same machine as cutover",
            "run cutover where the daemon runs, or set DOCKER_HOST=unix:///path/of/docker.sock",
        )),
    }
}

/// Whether there is a daemon, or should be one.
pub(super) fn is_there(settings: &DockerSettings) -> bool {
    let named = settings
        .host
        .as_deref()
        .is_some_and(|host| !host.is_empty());
    named || socket(settings).is_ok_and(|path| Path::new(&path).exists())
}

/// Connects, without looking at what the daemon is.
///
/// # Errors
/// [`EngineError::Refused`] with cause and cure.
pub(super) fn connect(settings: &DockerSettings) -> Result<Docker, EngineError> {
    let path = socket(settings)?;
    // The client tells no cause.
    UnixStream::connect(&path).map_err(|error| of_socket(&path, &error))?;
    Docker::connect_with_unix(&path, ANSWER_S, API_DEFAULT_VERSION)
        .map_err(|error| failed("connect", &error))
}

impl Daemon {
    /// Connects, and looks whether the daemon is new enough and runs here.
    ///
    /// # Errors
    /// [`EngineError::Refused`] with cause and cure.
    pub(super) async fn open(settings: &DockerSettings) -> Result<Self, EngineError> {
        let docker = connect(settings)?;
        let version = docker.version().await;
        let version = version.map_err(|error| failed("ask for the version", &error))?;
        checks::version(version.api_version.as_deref().unwrap_or_default())?;
        let docker = docker.negotiate_version().await;
        let docker = docker.map_err(|error| failed("ask for the version", &error))?;
        let info = docker.info().await;
        let info = info.map_err(|error| failed("ask for facts", &error))?;
        let there = checks::Machine {
            kernel: info.kernel_version.unwrap_or_default(),
            name: info.name.unwrap_or_default(),
            memory_bytes: info
                .mem_total
                .and_then(|n| u64::try_from(n).ok())
                .unwrap_or(0),
        };
        checks::same_machine(&there, &checks::Machine::this())?;
        let options = info.security_options.unwrap_or_default();
        let confined = options.iter().any(|option| option.contains("name=selinux"));
        Ok(Self {
            docker,
            // Else SELinux keeps the container from cutover's own files and socket.
            security: confined
                .then(|| "label=disable".to_owned())
                .into_iter()
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> DockerSettings {
        DockerSettings {
            host: Some(text.to_owned()),
            ..DockerSettings::default()
        }
    }

    #[test]
    fn a_daemon_elsewhere_is_refused_by_its_address() {
        assert_eq!(socket(&host("unix:///x/y.sock")).unwrap(), "/x/y.sock");
        for address in ["tcp://192.0.2.1:2375", "ssh://me@there", "http://x", "x"] {
            let error = socket(&host(address)).unwrap_err().to_string();
            assert!(error.contains("same machine"), "{address}: {error}");
        }
    }

    #[test]
    fn a_users_own_daemon_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let settings = DockerSettings {
            runtime_dir: Some(folder.path().to_path_buf()),
            ..DockerSettings::default()
        };
        std::fs::write(folder.path().join("docker.sock"), "").unwrap();
        let found = socket(&settings).unwrap();
        assert!(found == SOCKET || found.starts_with(&*folder.path().to_string_lossy()));
    }

    #[tokio::test]
    async fn a_socket_that_nobody_listens_at_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let settings = host(&format!("unix://{}", path.display()));
        let error = Daemon::open(&settings).await.unwrap_err().to_string();
        assert!(error.contains("is down"), "{error}");
    }
}
