//! The SDK of E2B against answers of the real one: the same bytes from the server, and then the
//! same requests, the same values, and the same words.
#![expect(clippy::unwrap_used, reason = "a broken test must be loud")]

mod classes;
mod heard;
mod limits;
mod observed;
mod recorded;
mod server;

use std::sync::Arc;

use cutover_base::secret::Secret;
use cutover_js::Text;
use cutover_sdk::e2b::{Command, Decoding, E2b, Places, Sandbox, Shell};
use cutover_sdk::{Ignore, Observer};
use server::Server;

/// The key in all recorded requests.
const KEY: &str = "e2b_key";
/// An answer that tells of a sandbox.
const INFO: &str = r#"{"sandboxID":"abc","state":"running"}"#;

/// An account at a server that plays control plane and sandboxes.
fn account(server: &Server, observer: Arc<dyn Observer>) -> E2b {
    let url = server.url();
    let places = Places::new(Some(&url), None, Some(&url)).unwrap();
    E2b::new(Secret::new("E2B_API_KEY", KEY), places, observer)
}

/// A sandbox at a server that gives these answers behind one about the sandbox.
async fn sandbox(answers: &[Vec<u8>]) -> (Server, Sandbox) {
    let all = [&[answer(200, "application/json", INFO.as_bytes())], answers].concat();
    let server = Server::start(all).await;
    let connected = account(&server, Arc::new(Ignore))
        .connect(&"abc".into())
        .await;
    (server, connected.unwrap())
}

/// An answer as it goes over the wire.
fn answer(status: u16, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: {content_type}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A message of a stream.
fn envelope(flags: u8, content: &str) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    [&[flags], &length.to_be_bytes()[..], content.as_bytes()].concat()
}

/// A command as the original runs it.
fn command(line: &Text) -> Command<'_> {
    Command {
        line,
        timeout: std::time::Duration::from_secs(300),
        shell: Shell::Login,
        decoding: Decoding::EachPiece,
    }
}
