//! What `COPY` and `ADD` name and the folder does not have.

use crate::audit::finding::{Finding, Level};
use crate::folder::Kind;
use crate::template::Template;

const MISSING: (Level, &str) = (Level::Error, "missing-source");
const DOWNLOAD: (Level, &str) = (Level::Warning, "download");

pub(super) fn findings(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    let own = template.recipe.copies.iter().filter(|it| it.from.is_none());
    for copied in own {
        let place = template.at(copied);
        let source = &copied.source;
        if source.contains("://") {
            if copied.is_add && !copied.has_checksum {
                let what = format!("ADD downloads {source} without a checksum");
                let help = "give `--checksum=sha256:...`";
                findings.push(Finding::new(DOWNLOAD, template, place, what, help));
            }
            continue;
        }
        if source.split('/').any(|part| part == "..") {
            let what = format!("{source} lies outside of the folder");
            let help = "a build takes nothing from outside of its folder: put it into it";
            findings.push(Finding::new(MISSING, template, place, what, help));
            continue;
        }
        let named = template.folder.named(source);
        let links_out = named.iter().any(|(_, kind)| {
            matches!(
                kind,
                Kind::Link {
                    stays_inside: false
                }
            )
        });
        let (what, help) = if named.is_empty() {
            let what = format!("{source} is not in the folder");
            (what, "add it, or leave the line out: the build ends there")
        } else if links_out {
            let what = format!("{source} is a link that leads out of the folder or nowhere");
            (
                what,
                "put the file itself there: a build takes the link, not what it leads to",
            )
        } else {
            continue;
        };
        findings.push(Finding::new(MISSING, template, place, what, help));
    }
    findings
}
