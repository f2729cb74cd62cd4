//! The flags of `COPY` and `ADD`.

use parse_dockerfile::Flag;

use crate::dockerfile::{Variables, expand};
use crate::register::findings::Findings;

/// Endings of what `ADD` unpacks.
const ARCHIVES: [&str; 8] = [
    ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst",
];

/// Owner and mode of what is copied, each empty where nothing is said.
pub(crate) fn copy_flags(
    options: &[Flag<'_>],
    variables: &Variables,
    (line, instruction): (usize, &str),
    findings: &mut Findings<'_>,
) -> Option<[String; 2]> {
    let mut owner = String::new();
    let mut mode = String::new();
    let mut is_wrong = false;
    for flag in options {
        let name = &*flag.name.value;
        let value = flag.value.as_ref().map_or("", |it| &*it.value);
        let value = expand(value, variables);
        let problem = match name {
            "chown" if !value.contains('$') => {
                owner = value;
                None
            }
            "chmod" => match octal(&value) {
                Some(octal) => {
                    mode = octal;
                    None
                }
                None => Some((
                    "chmod",
                    format!("--chmod={value} is no mode that E2B takes"),
                    "give three or four octal digits, for instance 0755",
                )),
            },
            "from" => Some((
                "stages",
                format!(
                    "{instruction} --from={value}: E2B knows no stages and copies from no other image"
                ),
                "put the file into the folder, or download it with RUN",
            )),
            // It says how layers are made, and nothing of what is in them.
            "link" => None,
            "checksum" | "keep-git-dir" if instruction == "ADD" => None,
            other => Some((
                "flag",
                format!("E2B does not know {instruction} --{other}"),
                "leave it out, and COPY what is needed by its name",
            )),
        };
        if let Some((rule, message, help)) = problem {
            is_wrong = true;
            findings.error(line, rule, message, help);
        }
    }
    (!is_wrong).then_some([owner, mode])
}

fn octal(text: &str) -> Option<String> {
    let is_mode = matches!(text.len(), 3 | 4) && text.chars().all(|c| ('0'..='7').contains(&c));
    is_mode.then(|| format!("{text:0>4}"))
}

/// Whether `ADD` would unpack it.
pub(crate) fn is_archive(source: &str) -> bool {
    let source = source.to_ascii_lowercase();
    ARCHIVES.iter().any(|ending| source.ends_with(ending))
}
