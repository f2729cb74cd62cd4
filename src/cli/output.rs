//! The one way out: everything that the command writes passes here, so that no secret and nothing
//! that a terminal obeys leaves, whatever stands in a file, a sandbox's answer or an argument.
//!
//! Colours are not text: they come as [`Painted`], which only a report's page can make.

use std::io::Write;
use std::sync::{OnceLock, PoisonError, RwLock};

use cutover_base::redact::Redactor;

use crate::cli::exit::Stop;
use crate::report::Painted;
use crate::report::escape::{lines, one_line};

/// What no line may hold.
static REDACTOR: OnceLock<RwLock<Redactor>> = OnceLock::new();

/// From now on nothing that this redactor knows is written.
pub(crate) fn hide(redactor: Redactor) {
    let lock = REDACTOR.get_or_init(|| RwLock::new(Redactor::noop()));
    *lock.write().unwrap_or_else(PoisonError::into_inner) = redactor;
}

fn redacted(text: &str) -> String {
    let lock = REDACTOR.get_or_init(|| RwLock::new(Redactor::noop()));
    lock.read()
        .unwrap_or_else(PoisonError::into_inner)
        .text(text)
}

/// Writes the result to stdout. A reader that has gone away is no error.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    write(&lines(&redacted(text)))
}

/// Writes a page of a report to stdout.
pub(crate) fn print_page(page: &Painted) -> Result<(), Stop> {
    write(&redacted(page.as_str()))
}

/// Writes settings to stdout, which hold the keys of our own stand-ins: an SDK must be able to read
/// them.
pub(crate) fn print_settings(text: &str) -> Result<(), Stop> {
    write(&lines(text))
}

fn write(text: &str) -> Result<(), Stop> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Stop::unjudged(format!("stdout: {error}"))),
    }
}

/// Writes a line to stderr; nothing can be done if that fails.
pub(crate) fn tell(text: &str) {
    let mut err = anstream::stderr().lock();
    let _nobody_listens = writeln!(err, "{}", lines(&redacted(text)));
}

/// A text for a progress bar, which writes by itself.
pub(crate) fn for_bar(text: &str) -> String {
    one_line(&redacted(text))
}

/// A panic is a bug of ours, and its words may be anybody's.
pub(crate) fn hear_panics() {
    std::panic::set_hook(Box::new(|panic| {
        tell(&format!("bug in cutover: {panic}"));
    }));
}
