//! Who has made the init of a sandbox, and can end it whatever it does.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::engine::{BuiltImage, EngineError};

/// The files of a sandbox, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Disk {
    pub(in crate::engine) bytes: u64,
    /// Where it is bounded.
    pub(in crate::engine) bytes_max: Option<u64>,
}

/// See the module's description. Everything inside ends with init.
#[async_trait]
pub(in crate::engine) trait Keeper: Send + Sync + fmt::Debug {
    /// Ends init without waiting.
    fn kill(&self);

    /// Returns when init has ended and nothing of the sandbox is left. It was killed before.
    async fn ended(&self);

    /// What the files take, where init cannot tell.
    async fn disk(&self) -> Result<Option<Disk>, EngineError> {
        Ok(None)
    }

    /// Makes an image of the files, where there are images.
    async fn commit(&self) -> Result<Option<Arc<dyn BuiltImage>>, EngineError> {
        Ok(None)
    }

    /// Refuses an export of files that would not be whole.
    async fn may_export(&self) -> Result<(), EngineError> {
        Ok(())
    }
}
