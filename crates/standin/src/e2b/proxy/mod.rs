//! The proxy before every sandbox (contract 2.1, 2.2).
//!
//! Comes in: a request with the sandbox and the port it is for. Goes out: the answer of envd, or
//! of whatever listens on that port inside, passed through as it comes in both directions,
//! upgraded connections (web sockets) too; or the provider's refusal. Deliberately absent: TLS
//! and HTTP/2, on either side.
//!
//! How to reach a user port: `get_host(8080)` of an SDK gives `8080-<id>.<domain>`, where the
//! domain is the one the SDK was set to (`E2B_DOMAIN`). The stand-in does not look at the domain
//! of a request, only at its first label, so any of these arrives, with `PORT` the stand-in's:
//!
//! - `E2B_DOMAIN=localhost:PORT`, then `http://8080-<id>.localhost:PORT/` (browsers, curl and most
//!   resolvers take every name under `localhost` for the loopback; it is `http`, never `https`);
//! - `http://127.0.0.1:PORT/` with `Host: 8080-<id>.e2b.app`;
//! - `http://127.0.0.1:PORT/` with `E2b-Sandbox-Id: <id>` and `E2b-Sandbox-Port: 8080`.

mod enter;
mod forward;
mod refusal;

pub(crate) use enter::{ENVD_PORT, handle};
pub(crate) use forward::PassedThrough;
