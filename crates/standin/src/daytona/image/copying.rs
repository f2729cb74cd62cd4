//! Reads `COPY` and `ADD`.

use parse_dockerfile::{Flag, Source};

use crate::daytona::image::recipe::Copying;
use crate::daytona::image::words::{Vars, expand};
use crate::shared::go_path;

/// What else there is.
const OTHERWISE: &str = "; --engine docker builds it";

/// Ends of the names of archives that `ADD` would unpack.
const ARCHIVES: [&str; 6] = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".txz"];

/// Reads one; `dir` is the WORKDIR.
///
/// # Errors
/// What is wrong with it, or not there.
pub(super) fn read(
    word: &'static str,
    options: &[Flag<'_>],
    sources: &[Source<'_>],
    dest: &str,
    dir: &str,
    vars: &Vars,
) -> Result<Copying, String> {
    let (mut owner, mut mode) = (None, None);
    for option in options {
        let value = option.value.as_ref();
        let value = expand(value.map_or("", |value| value.value.as_ref()), vars)?;
        match option.name.value.as_ref() {
            "chown" => owner = Some(value),
            "chmod" => {
                let bits = u32::from_str_radix(&value, 8).ok();
                let bits = bits.filter(|bits| *bits <= 0o7777);
                mode = Some(bits.ok_or_else(|| {
                    format!("--chmod={value} is no mode in octal digits, as in --chmod=755")
                })?);
            }
            "from" => {
                return Err(format!(
                    "the embedded engine builds one stage after the other and keeps no other to copy from{OTHERWISE}"
                ));
            }
            // It changes how layers are kept, and nothing that is seen.
            "link" => {}
            other => {
                return Err(format!(
                    "--{other}: the embedded engine does not know it{OTHERWISE}"
                ));
            }
        }
    }
    let sources = sources.iter().map(|source| path(word, source, vars));
    let sources: Vec<String> = sources.collect::<Result<_, _>>()?;
    let dest = expand(dest, vars)?;
    let last = dest.rsplit('/').next().unwrap_or_default();
    let into_folder = matches!(last, "" | "." | "..");
    if sources.len() > 1 && !into_folder {
        return Err(format!(
            "When using {word} with more than one source file, the destination must be a directory and end with a /"
        ));
    }
    let dest = if dest.starts_with('/') {
        go_path::clean(&dest)
    } else {
        go_path::join(dir, &dest)
    };
    Ok(Copying {
        word,
        sources,
        dest,
        into_folder,
        owner,
        mode,
    })
}

fn path(word: &str, source: &Source<'_>, vars: &Vars) -> Result<String, String> {
    let path = match source {
        Source::Path(path) => expand(&path.value, vars)?,
        _ => return Err(format!("the embedded engine copies no heredoc{OTHERWISE}")),
    };
    if word == "ADD" {
        if path.contains("://") || path.starts_with("git@") {
            return Err(format!("the embedded engine fetches nothing{OTHERWISE}"));
        }
        if ARCHIVES.iter().any(|end| path.ends_with(end)) {
            return Err(format!(
                "the embedded engine unpacks no archives{OTHERWISE}"
            ));
        }
    }
    Ok(path)
}
