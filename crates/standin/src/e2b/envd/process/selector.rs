//! `ProcessSelector`: by pid or by tag.

use crate::e2b::envd::message::Message;
use crate::e2b::error::RpcError;
use crate::e2b::process::table::Selector;

/// Reads the member `process` of a request.
pub(crate) fn read(message: &Message) -> Result<Selector, RpcError> {
    if let Some(process) = message.message("process")? {
        if let Some(pid) = process.uint32("pid")? {
            return Ok(Selector::Pid(pid));
        }
        if let Some(tag) = process.text("tag")? {
            return Ok(Selector::Tag(tag.to_owned()));
        }
    }
    Err(RpcError::unimplemented("invalid input type <nil>"))
}
