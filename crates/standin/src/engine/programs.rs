//! Which programs the bound `/usr` offers, as capabilities that a scenario may require.

use std::path::Path;

/// Capabilities that are programs, with the program that stands for each.
pub(crate) const PROGRAMS: [(&str, &str); 24] = [
    ("bash", "bash"),
    ("python3", "python3"),
    ("node", "node"),
    ("git", "git"),
    ("perl", "perl"),
    ("curl", "curl"),
    ("jq", "jq"),
    ("tar", "tar"),
    ("gcc", "gcc"),
    ("psql", "psql"),
    ("awk", "awk"),
    ("diff", "diff"),
    ("file", "file"),
    ("find", "find"),
    ("grep", "grep"),
    ("gzip", "gzip"),
    ("locale", "locale"),
    ("make", "make"),
    ("procps", "pgrep"),
    ("sed", "sed"),
    ("setsid", "setsid"),
    ("unzip", "unzip"),
    ("wget", "wget"),
    ("xxd", "xxd"),
];

/// Where the sandbox's `PATH` looks, of what it has from the host.
pub(crate) const FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// The capabilities whose programs are there.
pub(crate) fn found() -> Vec<String> {
    let is_there = |program| {
        FOLDERS
            .iter()
            .any(|at| Path::new(at).join(program).exists())
    };
    PROGRAMS
        .iter()
        .filter(|(_, program)| is_there(program))
        .map(|(capability, _)| (*capability).to_owned())
        .collect()
}
