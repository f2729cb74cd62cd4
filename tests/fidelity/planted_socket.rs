//! Mistakes planted in a websocket conversation, held with a server of its own.

use std::sync::Arc;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::routing::get;
use libtest_mimic::{Failed, Trial};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::fill::Captures;
use crate::format::Socket;
use crate::socket;

/// What fits the server below; a mistake replaces one piece of it.
const RIGHT: &str = r#"
path: /ws
send: [{ text: hi }]
answer: [{ text: hi }, { json: { state: <token> } }, { binary_text: "ab" }, { base64: Y2Q= }, { binary_text: "<matches:e.*g>" }]
close: { code: 1000, reason: <string> }
"#;

/// Piece, and what stands in its place.
const PLANTED: &[(&str, &str)] = &[
    ("path: /ws", "path: /nope"),
    ("[{ text: hi }, {", "[{ text: ho }, {"),
    ("state: <token>", "state: <int>"),
    ("\"ab\"", "\"abc\""),
    ("Y2Q=", "Y2Y="),
    ("e.*g", "e.*f"),
    ("code: 1000", "code: 1001"),
    ("reason: <string>", "reason: over"),
    (", { base64: Y2Q= }", ""),
];

/// Greets with what it hears, then says everything that a message can be.
async fn server(mut socket: WebSocket) {
    let heard = socket.recv().await.unwrap().unwrap();
    for message in [
        heard,
        Message::Text("{\"state\":\"up\"}".into()),
        Message::Binary("a".into()),
        Message::Binary("b".into()),
        Message::Binary("cd".into()),
        Message::Binary("ef".into()),
        Message::Binary("g".into()),
        Message::Close(Some(CloseFrame {
            code: 1000,
            reason: "done".into(),
        })),
    ] {
        // A client that has noticed a mistake is gone.
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// What fits fits, and every mistake is noticed.
pub(crate) fn trial(runtime: &Arc<Runtime>) -> Trial {
    let runtime = Arc::clone(runtime);
    Trial::test(
        "runner/every planted mistake in a websocket is noticed",
        move || {
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let addr = listener.local_addr().unwrap();
                let open = |upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(server) };
                let router = Router::new().route("/ws", get(open));
                let mut serving = JoinSet::new();
                serving.spawn(async move { axum::serve(listener, router).await });
                let captures = Captures::new();
                let play = async |text: &str| {
                    let wanted: Socket = cutover::scenario::yaml::from_str(text).unwrap();
                    socket::play(addr, &wanted, &captures).await
                };
                play(RIGHT).await?;
                for (piece, instead) in PLANTED {
                    let text = RIGHT.replacen(piece, instead, 1);
                    assert_ne!(text, RIGHT, "{piece} is not there to be replaced");
                    if play(&text).await.is_ok() {
                        let text = format!("nobody noticed {instead:?} for {piece:?}");
                        return Err(Failed::from(text));
                    }
                }
                Ok(())
            })
        },
    )
}
