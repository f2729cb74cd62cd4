//! Builds an image by an engine that has images of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::daytona::image::context::Context;
use crate::daytona::image::{Image, Work};
use crate::engine::{BuildError, Engine, ImageOrder, LogSink};

/// The label by which an image can be told to be a build of this stand-in.
const LABEL: &str = "cutover.daytona-ref";

/// Builds; what the engine says goes to the log.
///
/// # Errors
/// The reason.
pub(super) async fn build(
    engine: &dyn Engine,
    work: &Work,
    context: &Context,
    log: LogSink,
    time_max: Duration,
    stop: CancellationToken,
) -> Result<Image, String> {
    let order = ImageOrder {
        context: context.reader(),
        labels: HashMap::from([(LABEL.to_owned(), work.reference.clone())]),
        log,
        time_max,
        stop,
    };
    let built = engine.build_image(order).await;
    let built = built.map_err(|error| match error {
        BuildError::Failed(said) => said,
        other => other.to_string(),
    })?;
    let facts = built.facts();
    Ok(Image {
        reference: work.reference.clone(),
        env: facts.env.clone(),
        // What an image without a USER is, root (contract 3.1).
        user: facts.user.clone().unwrap_or_else(|| "root".to_owned()),
        work_dir: facts.work_dir.clone(),
        entrypoint: facts.entrypoint.clone(),
        files: None,
        built: Some(Arc::clone(&built)),
    })
}
