//! The daemon: what it has, and what is left there.

use std::process::{Command, Output, Stdio};

/// The images of the tests.
#[derive(Debug, Clone)]
pub(crate) struct Images {
    /// Debian with bash, python3 and what the built-in image has.
    pub(crate) plain: String,
    /// The first part of each template.
    pub(crate) templates: [String; 2],
}

/// The images that the variables name.
///
/// # Errors
/// Which of them is missing, and how it is made.
pub(crate) fn images() -> Result<Images, String> {
    let image = |variable: &str| {
        let name = std::env::var(variable)
            .map_err(|_unset| format!("{variable} names no image; see .ci/docker"))?;
        let known = docker(&["image", "inspect", &name])?;
        if known.status.success() {
            Ok(name)
        } else {
            let said = String::from_utf8_lossy(&known.stderr);
            Err(format!("{variable}={name}: {}", said.trim()))
        }
    };
    Ok(Images {
        plain: image("CUTOVER_TEST_IMAGE")?,
        templates: [image("CUTOVER_TEST_E2B")?, image("CUTOVER_TEST_DAYTONA")?],
    })
}

fn docker(words: &[&str]) -> Result<Output, String> {
    Command::new("docker")
        .args(words)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("docker: {error}"))
}

/// Containers of one process of cutover, by their ids, stopped ones too.
pub(crate) fn containers_of(pid: u32) -> Vec<String> {
    let label = format!("label=cutover.pid={pid}");
    let listed = docker(&["ps", "--all", "--quiet", "--filter", &label]).unwrap();
    assert!(listed.status.success(), "{listed:?}");
    let text = String::from_utf8(listed.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}
