//! The sandbox templates: what a folder with a Dockerfile makes, what is wrong with it, and how two of
//! them differ; and its registration with its provider.
//!
//! Comes in: a folder. Goes out: a [`Template`] (what its image and its sandboxes have), the
//! [`Finding`]s of one, and the [`Difference`]s of two; the same for two images that were built, by what a
//! script says inside of them. [`register`] makes a plan of a folder and carries it out at the provider;
//! only that leaves the machine, and only what the plan says.

mod audit;
mod built;
mod dockerfile;
mod e2b_toml;
mod folder;
mod packages;
pub mod register;
mod started;
mod template;

pub use audit::{Audit, Difference, Finding, Level, Value, audit, environment};
pub use built::{Built, Configuration, SURVEY, SurveyError, audit_images};
pub use dockerfile::{Argument, At, Copied, Recipe};
pub use e2b_toml::TemplateToml;
pub use folder::Folder;
pub use template::{Provider, Resources, Template};
