//! Websockets of the daemon: the upgrade, and how a conversation ends.

use std::time::Duration;

use axum::extract::FromRequestParts as _;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};

use crate::daytona::asked::Asked;
use crate::daytona::toolbox::error::ToolError;
use crate::daytona::toolbox::machine::Machine;

/// Bytes of a message that a client may send (contract 2.4: the limit of a terminal's input).
pub(super) const INPUT_BYTES_MAX: usize = 64 * 1024;

/// How long a client may take to answer a close frame before the connection is dropped.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// Subprotocol of clients that cannot send headers: their version follows (contract 2.1).
pub(super) const SDK_VERSION: &str = "X-Daytona-SDK-Version~";

/// The end of a conversation as planned.
pub(super) const NORMAL: u16 = 1000;
/// The other side broke the protocol.
pub(super) const PROTOCOL: u16 = 1002;
/// A message that the server does not take, or a reader that is too slow.
pub(super) const POLICY: u16 = 1008;
/// The other side of what is served has ended.
pub(super) const GOING_AWAY: u16 = 1001;
/// Something failed on this side, or a terminal's shell ended badly.
pub(super) const INTERNAL: u16 = 1011;

/// What is sent to a client.
pub(super) type Outgoing = SplitSink<WebSocket, Message>;
/// What comes from a client.
pub(super) type Incoming = SplitStream<WebSocket>;

/// Whether a request asks for a websocket.
pub(super) fn is_wanted(asked: &Asked) -> bool {
    let upgrade = asked.header("upgrade");
    upgrade.is_some_and(|kind| kind.eq_ignore_ascii_case("websocket"))
}

/// The subprotocols that a client offers.
pub(super) fn offered(asked: &Asked) -> Vec<String> {
    let lines = asked.headers.get_all("sec-websocket-protocol").iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|token| token.trim().to_owned())
        .filter(|token| !token.is_empty())
        .collect()
}

/// Switches to a websocket on which a client may send messages so long, and talks until the talk is over, the sandbox's boot ends or the
/// stand-in stops. A boot that ends breaks the connection, as the proxy before the daemon does.
pub(super) async fn upgrade<T>(
    machine: &Machine,
    message_bytes_max: usize,
    talk: impl FnOnce(WebSocket) -> T + Send + 'static,
) -> Result<Response, ToolError>
where
    T: Future<Output = ()> + Send + 'static,
{
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = machine.asked.method.clone();
    parts.headers = machine.asked.headers.clone();
    parts.extensions = machine.asked.extensions.clone();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    let upgrade = upgrade.map_err(|error| ToolError::bad(error.to_string()))?;
    let mut upgrade = upgrade.max_message_size(message_bytes_max);
    if let Some(protocol) = selected(&offered(&machine.asked)) {
        upgrade.set_selected_protocol(protocol);
    }
    // The token is taken before the connection is handed over, so that no stop misses it.
    let counted = machine.app.tasks.tracker.token();
    let (machine, stop) = (machine.clone(), machine.app.tasks.stop.clone());
    Ok(upgrade.on_upgrade(move |socket| async move {
        let boot = machine.boot.clone();
        let talk = boot.run_until_cancelled(talk(socket));
        stop.run_until_cancelled(talk).await;
        drop((machine, counted));
    }))
}

/// A client of Node's `ws` breaks off when it offered something and nothing was chosen. The
/// daemon chooses the version; a client that offers none gets its own first choice, which is ours:
/// the source that is known does not say.
fn selected(offered: &[String]) -> Option<HeaderValue> {
    let version = offered.iter().find(|token| token.starts_with(SDK_VERSION));
    let chosen = version.or_else(|| offered.first())?;
    HeaderValue::from_str(chosen).ok()
}

/// Ends a conversation in good order: says why, and waits a little for the client's answer, so
/// that what was sent before is not lost with the connection.
pub(super) async fn close(mut out: Outgoing, incoming: Incoming, code: u16, reason: String) {
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    if out.send(Message::Close(Some(frame))).await.is_err() {
        return;
    }
    let answered = tokio::time::timeout(CLOSE_WAIT, until_gone(incoming));
    // A client that does not answer loses its connection; there is nothing else to do.
    let _ = answered.await;
}

/// Reads and forgets what a client sends, until it goes. Reading also answers its pings.
pub(super) async fn until_gone(mut incoming: Incoming) {
    while let Some(Ok(message)) = incoming.next().await {
        if matches!(message, Message::Close(_)) {
            // One more read sends the answer to the close frame.
            let _ = incoming.next().await;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_chosen_before_anything_else() {
        let cases: [(&[&str], Option<&str>); 3] = [
            (&[], None),
            (
                &["X-Daytona-Pty-Exit-Control", "x"],
                Some("X-Daytona-Pty-Exit-Control"),
            ),
            (
                &["x", "X-Daytona-SDK-Version~1.2.3"],
                Some("X-Daytona-SDK-Version~1.2.3"),
            ),
        ];
        for (offered, chosen) in cases {
            let offered: Vec<String> = offered.iter().map(|&token| token.to_owned()).collect();
            let got = selected(&offered);
            assert_eq!(got.as_ref().and_then(|value| value.to_str().ok()), chosen);
        }
    }
}
