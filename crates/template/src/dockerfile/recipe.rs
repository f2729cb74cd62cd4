//! What a Dockerfile makes, as it is handed on.

use std::ops::Deref;

use cutover_base::shell::Command;
use indexmap::IndexMap;
use serde::Serialize;

/// Something and the line of the Dockerfile that says it, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct At<T> {
    /// The line.
    pub line: usize,
    /// What it says.
    pub value: T,
}

impl<T> Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// One source of `COPY` or `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Where it comes from, in the folder; a pattern is kept as it is.
    pub source: String,
    /// Where it goes to.
    pub target: String,
    /// Another stage or image that it comes from.
    pub from: Option<String>,
    /// `ADD`, which unpacks archives and downloads addresses.
    pub is_add: bool,
    /// `--checksum` is given.
    pub has_checksum: bool,
}

/// A variable that is given at build time.
pub type Argument = Option<String>;

/// What the last stage of a Dockerfile makes, with all that it is made `FROM`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipe {
    /// The image under it, with the defaults of build arguments put in; empty where one has none.
    pub bases: Vec<At<String>>,
    /// Build arguments and their defaults, those of every stage.
    pub arguments: IndexMap<String, At<Argument>>,
    /// The image's variables.
    pub env: IndexMap<String, At<String>>,
    /// Who runs in it; `root` where nothing says so.
    pub user: Option<At<String>>,
    /// Where commands begin.
    pub work_dir: Option<At<String>>,
    /// What is always started, as it is written.
    pub entrypoint: Option<At<String>>,
    /// What is started, or the entry point's arguments, as it is written.
    pub command: Option<At<String>>,
    /// Ports that it tells of.
    pub ports: Vec<At<String>>,
    /// Commands of `RUN`, in their order.
    pub runs: Vec<Command>,
    /// What it takes from its folder.
    pub copies: Vec<At<Copied>>,
}
