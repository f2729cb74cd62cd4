//! What E2B's official SDKs do where their caller says nothing, and where that stands: in `e2b`
//! 2.63.0 of `PyPI`, and alike in `e2b` 2.51.0 of npm. A call that leaves something out does the same here,
//! since that is what a user of the SDK would see.

use std::time::Duration;

/// Time limit of a command, of one in the background too: `timeout: Optional[float] = 60` of
/// `Commands.run` in `e2b/sandbox_sync/commands/command.py` (npm: `timeoutMs ?? 60_000` of
/// `Commands.start`). Zero is none. It goes out as `connect-timeout-ms`, at which envd kills the
/// command's shell and ends its stream.
pub(crate) const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

/// The template: `default_template` of `e2b/sandbox/main.py`.
pub(crate) const TEMPLATE: &str = "base";

/// Lifetime of a sandbox that is connected to: `default_sandbox_timeout` of `e2b/sandbox/main.py`.
/// A create that leaves it out sends nothing, and the control plane takes the same.
pub(crate) const SANDBOX_TIMEOUT: Duration = Duration::from_secs(300);

/// Codings that a file may come in: what httpx, through which `e2b/sandbox_sync/filesystem` reads
/// files, asks for by itself (npm: the same of undici's `fetch`); both unpack either. Without `gzip` envd
/// reads as many bytes as a file says that it has, and a file of the kernel says none.
pub(crate) const FILE_CODINGS: &str = "gzip, deflate";
