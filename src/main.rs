//! The `cutover` command; all logic is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything that starts a thread: the helper of a sandbox must have only one.
    if let Some(code) = cutover_standin::engine::namespaces::dispatch(std::env::args_os()) {
        return code;
    }
    cutover::cli::start(std::env::args_os())
}
