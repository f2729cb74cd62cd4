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

    /// Whether the side is a recording.
    fn is_recorded(&self, side: Side) -> bool {
        let _ = side;
        false
    }

    /// What an earlier run recorded of a case, if the side is a recording: it is then not played.
    fn recorded(&self, case: &Case, side: Side) -> Option<Vec<Transcript>> {
        let (_, _) = (case, side);
        None
    }
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
