//! The error forms of Daytona's routes.

use crate::call::FailureClass as C;
use crate::driver::control_plane::ControlForms;
use crate::driver::forms::{Form, is, os};

/// The control plane.
pub(super) const CONTROL: ControlForms = ControlForms {
    of_create: OF_CREATE,
    of_sandbox: OF_SANDBOX,
};

/// The control plane about one sandbox.
const OF_SANDBOX: &[Form<u16>] = &[
    is(404, "Sandbox with ID or name * not found", C::SandboxGone),
    is(404, "Sandbox with ID * not found", C::SandboxGone),
    is(404, "Sandbox with name * not found", C::SandboxGone),
    is(409, "Sandbox state change in progress", C::Invalid),
    is(409, "Sandbox was modified by another operation", C::Invalid),
    is(
        409,
        "An operation is already in progress for this resource",
        C::Invalid,
    ),
    is(400, "Sandbox state change in progress", C::Invalid),
    is(400, "Sandbox is not in *", C::Invalid),
    is(400, "Sandbox is in an errored state", C::Invalid),
    is(400, "Sandbox is not stopped", C::Invalid),
    is(
        400,
        "Cannot delete sandbox which has active fork children.*",
        C::Invalid,
    ),
    is(400, "Ephemeral sandboxes cannot be *", C::Invalid),
    is(400, "Auto-delete interval *", C::Invalid),
    is(400, "Auto-stop interval *", C::Invalid),
    is(400, "Validation failed *", C::Invalid),
    // The reason behind it is the provider's: nobody has a say in how a sandbox starts.
    is(400, "Sandbox failed to start*", C::Unavailable),
    is(422, "* is not supported for this sandbox", C::Invalid),
];

/// The control plane about a sandbox that is to be made.
const OF_CREATE: &[Form<u16>] = &[
    is(400, "*limit exceeded. Maximum allowed*", C::Quota),
    is(400, "*exceeds maximum allowed per*", C::Quota),
    is(400, "*To increase concurrency limits*", C::Quota),
    is(400, "*upgrade your organization's Tier*", C::Quota),
    is(403, "*upgrade your organization's Tier*", C::Quota),
    is(400, "*No available runners*", C::Unavailable),
    is(400, "Sandbox failed to start*", C::Unavailable),
    // A missing snapshot is 400, not 404.
    is(400, "Snapshot * not found*", C::NotFound),
];

/// The toolbox, as `{statusCode, message, code, ...}`; the daemon's class stands before its words.
pub(super) const OF_TOOLBOX: &[Form<u16>] = &[
    os(400, "bad request: *points to a directory*", C::IsDirectory),
    os(400, "bad request: *", C::Invalid),
    os(400, "invalid body request: *", C::Invalid),
    is(403, "forbidden: *", C::Permission),
    is(404, "not found: *", C::NotFound),
    is(408, "request timeout: *", C::Timeout),
    is(409, "conflict: *", C::Invalid),
    is(410, "gone: *", C::NotFound),
    is(422, "unprocessable entity: *", C::Invalid),
    os(500, "internal server error: *", C::Internal),
    os(500, "failed to execute command: *", C::Internal),
    os(500, "mkdir *", C::Internal),
    os(500, "open *", C::Internal),
];

/// What the proxy or the runner says of a sandbox that is not there or does not run. Only the
/// control plane can tell which.
pub(super) const DOUBTFUL: &[Form<u16>] = &[
    is(400, "*no IP address found*", C::Unavailable),
    is(400, "*failed to resolve container IP*", C::Unavailable),
    is(400, "*failed to get runner info*", C::Unavailable),
    is(400, "*Is the Sandbox started?*", C::Unavailable),
    is(401, "unauthorized: *", C::Unauthorized),
    is(
        404,
        "not found: sandbox container not found*",
        C::Unavailable,
    ),
    is(404, "Sandbox with ID * not found", C::Unavailable),
];
