//! Stage: starts what a run needs (engine, stand-ins, drivers) and hands `run` ready surfaces.
//!
//! Comes in: side specs and settings as values. Goes out: a [`crate::run::Stage`]. Deliberately
//! absent: playing cases, judging them.

mod backstage;
mod capabilities;
mod deployed;
mod embedded;
mod engine;
mod live;
mod mcp_server;
mod recording;
pub mod selftest;
mod sides;
mod standin;
mod subjects;
mod watched;

pub use capabilities::capabilities;
pub use deployed::DeployedSide;
pub use engine::{EngineChoice, choose_engine};
pub use live::{LiveError, live_driver};
pub use recording::{Recording, RecordingError};
pub use sides::{LiveSide, SideStage, TwoSides};
pub use standin::{BUILT_IN_IMAGE, StandinPlan, image_variable};
pub use subjects::{default_sides, standin_subjects};
