//! The sandbox templates: what a folder with a Dockerfile makes, what is wrong with it, and how two of
//! them differ.
//!
//! Comes in: a folder. Goes out: a [`Template`] (what its image and its sandboxes have), the
//! [`Finding`]s of one, and the [`Difference`]s of two. Nothing is built and nothing leaves the folder.
//! The same for two images that were built, by what a script says inside of them.

mod audit;
mod built;
mod dockerfile;
mod e2b_toml;
mod folder;
mod packages;
mod started;
mod template;

pub use audit::{Audit, Difference, Finding, Level, Value, audit, environment};
pub use built::{Built, Configuration, SURVEY, SurveyError, audit_images};
pub use dockerfile::{Argument, At, Copied, Recipe};
pub use e2b_toml::TemplateToml;
pub use folder::Folder;
pub use template::{Provider, Resources, Template};
