//! What a run needs of the room that starts things.

use std::sync::Arc;

use async_trait::async_trait;
use cutover_base::side::Side;

use crate::plan::Case;
use crate::surface::{Backstage, CallSurface, Lifecycle};
use crate::transcript::Transcript;

/// Hands out ready surfaces: fresh for every case, side and replay, so that nothing one case does
/// can be seen by another.
#[async_trait]
pub trait Stage: Send + Sync + std::fmt::Debug {
    /// Opens a side for a case.
    async fn open(
        &self,
        case: &Case,
        side: Side,
        lifecycle: Arc<dyn Lifecycle>,
    ) -> Result<OpenSide, StageError>;

    /// The earlier run that stands for the side, if one does: the side is then not played.
    fn recording(&self, side: Side) -> Option<&dyn RecordedSide> {
        let _ = side;
        None
    }
}

/// An earlier run that stands for a side.
pub trait RecordedSide: Send + Sync + std::fmt::Debug {
    /// What was recorded of a case, for the side that it is now; never empty.
    fn transcripts(&self, case: &Case, side: Side) -> Vec<Transcript>;
}

/// A side that is ready for calls.
#[derive(Debug)]
pub struct OpenSide {
    /// Where calls enter.
    pub surface: Arc<dyn CallSurface>,
    /// The other hand on the provider.
    pub backstage: Arc<dyn Backstage>,
}

/// Why a side could not be opened: always the harness's failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StageError(pub String);
