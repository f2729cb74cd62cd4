//! Why the host refuses a sandbox, and what to do about it.

use std::fs;

use super::limits;
use crate::engine::EngineError;

/// What the host says about user namespaces; `None` where it has no such setting.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct HostSettings {
    apparmor_restricts: Option<u64>,
    userns_clone: Option<u64>,
    user_namespaces_max: Option<u64>,
}

impl HostSettings {
    /// Reads them.
    pub(super) fn read() -> Self {
        Self {
            apparmor_restricts: number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            userns_clone: number("/proc/sys/kernel/unprivileged_userns_clone"),
            user_namespaces_max: number("/proc/sys/user/max_user_namespaces"),
        }
    }
}

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

const OTHERWISE: &str = "or use --engine process (no isolation)";

/// Turns the failed step into cause and cure.
pub(super) fn refusal(step: &str, errno: i32, settings: HostSettings) -> EngineError {
    let error = std::io::Error::from_raw_os_error(errno);
    if let Some(low) = step.strip_prefix(limits::TOO_LOW) {
        return EngineError::Refused {
            cause: format!("namespaces: {}{low}", limits::TOO_LOW),
            cure: format!(
                "start cutover where they are higher (as root with ulimit, in limits.conf, or by the \
                 limits of the systemd unit or container); {OTHERWISE}"
            ),
        };
    }
    let denied = errno == libc::EPERM || errno == libc::EACCES;
    let (why, cure) = if settings.user_namespaces_max == Some(0) {
        (
            "the host allows no user namespaces (user.max_user_namespaces is 0)",
            "sudo sysctl -w user.max_user_namespaces=15000",
        )
    } else if denied && settings.userns_clone == Some(0) {
        (
            "the host allows user namespaces only to root (kernel.unprivileged_userns_clone is 0)",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        )
    } else if denied && settings.apparmor_restricts == Some(1) {
        (
            "AppArmor restricts user namespaces (Ubuntu 23.10 and later)",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        )
    } else if denied && step == "mount proc" {
        (
            "parts of /proc are masked, as in a container",
            "start the container with --security-opt systempaths=unconfined",
        )
    } else if step == "seccomp" && errno == libc::EINVAL {
        (
            "the kernel cannot filter system calls, so the caller's keys would be within reach",
            "use a kernel with CONFIG_SECCOMP_FILTER",
        )
    } else if errno == libc::ENOSYS {
        (
            "the kernel is older than Linux 5.12, or a container's seccomp profile hides the call",
            "use a newer kernel, or start the container with --security-opt seccomp=unconfined",
        )
    } else if denied {
        (
            "a container's seccomp or AppArmor profile, or a missing right, forbids it",
            "start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined",
        )
    } else {
        (
            "the helper could not make the sandbox",
            "free what the error names",
        )
    };
    EngineError::Refused {
        cause: format!("namespaces: {step}: {error}: {why}"),
        cure: format!("{cure}; {OTHERWISE}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_cure() {
        let none = HostSettings::default();
        let apparmor = HostSettings {
            apparmor_restricts: Some(1),
            ..none
        };
        let zero = HostSettings {
            user_namespaces_max: Some(0),
            ..none
        };
        let debian = HostSettings {
            userns_clone: Some(0),
            ..none
        };
        for (step, errno, settings, word) in [
            (
                "mount private",
                libc::EACCES,
                apparmor,
                "apparmor_restrict_unprivileged_userns=0",
            ),
            ("unshare", libc::ENOSPC, zero, "max_user_namespaces=15000"),
            (
                "unshare",
                libc::EPERM,
                debian,
                "unprivileged_userns_clone=1",
            ),
            ("mount proc", libc::EPERM, none, "systempaths=unconfined"),
            ("unshare", libc::EPERM, none, "seccomp=unconfined"),
            ("mount_setattr /usr", libc::ENOSYS, none, "newer kernel"),
            ("fork", libc::EAGAIN, none, "free what"),
            ("seccomp", libc::EINVAL, none, "CONFIG_SECCOMP_FILTER"),
            (
                "hard limits that are too low: open files (`ulimit -Hn` says 64)",
                libc::EPERM,
                none,
                "limits.conf",
            ),
        ] {
            let EngineError::Refused { cause, cure } = refusal(step, errno, settings) else {
                panic!("not a refusal");
            };
            assert!(cause.contains(step), "{cause}");
            assert!(cure.contains(word), "{cure}");
            assert!(cure.contains("--engine process"), "{cure}");
        }
    }
}
