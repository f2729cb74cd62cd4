//! What a machine may lack: ignored with the reason, and a failure where `CUTOVER_REQUIRE` (names with
//! commas between them) says that it must be there.

use libtest_mimic::{Completion, Failed};

/// How a test ends that cannot run here for want of `what`.
///
/// # Errors
/// The reason, where `what` is required.
pub(crate) fn without(what: &str, why: String) -> Result<Completion, Failed> {
    let names = std::env::var_os("CUTOVER_REQUIRE").unwrap_or_default();
    let names = names.to_string_lossy();
    if names.split(',').any(|name| name.trim() == what) {
        return Err(Failed::from(why));
    }
    Ok(Completion::ignored_with(why))
}
