//! Several runs made one: the shards of a run, judged as one.

use std::path::{Path, PathBuf};

use cutover_base::clock::Clock;

use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::app::judged::Judged;
use crate::app::published::Published;
use crate::transcript::journal::is_being_written;
use crate::transcript::{create_run_folder, merge_problems, merge_runs, read_journal};

/// Merges runs into a new one below `out`.
///
/// # Errors
/// Everything that keeps these runs from being one; what cannot be written.
pub(crate) fn merge(
    dirs: &[PathBuf],
    out: &Path,
    environment: &Environment,
) -> Result<Published, AppError> {
    let mut runs = Vec::new();
    let mut problems = Vec::new();
    for dir in dirs {
        match read_journal(dir) {
            Ok(_) if is_being_written(dir) => {
                problems.push(format!("the run in `{}` is still going on", dir.display()));
            }
            Ok(run) => runs.push(run),
            Err(error) => problems.push(error.to_string()),
        }
    }
    if problems.is_empty() {
        problems = merge_problems(&runs);
    }
    if !problems.is_empty() {
        return Err(AppError::usage(problems.join("\n  and ")));
    }
    let redactor = environment.redactor();
    let args = environment.args.iter();
    let typed: Vec<String> = args.map(|arg| redactor.text(arg)).collect();
    let folder = create_run_folder(out, &Clock::new())
        .map_err(|error| AppError::usage(format!("{error}; choose another folder with --out")))?;
    merge_runs(&runs, &typed, &folder)
        .map_err(|error| AppError::failed(format!("the runs could not be merged: {error}")))?;
    let judged = Judged::read(&folder.path, None).map_err(AppError::after_create)?;
    Published::new(judged, None, &redactor)
}
