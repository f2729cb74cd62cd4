//! Templates of E2B: from a folder to a plan, and from a plan to a template that is ready.

mod copy;
mod files;
mod hash;
mod plan;
mod register;
#[cfg(test)]
mod register_tests;
mod rules;
mod steps;
#[cfg(test)]
mod tests;
mod unsupported;
mod wire;
mod words;

pub use plan::{Context, TemplatePlan, TemplateSettings, plan};
pub use register::{RegisteredTemplate, register};
pub use steps::Step;
