//! What a scenario may require (`requires:`) and a run may lack.

/// A capability and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// The word in `requires`.
    pub name: &'static str,
    /// What is there when it is met.
    pub meaning: &'static str,
}

const fn capability(name: &'static str, meaning: &'static str) -> Capability {
    Capability { name, meaning }
}

/// Every capability. The first group is of the lanes and engines, the second of the providers,
/// the third of what is installed in the sandbox beside bash and coreutils.
pub const CAPABILITIES: &[Capability] = &[
    capability("root", "a sandbox in which commands can run as root"),
    capability("network", "a sandbox that reaches the network"),
    capability("isolation", "a sandbox with its own processes and files"),
    capability("clock", "both sides' clocks can be advanced (stand-ins)"),
    capability("fault", "both sides can be made to fail (stand-ins)"),
    capability("pause", "the provider can pause a sandbox (E2B)"),
    capability("stop", "the provider can stop a sandbox (Daytona)"),
    capability("user", "a command can be run as a named user (E2B)"),
    capability("stdin", "a command can be given standard input (E2B)"),
    capability("signals", "a background process can be sent any signal"),
    capability("streams", "standard output and error are kept apart"),
    capability("awk", "awk"),
    capability("curl", "curl"),
    capability("diff", "diff and cmp"),
    capability("file", "file"),
    capability("find", "find and xargs"),
    capability("gcc", "a C compiler"),
    capability("git", "git"),
    capability("grep", "grep"),
    capability("gzip", "gzip"),
    capability("jq", "jq"),
    capability("locale", "a UTF-8 locale such as C.UTF-8"),
    capability("make", "make"),
    capability("node", "Node.js"),
    capability("perl", "perl"),
    capability("postgres", "a PostgreSQL server of the templates"),
    capability("procps", "ps, pgrep and pkill"),
    capability("python3", "Python 3"),
    capability("sed", "sed"),
    capability("setsid", "setsid of util-linux"),
    capability("sudo", "sudo without a password"),
    capability("tar", "tar"),
    capability("unzip", "zip and unzip"),
    capability("wget", "wget"),
    capability("xxd", "xxd"),
];

/// The words of [`CAPABILITIES`].
pub fn capability_names() -> Vec<&'static str> {
    CAPABILITIES.iter().map(|known| known.name).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = capability_names().into_iter().collect();
        assert_eq!(names.len(), CAPABILITIES.len());
    }
}
