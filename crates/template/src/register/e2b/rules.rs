//! What E2B would refuse, in its own words (contract 7.2).

use crate::register::findings::Findings;

const SIZES: &str = "say another in e2b.toml, or with --cpu and --memory";

/// Tells a name that E2B would refuse.
pub(crate) fn check_name(name: &str, findings: &mut Findings<'_>) {
    let is_name = |part: &str| {
        !part.is_empty()
            && part.len() <= 128
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
    };
    if name.is_empty() {
        let help = "say template_name in e2b.toml, or give --name";
        findings.error(0, "name", "Name is required", help);
    } else if !name.split('/').all(is_name) || name.split('/').count() > 2 {
        let message = format!("Invalid name: {name}");
        let help = "lower-case letters, digits, - and _, at most 128; tags are given with --tag";
        findings.error(0, "name", message, help);
    }
}

/// Tells tags that E2B would refuse.
pub(crate) fn check_tags(tags: &[String], findings: &mut Findings<'_>) {
    let is_tag = |tag: &str| {
        !tag.is_empty()
            && tag.len() <= 128
            && tag
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    for tag in tags.iter().filter(|tag| !is_tag(tag)) {
        let message = format!("Invalid tag: {tag}");
        findings.error(
            0,
            "tag",
            message,
            "letters, digits, -, _ and ., at most 128",
        );
    }
}

/// Tells sizes that E2B would refuse of everybody; what a team may have it says itself.
pub(crate) fn check_sizes(cpu: Option<u64>, memory: Option<u64>, findings: &mut Findings<'_>) {
    let cpu_problem = match cpu {
        Some(0) => Some("CPU count must be at least 1"),
        Some(33..) => Some("CPU count must be at most 32"),
        Some(cpu) if cpu != 1 && cpu % 2 == 1 => Some("CPU count must be 1 or an even number"),
        _ => None,
    };
    let memory_problem = match memory {
        Some(..128) => Some("Memory must be at least 128 MiB"),
        Some(memory) if memory % 2 == 1 => Some("Memory must be divisible by 2"),
        _ => None,
    };
    for problem in [cpu_problem, memory_problem].into_iter().flatten() {
        findings.error(0, "size", problem, SIZES);
    }
}
