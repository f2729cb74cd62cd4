//! The one place that reads the process's environment, terminal and paths.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;

use crate::cli::exit::Stop;

/// Environment variables whose values are secrets.
const SECRET_VARIABLES: [&str; 6] = [
    "E2B_API_KEY",
    "E2B_ACCESS_TOKEN",
    "DAYTONA_API_KEY",
    "DAYTONA_JWT_TOKEN",
    "CUTOVER_SOURCE_PLATFORM_TOKEN",
    "CUTOVER_TARGET_PLATFORM_TOKEN",
];

/// What a command may know of the process it runs in.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    env: BTreeMap<String, String>,
    /// Arguments as they were typed, without the program's name.
    pub(crate) args: Vec<String>,
    /// Whether stdout may be coloured.
    pub(crate) colour: bool,
    /// Whether stderr is a terminal, for the progress bar.
    pub(crate) progress_bar: bool,
    /// The path of this program, for the engine's helper.
    pub(crate) program: PathBuf,
}

impl Context {
    /// Reads the process once.
    pub(crate) fn read(args: Vec<String>) -> Self {
        let env: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let no_colour = env.get("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            colour: std::io::stdout().is_terminal() && !no_colour,
            progress_bar: std::io::stderr().is_terminal() && !no_colour,
            program: PathBuf::from("/proc/self/exe"),
            env,
            args,
        }
    }

    /// An environment variable; empty counts as unset, as it does for the official SDKs.
    pub(crate) fn var(&self, name: &str) -> Option<String> {
        self.env
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
    }

    /// A redactor of every secret that the environment holds.
    pub(crate) fn redactor(&self) -> Redactor {
        self.redactor_with(Vec::new())
    }

    /// A redactor of these secrets too.
    pub(crate) fn redactor_with(&self, mut secrets: Vec<Secret>) -> Redactor {
        for name in SECRET_VARIABLES {
            if let Some(value) = self.var(name)
                && secrets.iter().all(|known| known.expose() != value)
            {
                secrets.push(Secret::new(name, value));
            }
        }
        Redactor::new(secrets)
    }
}

/// Writes the result to stdout. A reader that has gone away is no error.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
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
    let _nobody_listens = writeln!(err, "{text}");
}
