//! Why a folder cannot be registered.

use crate::audit::Finding;

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPlan {
    /// The folder is no template, or cannot be read.
    Folder(String),
    /// Something has to be mended first; warnings are among them.
    Findings(Vec<Finding>),
}
