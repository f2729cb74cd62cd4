//! What Daytona's official SDKs do where their caller says nothing, and where that stands: in
//! `daytona` 0.226.1 of `PyPI`, and alike in `@daytona/sdk` 0.216.0 of npm. A call that leaves something
//! out does the same here, since that is what a user of the SDK would see.
//!
//! What is sent for nothing said is nothing: no snapshot (the organisation's default, whose user
//! is `daytona`) and no `autoStopInterval` (the control plane then takes 15 minutes without
//! activity), see `Daytona._create` in `daytona/_sync/daytona.py`.

use std::time::Duration;

/// Time limit of a command; zero is none: `timeout: int | None = None` of `Process.exec` in
/// `daytona/_sync/process.py`. A session's command has no limit to say at all.
pub(crate) const COMMAND_TIMEOUT: Duration = Duration::ZERO;

/// Minutes from a stop to the deletion of what was stopped. The SDK sends none, and a stopped
/// sandbox is then kept for ever; this one is ours, the net under a run that dies before it
/// destroys. It counts from the stop, so that no case can see it.
pub(crate) const KEPT_STOPPED_MIN: u32 = 60;
