//! The one place that reads the process's environment, terminal and paths.

use std::io::IsTerminal;
use std::path::PathBuf;

use crate::app::corpus::Corpus;
use crate::app::environment::Environment;
use crate::app::settings::UserSettings;
use crate::cli::output::tell;

/// What a command may know of the process it runs in.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// What the application may know of it.
    pub(crate) environment: Environment,
    /// Whether stdout may be coloured.
    pub(crate) colour: bool,
    /// Whether stderr is a terminal, for the progress bar.
    pub(crate) progress_bar: bool,
}

impl Context {
    /// Reads the process once.
    pub(crate) fn read(args: Vec<String>) -> Self {
        let environment = Environment {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            args,
            program: PathBuf::from("/proc/self/exe"),
            temporary: temporary(),
            settings: UserSettings::read(),
        };
        let no_colour = environment.var("NO_COLOR").is_some();
        Self {
            colour: std::io::stdout().is_terminal() && !no_colour,
            progress_bar: std::io::stderr().is_terminal() && !no_colour,
            environment,
        }
    }
}

/// The folder for temporary files: `/tmp` also where `TMPDIR` is there and empty.
fn temporary() -> PathBuf {
    let named = std::env::var_os("TMPDIR").filter(|path| !path.is_empty());
    let folder = named.map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
    // It is told once; who has told it before has read the same variable.
    let _known = tempfile::env::override_temp_dir(&folder);
    folder
}

/// Tells which files were left out of the scenarios: nobody shall believe that they were played.
pub(crate) fn tell_left_out(corpus: &Corpus) {
    for line in corpus.left_out() {
        tell(&line);
    }
}
