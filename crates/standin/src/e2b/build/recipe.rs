//! What is to be built.

use std::sync::Arc;

use crate::e2b::build::product::Product;
use crate::e2b::snapshots::Snapshot;
use crate::engine::ImageLogin;

/// Characters of a step that its line in the log shows.
const SHOWN_MAX: usize = 200;

/// A build's order (contract 7.2), checked.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    /// What it begins with.
    pub(crate) base: Base,
    /// Whether every layer is made anew.
    pub(crate) force: bool,
    /// What is done, in this order.
    pub(crate) steps: Vec<Step>,
    /// What runs in its sandboxes from their start.
    pub(crate) start_cmd: Option<String>,
    /// What succeeds as soon as that is ready.
    pub(crate) ready_cmd: Option<String>,
}

/// What a build begins with.
#[derive(Debug, Clone)]
pub(crate) enum Base {
    /// An image.
    Image {
        /// Its name.
        name: String,
        /// Who pulls it.
        login: Option<ImageLogin>,
        /// Why the credentials that were given are not used.
        unused_login: Option<&'static str>,
    },
    /// A template that is built in.
    BuiltIn(String),
    /// A template that was built here.
    Template(String, Arc<Product>),
    /// A snapshot.
    Snapshot(Arc<Snapshot>),
}

impl Base {
    /// What `FROM` says in the log.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Image { name, .. } => name.clone(),
            Self::BuiltIn(name) | Self::Template(name, _) => format!("template {name}"),
            Self::Snapshot(snapshot) => format!("template {}", snapshot.id()),
        }
    }
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// What it does.
    pub(crate) kind: StepKind,
    /// Whether it, and all after it, is done anew.
    pub(crate) force: bool,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StepKind {
    /// Runs a command.
    Run {
        command: String,
        /// As whom, if not as the current user.
        user: Option<String>,
    },
    /// Copies uploaded files.
    Copy {
        /// Below the context's folder; may hold a pattern.
        source: String,
        destination: String,
        /// Whose they become, if not the current user's.
        owner: Option<String>,
        /// Their permissions, octal, if not those of the upload.
        mode: Option<String>,
        /// By which they were uploaded.
        hash: String,
    },
    /// Sets variables.
    Env(Vec<(String, String)>),
    /// Makes a folder and goes there.
    WorkDir(String),
    /// Becomes somebody, who is made where there is nobody of that name.
    User {
        name: String,
        /// Whether they may become root without a password.
        sudo: bool,
    },
}

impl StepKind {
    /// The step as its line in the log shows it.
    pub(super) fn shown(&self) -> String {
        let text = match self {
            Self::Run { command, .. } => format!("RUN {command}"),
            Self::Copy {
                source,
                destination,
                ..
            } => format!("COPY {source} {destination}"),
            Self::Env(pairs) => {
                let pairs: Vec<_> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
                format!("ENV {}", pairs.join(" "))
            }
            Self::WorkDir(path) => format!("WORKDIR {path}"),
            Self::User { name, .. } => format!("USER {name}"),
        };
        shortened(&text)
    }
}

/// One line of at most so many characters.
pub(super) fn shortened(text: &str) -> String {
    let line = text.replace(['\n', '\r'], " ");
    if line.chars().count() <= SHOWN_MAX {
        return line;
    }
    let mut cut: String = line.chars().take(SHOWN_MAX).collect();
    cut.push('…');
    cut
}
