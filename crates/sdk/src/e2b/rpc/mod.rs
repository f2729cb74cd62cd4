//! The Connect protocol as `@connectrpc/connect` and `connect-web` speak it, in JSON.

mod code;
mod end_stream;
mod envelope;
mod event;
#[cfg(test)]
mod fuzzing;
mod proto_json;
mod rpc_error;
mod validate;

pub(super) use code::Code;
pub(super) use end_stream::{error_from_json, read as read_end_stream};
pub(super) use envelope::{COMPRESSED, END_STREAM, Envelopes, enveloped};
pub(super) use event::{End, Event, Stream, decoded as decoded_event};
pub(super) use rpc_error::{RpcError, SANDBOX_TIMEOUT};
pub(super) use validate::{Kind, is_json, refusal};
