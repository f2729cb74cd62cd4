//! Checks of request bodies, and what is said of one that fails: the issues of the validation
//! library that the original uses, key by key in its order.

mod bodies;
mod issue;
mod shape;

pub(crate) use bodies::{
    ARTIFACT_BYTES_MAX, ArtifactBody, Content, ExecuteBody, ProvisionBody, ReadFileBody, Reading,
    SessionBody, artifact, execute, provision, read_file, session,
};
pub(crate) use issue::Issues;
