//! What this process must be allowed before anything is created: what it lacks would otherwise show
//! as a provider's failure.

use std::path::Path;

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

use crate::app::environment::Environment;
use crate::app::error::AppError;

/// Files and connections that a run may have open at the default number of jobs, with room.
const OPEN_FILES_MIN: rlim_t = 256;

/// Raises the soft limits that anybody may raise: what they hold back is ours, not a provider's.
pub(crate) fn raise_limits() {
    for resource in [
        Resource::RLIMIT_NOFILE,
        Resource::RLIMIT_NPROC,
        Resource::RLIMIT_FSIZE,
        Resource::RLIMIT_DATA,
        Resource::RLIMIT_AS,
    ] {
        if let Ok((soft, hard)) = getrlimit(resource)
            && soft < hard
        {
            // If not, what there is is what counts.
            let _ = setrlimit(resource, hard, hard);
        }
    }
}

/// Says everything that is too little.
///
/// # Errors
/// A mistake in configuration, with cause and cure.
pub(crate) fn ready(environment: &Environment) -> Result<(), AppError> {
    let problems: Vec<String> = [temporary(environment), open_files()]
        .into_iter()
        .filter_map(Result::err)
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(AppError::usage(problems.join("\n")))
}

/// Whether large values and snapshots have a folder to lie in; what it is.
pub(crate) fn temporary(environment: &Environment) -> Result<String, String> {
    let folder = environment.temporary.as_path();
    let (named, cure) = match environment.var("TMPDIR") {
        Some(_) => (
            "TMPDIR names",
            "name a folder that can be written, or unset it",
        ),
        None => (
            "TMPDIR is not set, so temporary files lie in",
            "set TMPDIR to a folder that can be written",
        ),
    };
    match try_folder(folder) {
        Ok(()) => Ok(format!("{} can be written", folder.display())),
        Err(error) => Err(format!(
            "{named} {}, which cannot be used: {error}; {cure}",
            folder.display()
        )),
    }
}

/// A disk that is full is told where something does not fit.
fn try_folder(folder: &Path) -> std::io::Result<()> {
    tempfile::tempfile_in(folder).map(drop)
}

/// How many files may be open, once the soft limit is raised.
pub(crate) fn open_files() -> Result<String, String> {
    let limits = getrlimit(Resource::RLIMIT_NOFILE);
    let (now, _) = limits.map_err(|error| format!("the limit on open files: {error}"))?;
    if now >= OPEN_FILES_MIN {
        return Ok(format!("{now}"));
    }
    Err(format!(
        "cutover may open {now} files (`ulimit -Hn`) and needs {OPEN_FILES_MIN}; start it where it \
         may (as root with ulimit, in limits.conf, or by the limits of the systemd unit or container)"
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;
    use crate::app::settings::UserSettings;

    fn environment(tmpdir: Option<&str>, temporary: &str) -> Environment {
        let tmpdir = tmpdir.map(|path| ("TMPDIR".to_owned(), path.to_owned()));
        Environment {
            variables: tmpdir.into_iter().collect::<BTreeMap<_, _>>(),
            args: Vec::new(),
            program: PathBuf::new(),
            temporary: PathBuf::from(temporary),
            settings: UserSettings::default(),
        }
    }

    #[test]
    fn the_folder_is_named_with_what_to_do() {
        let kept = tempfile::tempdir().unwrap();
        let good = kept.path().to_str().unwrap();
        assert!(temporary(&environment(Some(good), good)).is_ok());
        assert!(temporary(&environment(None, good)).is_ok());
        for (tmpdir, folder, said) in [
            (
                Some("/nope"),
                "/nope",
                "TMPDIR names /nope, which cannot be used: No such file",
            ),
            (
                Some("/dev/null"),
                "/dev/null",
                "TMPDIR names /dev/null, which cannot be used: Not a directory",
            ),
            (
                None,
                "/nope",
                "TMPDIR is not set, so temporary files lie in /nope",
            ),
        ] {
            let error = temporary(&environment(tmpdir, folder)).unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
