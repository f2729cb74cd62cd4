//! Built images: what is in one, and how two differ, as they themselves say.
//!
//! Comes in: what the image's configuration says, and what [`SURVEY`] printed inside. Goes out: a
//! [`Built`], and the [`Audit`](crate::Audit) of two. Running it is another's.

mod compare;
mod facts;

pub use compare::audit_images;
pub use facts::{Built, Configuration, SURVEY, SurveyError};
