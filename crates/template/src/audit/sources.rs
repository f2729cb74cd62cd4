//! Bases and packages that are others tomorrow.

use crate::audit::finding::{Finding, Level};
use crate::dockerfile::At;
use crate::packages::packages;
use crate::template::Template;
use cutover_base::shell::Command;

const BASE: (Level, &str) = (Level::Warning, "unpinned-base");
const PACKAGE: (Level, &str) = (Level::Warning, "unpinned-package");

pub(super) fn findings(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for base in &template.recipe.bases {
        if !is_pinned(base) {
            let what = format!(
                "the base `{}` is another image after its next release",
                base.value
            );
            let help = "name a version, or better a digest: `image:1.2@sha256:...`";
            findings.push(Finding::new(BASE, template, template.at(base), what, help));
        }
    }
    for (file, runs) in &template.runs {
        for (manager, package) in installed(runs) {
            let place = (file.clone(), package.line);
            if matches!(manager, "pip" | "uv" | "npm") && is_loose(manager, &package) {
                let what = format!("`{}` of {manager} has no version", package.value);
                let help = "name the version that was tried";
                findings.push(Finding::new(PACKAGE, template, place, what, help));
            }
        }
    }
    findings
}

fn installed(runs: &[Command]) -> impl Iterator<Item = (&'static str, At<String>)> {
    let all = packages(runs).into_iter();
    all.flat_map(|(manager, all)| all.into_iter().map(move |package| (manager, package)))
}

fn is_pinned(base: &str) -> bool {
    // What is given at build time is the builder's to pin.
    if base == "scratch" || base.contains('$') || base.contains('@') {
        return true;
    }
    let name = base.rsplit('/').next().unwrap_or(base);
    name.split_once(':').is_some_and(|(_, tag)| tag != "latest")
}

fn is_loose(manager: &str, package: &str) -> bool {
    let is_local = package.starts_with(['.', '/', '$']) || package.contains("://");
    let is_pinned = match manager {
        "npm" => package.char_indices().skip(1).any(|(_, c)| c == '@'),
        _ => package.contains(['=', '<', '>', '~']) || package.contains(" @ "),
    };
    !is_local && !is_pinned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pinned_and_what_is_not() {
        for base in [
            "debian:12",
            "a.b:5000/c:1",
            "x@sha256:0",
            "scratch",
            "${BASE}",
        ] {
            assert!(is_pinned(base), "{base}");
        }
        for base in ["debian", "e2bdev/code-interpreter:latest", "a.b:5000/c"] {
            assert!(!is_pinned(base), "{base}");
        }
        assert!(is_loose("pip", "uv") && !is_loose("pip", "uv==1") && !is_loose("pip", ".[proxy]"));
        assert!(is_loose("npm", "@a/b") && !is_loose("npm", "@a/b@1"));
    }
}
