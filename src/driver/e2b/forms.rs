//! The error forms of E2B's routes.

use super::error_code::Code;
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
    is(404, "Sandbox * doesn't exist*", C::SandboxGone),
    is(404, "Sandbox * not found*", C::SandboxGone),
    is(404, "Paused sandbox * not found*", C::SandboxGone),
    is(404, "sandbox * not found*", C::SandboxGone),
    // Asked to go on while it is being killed.
    is(409, "Sandbox * is being killed", C::SandboxGone),
    is(409, "Sandbox * is being *", C::Invalid),
    is(409, "Sandbox * is already running", C::Invalid),
    is(
        409,
        "Sandbox * cannot be paused while in * state",
        C::Invalid,
    ),
    is(
        409,
        "Sandbox snapshot is currently being created*",
        C::Invalid,
    ),
    is(
        409,
        "Error pausing sandbox - sandbox * is already paused",
        C::Invalid,
    ),
    is(409, "*already paused", C::Invalid),
    is(400, "Timeout *", C::Invalid),
    is(400, "Max instance length exceeded", C::Invalid),
    is(400, "Invalid sandbox ID*", C::Invalid),
    is(400, "validation error: *", C::Invalid),
    is(400, "Error when parsing request: *", C::Invalid),
    is(400, "value is required but missing", C::Invalid),
];

/// The control plane about a sandbox that is to be made.
const OF_CREATE: &[Form<u16>] = &[
    // "you have reached the maximum number of concurrent E2B sandboxes (N)"
    is(429, "*maximum number of concurrent*", C::Quota),
    // Failures of placement are told with several statuses; this prefix is load-bearing.
    is(500, "Failed to place sandbox*", C::Unavailable),
    is(503, "Failed to place sandbox*", C::Unavailable),
    is(504, "Failed to place sandbox*", C::Unavailable),
];

/// The proxy before every sandbox.
pub(super) const OF_PROXY: &[Form<u16>] = &[
    is(502, "The sandbox was not found", C::SandboxGone),
    is(
        502,
        "The sandbox is running but port is not open",
        C::Unavailable,
    ),
    is(409, "The sandbox is still transitioning*", C::Unavailable),
];

/// envd's `/files`, as `{code, message}`.
pub(super) const OF_FILES: &[Form<u16>] = &[
    is(404, "path * does not exist", C::NotFound),
    is(400, "path * is a directory", C::IsDirectory),
    is(400, "path is a directory: *", C::IsDirectory),
    is(400, "error expanding and resolving path *", C::Invalid),
    is(400, "error resolving path: *", C::Invalid),
    is(400, "path query parameter is required*", C::Invalid),
    is(400, "unsupported content type: *", C::Invalid),
    is(400, "error decompressing request body: *", C::Invalid),
    is(
        400,
        "error getting multipart custom part file name: *",
        C::Invalid,
    ),
    is(
        400,
        "you cannot upload multiple files to the same path *",
        C::Invalid,
    ),
    is(400, "invalid metadata: *", C::Invalid),
    // A user that does not exist is an argument, not a key.
    is(401, "error looking up user *", C::Invalid),
    is(507, "not enough inodes available: *", C::TooLarge),
    is(507, "*not enough disk space available", C::TooLarge),
    is(507, "not enough space for file metadata: *", C::TooLarge),
    is(
        500,
        "error ensuring directories: path is a file: *",
        C::Invalid,
    ),
    os(500, "error ensuring directories: *", C::Internal),
    os(500, "error checking if path exists *", C::Internal),
    os(500, "error opening file*", C::Internal),
    os(500, "error getting file info: *", C::Internal),
    os(500, "error changing file ownership: *", C::Internal),
    os(500, "error creating *", C::Internal),
    os(500, "error writing file: *", C::Internal),
    os(500, "error reading *", C::Internal),
    os(500, "error closing file: *", C::Internal),
];

/// envd's `/files`, as plain text.
pub(super) const OF_FILES_TEXT: &[Form<u16>] = &[
    // Kernel files that cannot be measured, read without compression.
    is(500, "seeker can't seek", C::Invalid),
    is(400, "Invalid format for parameter *", C::Invalid),
];

/// envd's remote calls, by the code of the Connect protocol.
pub(super) const OF_CALLS: &[Form<Code>] = &[
    is(Code::NotFound, "file not found: *", C::NotFound),
    is(Code::NotFound, "path not found: *", C::NotFound),
    is(Code::NotFound, "path * not found: *", C::NotFound),
    is(Code::NotFound, "source file not found: *", C::NotFound),
    is(Code::NotFound, "process with * not found", C::NotFound),
    is(
        Code::DeadlineExceeded,
        "context deadline exceeded",
        C::Timeout,
    ),
    is(
        Code::Unavailable,
        "The sandbox was not found",
        C::SandboxGone,
    ),
    is(Code::Unauthenticated, "invalid username: *", C::Invalid),
    is(
        Code::AlreadyExists,
        "directory already exists: *",
        C::Invalid,
    ),
    is(
        Code::FailedPrecondition,
        "cyclic symlink or chain *",
        C::Invalid,
    ),
    is(
        Code::InvalidArgument,
        "path * is a directory",
        C::IsDirectory,
    ),
    is(
        Code::InvalidArgument,
        "path is a directory: *",
        C::IsDirectory,
    ),
    is(
        Code::InvalidArgument,
        "path is not a directory: *",
        C::Invalid,
    ),
    is(
        Code::InvalidArgument,
        "path already exists but it is not a directory: *",
        C::Invalid,
    ),
    is(Code::InvalidArgument, "cwd * does not exist", C::Invalid),
    is(Code::InvalidArgument, "failed to expand path *", C::Invalid),
    is(Code::InvalidArgument, "parse timeout: *", C::Invalid),
    is(Code::InvalidArgument, "unmarshal message: *", C::Invalid),
    os(
        Code::InvalidArgument,
        "error starting process *",
        C::Invalid,
    ),
    is(Code::Internal, "path is a file: *", C::Invalid),
    is(
        Code::Internal,
        "marshal message: *contains invalid UTF-8",
        C::Invalid,
    ),
    os(Code::Internal, "error renaming: *", C::Invalid),
    os(
        Code::Internal,
        "error removing file or directory: *",
        C::Invalid,
    ),
    os(Code::Internal, "error resolving symlink: *", C::Invalid),
    os(Code::Internal, "error writing to stdin: *", C::Invalid),
    os(Code::Internal, "error sending signal: *", C::Internal),
    os(Code::Internal, "error getting file info: *", C::Internal),
    os(Code::Internal, "error statting *", C::Internal),
    os(Code::Internal, "error reading *", C::Internal),
    os(Code::Internal, "failed to create directory: *", C::Internal),
    os(Code::Internal, "failed to chown directory: *", C::Internal),
    os(Code::Internal, "error ensuring directories: *", C::Internal),
];
