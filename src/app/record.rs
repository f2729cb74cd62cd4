//! Recording: an MCP server's calls on their way, written as a scenario when it ends.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cutover_base::clock::Clock;
use cutover_base::words::counted;
use jiff::Timestamp;

use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::capture::keep::{can_write, folder_of, keep};
use crate::capture::relay::{Seen, relay};
use crate::capture::secrets::of_variables;
use crate::capture::story::{Source, Story, tell};
use crate::scenario::parse_one;

/// Passes everything on between our own streams and the server until it ends, and writes what was
/// called. Gives the server's exit code. `told` gets the lines for standard error.
///
/// # Errors
/// A file that is there already or cannot be made, and a server that cannot be started: then nothing
/// has passed.
pub(crate) async fn record(
    command: &[OsString],
    out: Option<&Path>,
    environment: &Environment,
    told: fn(&str),
) -> Result<u8, AppError> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(AppError::usage("no command starts the MCP server"));
    };
    if let Some(out) = out {
        refuse_out(out)?;
    }
    let began = Clock::new().now();
    let (host_in, host_out) = (tokio::io::stdin(), tokio::io::stdout());
    let ended = relay((program, arguments), host_in, host_out)
        .await
        .map_err(AppError::usage)?;
    let places = places(out, began, environment);
    told(&written(
        &ended.seen,
        &places,
        (program, began),
        environment,
    ));
    Ok(ended.code)
}

/// What stands in the way of the file is told before anything begins.
fn refuse_out(out: &Path) -> Result<(), AppError> {
    if out.symlink_metadata().is_ok() {
        let shown = out.display();
        return Err(AppError::usage(format!(
            "`{shown}` is there already; name another file with --out, or leave --out away"
        )));
    }
    let folder = folder_of(out);
    can_write(folder).map_err(|error| {
        AppError::usage(format!(
            "--out: no file can be made in `{}`: {error}",
            folder.display()
        ))
    })
}

/// Where it may be written, best first: what another recording has taken meanwhile is no loss.
fn places(out: Option<&Path>, began: Timestamp, environment: &Environment) -> Vec<PathBuf> {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let unique = &unique[..8];
    let name = format!("recorded-{}-{unique}.yaml", began.strftime("%Y%m%d-%H%M%S"));
    let beside = environment.temporary.join(&name);
    match out {
        Some(out) => {
            let stem = out.file_stem().unwrap_or_default().to_string_lossy();
            let other = out.with_file_name(format!("{stem}-{unique}.yaml"));
            vec![out.to_owned(), other, beside]
        }
        None => vec![PathBuf::from(name), beside],
    }
}

/// Writes what was seen, and says in one line what became of it.
fn written(
    seen: &Seen,
    places: &[PathBuf],
    (program, began): (&OsString, Timestamp),
    environment: &Environment,
) -> String {
    if seen.count() == 0 {
        return "cutover record: no tool was called, so there is nothing to write".to_owned();
    }
    let story = story(seen, program, began, environment);
    let told = story.tally.told();
    let Some(text) = &story.text else {
        let details = story.tally.details().join("; ");
        return format!(
            "cutover record: {told}; nothing was written, as no call is left: {details}"
        );
    };
    match keep(text, places) {
        Ok(path) => {
            let shown = path.display();
            let wrong = parse_one("recorded", &path, text).err();
            let wrong = wrong.map(|it| {
                format!(
                    "; `cutover check` finds {} in it",
                    counted(it.len(), "problem")
                )
            });
            let named = if places.first() == Some(&path) {
                ""
            } else {
                "elsewhere, "
            };
            format!(
                "cutover record: {told}; written to {named}`{shown}`{}",
                wrong.unwrap_or_default()
            )
        }
        Err(error) => {
            let place = places
                .first()
                .map(|it| it.display().to_string())
                .unwrap_or_default();
            format!("cutover record: {told}; `{place}` cannot be written: {error}")
        }
    }
}

fn story(seen: &Seen, program: &OsString, began: Timestamp, environment: &Environment) -> Story {
    let program = Path::new(program)
        .file_name()
        .unwrap_or(program)
        .to_string_lossy();
    let variables = environment.variables.iter();
    let secrets = [environment.hidden(), of_variables(variables)].concat();
    let session = environment.var("SESSION_ID");
    let lost = [
        ("the message is longer than 1 MiB", seen.too_long),
        ("the message is no JSON that can be read", seen.unreadable),
        ("more was called than is kept", seen.behind),
    ];
    let lost = lost.into_iter().filter(|(_, count)| *count > 0);
    let source = Source {
        head: vec![format!(
            "Recorded by `cutover record` from {}.",
            began.strftime("%F %TZ")
        )],
        why: format!("What an agent called, recorded before `{program}`."),
        tag: "recorded",
        session: session.as_deref(),
        secrets,
        lost: lost.map(|(why, count)| (why.to_owned(), count)).collect(),
        is_traffic: false,
        stands_for: 1,
    };
    tell(&seen.calls, &source)
}
