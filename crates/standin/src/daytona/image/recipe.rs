//! A Dockerfile as a list of steps.

use crate::daytona::image::Image;
use crate::daytona::image::words::Vars;

/// What is to be done, and what it makes apart from files.
#[derive(Debug, Clone)]
pub(in crate::daytona) struct Recipe {
    /// The steps in order.
    pub(super) steps: Vec<Step>,
    /// The image but for its files.
    pub(in crate::daytona) image: Image,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The line as it was written, for the log.
    pub(super) text: String,
    /// What it does beyond being written down.
    pub(super) action: Action,
}

/// A copy of files of the context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copying {
    /// `COPY` or `ADD`.
    pub(super) word: &'static str,
    /// What is copied: paths and patterns, as written.
    pub(super) sources: Vec<String>,
    /// Where to, with its whole path.
    pub(super) dest: String,
    /// Whether that must be a folder.
    pub(super) into_folder: bool,
    /// Who owns the copies; root if nobody is named.
    pub(super) owner: Option<String>,
    /// Their mode, where it is not that of the files.
    pub(super) mode: Option<u32>,
}

/// What a step does to the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing: it changes the image's settings only.
    Note,
    /// The built-in root takes the place of this image.
    StandIn(String),
    /// Copies files of the build's context.
    Copy(Copying),
    /// Makes a folder and those above it.
    MakeDir(String),
    /// Runs a program.
    Run {
        argv: Vec<String>,
        env: Vars,
        dir: String,
        user: String,
    },
}
