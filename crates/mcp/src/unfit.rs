//! What the original's library says of a result whose text is no text.

use cutover_js::Value;

use crate::wire::received;

/// The message of the error that takes the place of such a result: one paragraph for each kind of
/// content that it could have been.
pub(crate) fn message(text: &Value) -> String {
    include_str!("unfit.txt")
        .trim_end()
        .replace("RECEIVED", received(Some(text)))
}
