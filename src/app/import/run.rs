//! From a log to a folder.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use cutover_base::redact::Redactor;
use cutover_base::words::counted;

use super::folder::{refuse_full, write};
use super::parts::{Part, parts};
use super::shapes::Shapes;
use crate::app::environment::Environment;
use crate::app::error::AppError;
use crate::capture::import::read;
use crate::capture::secrets::of_variables;
use crate::capture::story::{Fate, Source, Story, Tally, tell};
use crate::scenario::{parse_one, render};

/// Bytes of a log.
const LOG_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Shapes that are told on the terminal; the folder has all.
const SHAPES_SHOWN: usize = 15;

/// What stands beside the scenarios.
const TABLE: &str = "traffic.md";

/// Reads a log and writes the folder. Gives what is to be told, with what could not be read apart.
///
/// # Errors
/// A folder that is there, a log that cannot be read, and one without anything to replay.
pub(crate) fn import(
    log: &Path,
    out: &Path,
    environment: &Environment,
) -> Result<(String, Vec<String>), AppError> {
    refuse_full(out)?;
    let shown = log
        .file_name()
        .unwrap_or(log.as_os_str())
        .to_string_lossy()
        .into_owned();
    let stem = shown.split('.').next().unwrap_or_default().to_owned();
    let bytes = bytes_of(log)?;
    let wrong = |why: String| AppError::usage(format!("`{}`: {why}", log.display()));
    let read = read(&bytes, if stem.is_empty() { "log" } else { &stem }).map_err(wrong)?;
    drop(bytes);
    let trouble: Vec<String> = read
        .told()
        .into_iter()
        .map(|told| format!("`{}`: {told}", log.display()))
        .collect();
    let (format, sessions) = (read.format, read.sessions.len());
    let (parts, left_out) = parts(read.sessions);
    let mut tally = Tally::default();
    if left_out > 0 {
        let why = "its session is not among those with the most calls".to_owned();
        tally.add_times(&Fate::Lost(why), left_out);
    }
    let mut shapes = Shapes::default();
    let mut files = Vec::new();
    for part in &parts {
        let story = story(part, (&shown, format), environment);
        tally.join(&story.tally);
        for (call, fate) in part.calls.iter().zip(&story.fates) {
            shapes.add(call, fate, part.times);
        }
        if let Some(text) = story.text {
            let name = file_name(files.len() + 1, part);
            parse_one("imported", &out.join(&name), &text)
                .map_err(|problems| AppError::failed(render(&problems)))?;
            files.push((name, text));
        }
    }
    let told = tally.told();
    if files.is_empty() {
        let why = tally.details().join("; ");
        return Err(AppError::nothing(format!(
            "{told}, so nothing was written: {why}"
        )));
    }
    let scenarios = files.len();
    let hidden = redactor(environment);
    let details = tally.details();
    let details: String = details
        .iter()
        .flat_map(|line| ["- ", line.as_str(), "\n"])
        .collect();
    let table = shapes.table(usize::MAX);
    let page = format!("# Traffic of {shown}\n\n{told}\n\n{details}\n{table}");
    files.push((TABLE.to_owned(), hidden.text(&page)));
    write(out, &files)?;
    let page = format!(
        "{format}, {}\n{told}\n{details}\n{}\n{} in `{}`; the whole table is `{TABLE}`\n",
        counted(sessions, "session"),
        shapes.table(SHAPES_SHOWN),
        counted(scenarios, "scenario"),
        out.display(),
    );
    Ok((hidden.text(&page), trouble))
}

fn bytes_of(log: &Path) -> Result<Vec<u8>, AppError> {
    let mut bytes = Vec::new();
    File::open(log)
        .and_then(|open| open.take(LOG_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| AppError::usage(format!("`{}` cannot be read: {error}", log.display())))?;
    if bytes.len() as u64 > LOG_BYTES_MAX {
        let shown = log.display();
        let most = LOG_BYTES_MAX / 1024 / 1024;
        return Err(AppError::usage(format!(
            "`{shown}` is larger than {most} MiB; cut it into several logs"
        )));
    }
    Ok(bytes)
}

fn redactor(environment: &Environment) -> Redactor {
    Redactor::new(
        [
            environment.hidden(),
            of_variables(environment.variables.iter()),
        ]
        .concat(),
    )
}

fn story(part: &Part, (shown, format): (&str, &str), environment: &Environment) -> Story {
    let mut head = vec![format!(
        "Imported by `cutover import` from {shown}: {format}."
    )];
    if part.place.1 > 1 {
        let (place, count) = part.place;
        head.push(format!(
            "Part {place} of {count}: what earlier parts made is not there."
        ));
    }
    if part.times > 1 {
        head.push(format!("{} called this.", counted(part.times, "session")));
    }
    let secrets = [
        environment.hidden(),
        of_variables(environment.variables.iter()),
    ]
    .concat();
    let source = Source {
        head,
        why: format!("What an agent called in the session `{}`.", part.session),
        tag: "imported",
        session: None,
        secrets,
        lost: Vec::new(),
        is_traffic: true,
        stands_for: part.times,
    };
    tell(&part.calls, &source)
}

/// A name that says which session it is, and that no other file has.
fn file_name(number: usize, part: &Part) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let slug: String = part.session.chars().map(plain).take(40).collect();
    let place = match part.place {
        (_, 1) => String::new(),
        (place, _) => format!("-part-{place}"),
    };
    format!("{number:03}-{}{place}.yaml", slug.trim_matches('-'))
}
