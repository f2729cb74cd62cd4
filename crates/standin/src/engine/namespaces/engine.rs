//! Makes sandboxes from namespaces.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use super::helper;
use super::refusal::{HostSettings, refusal};
use super::sandbox::InitSandbox;
use super::wire::{Ids, Setup};
use crate::engine::{Engine, EngineError, EngineSandbox, Profile, programs};

/// Ranges lie above those that distributions hand out for containers (systemd-nspawn ends at
/// `0x6fff_ffff`) and below the ids that are special (`0xffff_fffe` and up).
const RANGE_FIRST: u32 = 0x7000_0000;
const RANGE_IDS: u32 = 0x1_0000;
const RANGE_COUNT: u32 = 0x7fff;

/// Longest host name that Linux takes.
const HOSTNAME_BYTES_MAX: usize = 64;

/// See the module's description.
#[derive(Debug)]
pub struct NamespacesEngine {
    helper: PathBuf,
    /// Whether sandboxes get a range of ids.
    range: bool,
    next_range: AtomicU32,
}

/// What a sandbox of this host has, learnt by making one.
///
/// # Errors
/// [`EngineError::Refused`] with cause and cure.
pub async fn probe(helper: &Path) -> Result<Vec<String>, EngineError> {
    Ok(NamespacesEngine::probed(helper).await?.capabilities())
}

impl NamespacesEngine {
    /// Makes the engine after making and destroying a sandbox, so that a refusal comes now.
    ///
    /// # Errors
    /// [`EngineError::Refused`] with cause and cure.
    pub async fn probed(helper: &Path) -> Result<Self, EngineError> {
        let mut engine = Self {
            // The helper starts in `/`. Not resolved: `/proc/self/exe` must stay what it says.
            helper: std::path::absolute(helper).unwrap_or_else(|_| helper.to_path_buf()),
            range: may_map_range(),
            // Different processes start at different places, so that their ranges rarely meet.
            next_range: AtomicU32::new(std::process::id().wrapping_mul(61)),
        };
        let profile = Profile::litellm("probe");
        let made = match engine.create(&profile).await {
            // Root in a container may lack what mapping a range takes, and still have one id.
            Err(EngineError::Refused { .. }) if engine.range => {
                engine.range = false;
                engine.create(&profile).await?
            }
            other => other?,
        };
        made.destroy().await;
        Ok(engine)
    }

    fn ids(&self) -> Ids {
        if self.range {
            let slot = self.next_range.fetch_add(1, Ordering::Relaxed) % RANGE_COUNT;
            Ids::Range {
                base: RANGE_FIRST + slot * RANGE_IDS,
            }
        } else {
            Ids::Single {
                uid: nix::unistd::geteuid().as_raw(),
                gid: nix::unistd::getegid().as_raw(),
            }
        }
    }
}

#[async_trait]
impl Engine for NamespacesEngine {
    fn name(&self) -> &'static str {
        "namespaces"
    }

    fn capabilities(&self) -> Vec<String> {
        let mut capabilities = ["isolation", "memory_limit", "files_limit", "pty"]
            .map(str::to_owned)
            .to_vec();
        if self.range {
            capabilities.push("root".to_owned());
        }
        capabilities.extend(programs::found());
        capabilities
    }

    async fn create(&self, profile: &Profile) -> Result<Arc<dyn EngineSandbox>, EngineError> {
        let ids = self.ids();
        let setup = Setup {
            hostname: hostname(&profile.hostname),
            files_bytes_max: profile.files_bytes_max,
            processes_max: profile.processes_max,
            open_files_max: profile.open_files_max,
            memory_bytes_max: profile.memory_bytes_max,
            network: profile.network,
            ids,
            make_user: false,
        };
        match helper::start(&self.helper, &setup).await? {
            Ok(link) => Ok(Arc::new(InitSandbox::new(link, &setup))),
            Err((step, errno)) => Err(refusal(&step, errno, HostSettings::read())),
        }
    }
}

/// Whether we are root of a namespace in which the high ids exist.
fn may_map_range() -> bool {
    let last = u64::from(RANGE_FIRST) + u64::from(RANGE_COUNT) * u64::from(RANGE_IDS);
    nix::unistd::geteuid().is_root()
        && ["/proc/self/uid_map", "/proc/self/gid_map"]
            .iter()
            .all(|map| {
                let text = std::fs::read_to_string(map).unwrap_or_default();
                text.lines().any(|line| {
                    let numbers: Vec<u64> = line
                        .split_whitespace()
                        .filter_map(|n| n.parse().ok())
                        .collect();
                    matches!(numbers.as_slice(), [first, _, count]
                    if *first <= u64::from(RANGE_FIRST) && first + count >= last)
                })
            })
}

/// A name that can stand in `/etc/hosts` and that the kernel takes.
pub(in crate::engine) fn hostname(wanted: &str) -> String {
    let name: String = wanted
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .take(HOSTNAME_BYTES_MAX)
        .collect();
    if name.is_empty() {
        "sandbox".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_made_harmless() {
        for (wanted, name) in [
            ("i2f4-x.local", "i2f4-x.local"),
            ("a b\n127.0.0.1 x", "a-b-127.0.0.1-x"),
            ("", "sandbox"),
            ("ä", "-"),
        ] {
            assert_eq!(hostname(wanted), name);
        }
        assert_eq!(hostname(&"x".repeat(200)).len(), HOSTNAME_BYTES_MAX);
    }

    #[test]
    fn ranges_stay_below_the_special_ids() {
        let last = u64::from(RANGE_FIRST) + u64::from(RANGE_COUNT) * u64::from(RANGE_IDS);
        assert!(last < u64::from(u32::MAX - 1));
    }
}
