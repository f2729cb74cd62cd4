//! Operations on files: asked of an idle server, or of one that init forks.

use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use super::idle::Server;
use super::sandbox::{InitSandbox, os_of};
use super::wire::{Request, Who};
use crate::engine::files::{Conversation, FileHost, FileOp};
use crate::engine::{EngineError, Identity};

#[async_trait]
impl FileHost for InitSandbox {
    async fn converse(&self, op: FileOp, who: &Identity) -> Result<Conversation, EngineError> {
        let who = self.who(who)?;
        if !op.leaves_server() {
            return Ok(Conversation::new(self.fork_server(op, who, None).await?));
        }
        let only_looks = op.only_looks();
        if let Some(server) = self.ask_idle_server(&op, &who).await {
            return Ok(self.conversation(server, only_looks));
        }
        let id = self.link.next_id();
        let stream = self.fork_server(op, who.clone(), Some(id)).await?;
        Ok(self.conversation(Server { id, who, stream }, only_looks))
    }
}

impl InitSandbox {
    /// Asks a server that waits; none when there is none, or it has ended unasked.
    async fn ask_idle_server(&self, op: &FileOp, who: &Who) -> Option<Server> {
        if self.link.is_gone() {
            return None;
        }
        let frame = op.frame()?;
        loop {
            let mut server = self.idle.take(who)?;
            // A server that cannot be sent the whole operation has not begun it.
            if server.stream.write_all(&frame).await.is_ok() {
                return Some(server);
            }
        }
    }

    /// Has init fork a server; with a number it can be asked again.
    async fn fork_server(
        &self,
        op: FileOp,
        who: Who,
        kept: Option<u64>,
    ) -> Result<UnixStream, EngineError> {
        let (near, far) = StdUnixStream::pair().map_err(|error| os_of("socketpair", &error))?;
        self.link
            .send(&Request::File { op, who, kept }, vec![far.into()])
            .await?;
        near.set_nonblocking(true)
            .and_then(|()| UnixStream::from_std(near))
            .map_err(|error| os_of("socketpair", &error))
    }

    /// When it ends, the server waits for another. One that is hung up on is cut off by the next
    /// command unless it changes files: that goes on, whoever has asked for it.
    fn conversation(&self, server: Server, only_looks: bool) -> Conversation {
        let idle = Arc::downgrade(&self.idle);
        let Server { id, who, stream } = server;
        Conversation::reusable(stream, move |stream| {
            let Some(idle) = idle.upgrade() else {
                return;
            };
            match stream {
                Some(stream) => idle.give_back(Server { id, who, stream }),
                None if only_looks => idle.forget(id),
                None => {}
            }
        })
    }
}
