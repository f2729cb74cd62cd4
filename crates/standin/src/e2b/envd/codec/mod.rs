//! The two codecs of envd's messages: proto3 JSON and binary protobuf (contract 3.1, 3.2, 3.3).
//!
//! Comes in: bytes of a request, values of an answer. Goes out: messages and bytes. All else of
//! envd speaks JSON values; a binary message is written from and read into the same value by the
//! contract's tables of field numbers. The SDK asks for JSON only, so those are judged by the messages
//! that it has from the provider's `.proto` files (`tests/sdk/e2b_py/checks_binary.py`). Deliberately
//! absent: gRPC and gRPC-Web (415).

mod binary;
mod schema;
mod wire;

pub(crate) use wire::{Codec, Kind, Wire};
