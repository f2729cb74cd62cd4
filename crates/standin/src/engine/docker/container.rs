//! One container: how it is made, and how it ends.

use std::collections::HashMap;
use std::fmt;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use nix::sys::socket::{Shutdown, shutdown};
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::models::{
    ContainerCreateBody, HealthConfig, HostConfig, HostConfigLogConfig, Mount, MountType,
    ResourcesUlimits,
};
use testcontainers::bollard::query_parameters::{
    InspectContainerOptionsBuilder, RemoveContainerOptionsBuilder, WaitContainerOptionsBuilder,
};
use tokio_util::task::TaskTracker;

use super::committed::commit;
use super::meeting::Meeting;
use super::program::Program;
use super::refusal::{answer, failed};
use crate::engine::namespaces::{Disk, Keeper, SYSTEM, Setup};
use crate::engine::{BuiltImage, EngineError};

/// Processes of ours beside those of the sandbox: init and file servers.
const SERVERS_ROOM: i64 = 9;

/// Open files of init: each file operation and each start of a process has some.
const INIT_OPEN_FILES: i64 = 4096;

/// What init may do: what root inside may do, and one thing more that root inside may not, so that
/// the kernel keeps root from looking into init.
const CAPABILITIES: [&str; 11] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "AUDIT_WRITE",
];

/// The least that a page of memory has.
const PAGE_BYTES: u64 = 4096;

/// What the kernel keeps for one semaphore.
const SEMAPHORE_BYTES: u64 = 64;

/// Variables of an image that would change what the loader does with our init.
const LOADERS: [&str; 4] = [
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "GLIBC_TUNABLES",
];

/// What all containers of an engine have in common.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) program: Program,
    pub(super) labels: HashMap<String, String>,
    pub(super) security: Vec<String>,
    /// Whether the daemon can bound the files of a container.
    pub(super) quota: bool,
}

impl Common {
    /// The order for a container.
    pub(super) fn order(
        &self,
        image: &str,
        setup: &Setup,
        outbound: bool,
        place: &Meeting,
    ) -> ContainerCreateBody {
        let mut argv = self.program.argv.clone();
        argv.push(Meeting::socket_inside());
        ContainerCreateBody {
            image: Some(image.to_owned()),
            hostname: Some(setup.hostname.clone()),
            // Whatever the image says of these: init is ours, and commands are told theirs.
            user: Some("0:0".to_owned()),
            working_dir: Some("/".to_owned()),
            entrypoint: Some(argv),
            cmd: Some(Vec::new()),
            env: Some(LOADERS.map(|name| format!("{name}=")).into()),
            healthcheck: Some(HealthConfig {
                test: Some(vec!["NONE".to_owned()]),
                ..HealthConfig::default()
            }),
            labels: Some(self.labels.clone()),
            host_config: Some(self.host_config(setup, outbound, place)),
            ..ContainerCreateBody::default()
        }
    }

    fn host_config(&self, setup: &Setup, outbound: bool, place: &Meeting) -> HostConfig {
        let memory = i64::try_from(setup.memory_bytes_max).unwrap_or(i64::MAX);
        let open_files = i64::from(setup.open_files_max).max(INIT_OPEN_FILES);
        let quota = HashMap::from([("size".to_owned(), setup.files_bytes_max.to_string())]);
        let files = self.program.files.iter();
        let mut mounts: Vec<Mount> = files.map(|(from, to)| shown(from, to)).collect();
        mounts.push(shown(place.folder(), &Meeting::inside()));
        HostConfig {
            // It goes with its init, even when nobody is left to remove it.
            auto_remove: Some(true),
            memory: Some(memory),
            // No more with swap than without.
            memory_swap: Some(memory),
            pids_limit: Some(i64::from(setup.processes_max) + SERVERS_ROOM),
            ulimits: Some(vec![ResourcesUlimits {
                name: Some("nofile".to_owned()),
                soft: Some(open_files),
                hard: Some(open_files),
            }]),
            network_mode: Some(network(setup, outbound).to_owned()),
            cap_drop: Some(vec!["ALL".to_owned()]),
            cap_add: Some(CAPABILITIES.map(str::to_owned).into()),
            security_opt: Some(self.security.clone()).filter(|options| !options.is_empty()),
            storage_opt: self.quota.then_some(quota),
            mounts: Some(mounts),
            sysctls: Some(sysctls(setup)),
            // Init says nothing.
            log_config: Some(HostConfigLogConfig {
                typ: Some("none".to_owned()),
                config: None,
            }),
            ..HostConfig::default()
        }
    }
}

/// The host's network, one of its own that leads outside, or none.
const fn network(setup: &Setup, outbound: bool) -> &'static str {
    if setup.network {
        "host"
    } else if outbound {
        "bridge"
    } else {
        "none"
    }
}

/// Settings of the container's own kernel namespaces.
///
/// System V objects stay when who made them is ended, and count as memory: they may take half of it.
/// Docker leaves no IPv6 to a container without a network, not even over loopback.
fn sysctls(setup: &Setup) -> HashMap<String, String> {
    let bytes = setup.memory_bytes_max / 4;
    let own_network = !setup.network && Path::new("/proc/sys/net/ipv6").exists();
    let ipv6 = own_network.then(|| ("net.ipv6.conf.lo.disable_ipv6", "0".to_owned()));
    [
        ("kernel.shmmax", bytes.to_string()),
        ("kernel.shmall", (bytes / PAGE_BYTES).max(1).to_string()),
        // Of one set, of all, operations at once, sets.
        (
            "kernel.sem",
            format!("32000 {} 500 32000", bytes / SEMAPHORE_BYTES),
        ),
    ]
    .into_iter()
    .chain(ipv6)
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// A file or folder of this machine, to be read only.
fn shown(from: &Path, to: &str) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(from.to_string_lossy().into_owned()),
        target: Some(to.to_owned()),
        read_only: Some(true),
        ..Mount::default()
    }
}

/// Removes a container with all that is in it, and returns when it is gone.
///
/// # Errors
/// What the daemon said.
pub(super) async fn remove(docker: &Docker, id: &str) -> Result<(), Error> {
    let options = RemoveContainerOptionsBuilder::default();
    let options = options.force(true).v(true).build();
    match docker.remove_container(id, Some(options)).await {
        Err(error) if is(&error, 404) => return Ok(()),
        // It is being removed already.
        Err(error) if !is(&error, 409) => return Err(error),
        Ok(()) => return Ok(()),
        Err(_) => {}
    }
    let options = WaitContainerOptionsBuilder::default();
    let options = options.condition("removed").build();
    let mut gone = std::pin::pin!(docker.wait_container(id, Some(options)));
    match gone.next().await {
        Some(Err(error)) if !is(&error, 404) && answer(&error).is_some() => Err(error),
        _ => Ok(()),
    }
}

fn is(error: &Error, wanted: u16) -> bool {
    answer(error).is_some_and(|(status, _)| status == wanted)
}

/// Ends one container.
pub(super) struct ContainerKeeper {
    pub(super) docker: Docker,
    pub(super) id: String,
    /// Removes the images that are made of it.
    pub(super) tasks: TaskTracker,
    /// Init's socket.
    pub(super) control: OwnedFd,
    /// What its files are bounded to.
    pub(super) files_bytes_max: Option<u64>,
}

impl fmt::Debug for ContainerKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerKeeper")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Keeper for ContainerKeeper {
    /// Init ends with its socket, and Docker removes the container then.
    fn kill(&self) {
        // It fails only when init has gone.
        let _ = shutdown(self.control.as_raw_fd(), Shutdown::Both);
    }

    async fn ended(&self) {
        if let Err(error) = remove(&self.docker, &self.id).await {
            tracing::warn!(container = %self.id, %error, "a container could not be removed");
        }
    }

    async fn disk(&self) -> Result<Option<Disk>, EngineError> {
        let options = InspectContainerOptionsBuilder::default().size(true).build();
        let found = self.docker.inspect_container(&self.id, Some(options)).await;
        let found = match found {
            Err(error) if is(&error, 404) => return Err(EngineError::Gone),
            other => other.map_err(|error| failed("measure a container", &error))?,
        };
        let bytes = found.size_rw.and_then(|bytes| u64::try_from(bytes).ok());
        Ok(bytes.map(|bytes| Disk {
            bytes,
            bytes_max: self.files_bytes_max,
        }))
    }

    async fn commit(&self) -> Result<Option<Arc<dyn BuiltImage>>, EngineError> {
        let made = commit(&self.docker, &self.id, &self.tasks).await;
        Ok(Some(Arc::new(made?)))
    }

    /// What is exported leaves the image's programs out: the sandbox that it is put into has them
    /// already, unless root has changed them here.
    async fn may_export(&self) -> Result<(), EngineError> {
        let changes = self.docker.container_changes(&self.id).await;
        let changes = changes.map_err(|error| failed("look for changes", &error))?;
        let changed = changes.unwrap_or_default().into_iter().find(|change| {
            let mut parts = change.path.split('/').skip(1);
            parts.next().is_some_and(|top| SYSTEM.contains(&top))
        });
        match changed {
            None => Ok(()),
            Some(change) => Err(EngineError::Refused {
                cause: format!(
                    "docker: {} was changed, and a snapshot does not keep the image's own programs",
                    change.path
                ),
                cure: "use an image that has what is installed here".to_owned(),
            }),
        }
    }
}
