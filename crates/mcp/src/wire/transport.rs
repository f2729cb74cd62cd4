//! The transport between the client's lines and the protocol's machine.
//!
//! The machine (dispatch, requests in flight, cancelling) is the SDK's. What is read and written
//! is ours, because its texts cannot hold what JavaScript's can and its answers have other bytes:
//! every request gets a number of our own inside, its arguments and its answer travel beside the
//! SDK's messages, and the client's `id` comes back as it was written.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use cutover_js::{Text, Value};
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use super::inbound::{self, Carried};
use super::lines::{Line, Lines};
use super::message::{self, Message};
use super::outbound;

/// Longest message that is read: a line, or the body of a request. 10 MB pass several times over.
pub(crate) const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most requests at a time; what comes beyond them waits in the client's pipe.
const IN_FLIGHT_MAX: u32 = 1024;

/// Newline-delimited JSON-RPC over two streams.
#[derive(Debug)]
pub(crate) struct LineTransport<R, W> {
    lines: Lines<R>,
    write: Arc<Mutex<W>>,
    in_flight: HashMap<i64, InFlight>,
    last: i64,
    room: Arc<Semaphore>,
}

/// A request that has no answer yet.
#[derive(Debug)]
struct InFlight {
    /// As the client wrote it.
    id: Value,
    carried: Carried,
    room: OwnedSemaphorePermit,
}

impl<R: AsyncRead + Unpin, W> LineTransport<R, W> {
    pub(crate) fn new(read: R, write: W) -> Self {
        Self {
            lines: Lines::new(read, MESSAGE_BYTES_MAX),
            write: Arc::new(Mutex::new(write)),
            in_flight: HashMap::new(),
            last: 0,
            room: Arc::new(Semaphore::new(IN_FLIGHT_MAX as usize)),
        }
    }

    /// The next message for the machine; none when the client has hung up and every request has
    /// its answer.
    async fn next(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            // First room, then the line: a request that was read cannot be put back.
            let room = Arc::clone(&self.room).acquire_owned().await.ok()?;
            let line = match self.lines.next().await {
                Ok(Some(Line::Text(line))) => line,
                Ok(Some(Line::TooLong)) => continue,
                Ok(None) | Err(_) => break,
            };
            let message = match message::read(&line) {
                Some(Message::Request { id, method, params }) => {
                    self.last += 1;
                    let number = RequestId::Number(self.last);
                    let (request, carried) = inbound::request(&method, params.as_ref());
                    let request = ClientJsonRpcMessage::request(request, number);
                    let in_flight = InFlight { id, carried, room };
                    self.in_flight.insert(self.last, in_flight);
                    Some(request)
                }
                Some(Message::Notification { method, params }) => {
                    self.notification(&method, params.as_ref())
                }
                None => None,
            };
            if message.is_some() {
                return message;
            }
        }
        // As with the original, what has been asked is answered even after the last line.
        let _every_answer_is_written = self.room.acquire_many(IN_FLIGHT_MAX).await;
        None
    }

    /// What a notification means to the machine; only cancelling means something.
    fn notification(
        &mut self,
        method: &Text,
        params: Option<&Value>,
    ) -> Option<ClientJsonRpcMessage> {
        if *method != "notifications/cancelled" {
            return None;
        }
        let id = inbound::cancelled(params?)?;
        let same = self.in_flight.iter().filter(|(_, entry)| entry.id == *id);
        let number = same.map(|(number, _)| *number).max()?;
        self.in_flight.remove(&number);
        Some(inbound::cancel(number))
    }
}

impl<R, W> Transport<RoleServer> for LineTransport<R, W>
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        item: ServerJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let number = match &item {
            JsonRpcMessage::Response(response) => Some(&response.id),
            JsonRpcMessage::Error(error) => error.id.as_ref(),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
        };
        // The server asks nothing and tells nothing of its own: only answers leave.
        let in_flight = match number {
            Some(RequestId::Number(number)) => self.in_flight.remove(number),
            _ => None,
        };
        let write = Arc::clone(&self.write);
        async move {
            let Some(InFlight { id, carried, room }) = in_flight else {
                return Ok(());
            };
            let line = outbound::line(&id, &carried, item);
            let mut write = write.lock().await;
            write.write_all(line.as_bytes()).await?;
            write.flush().await?;
            drop(room);
            Ok(())
        }
    }

    fn receive(&mut self) -> impl Future<Output = Option<ClientJsonRpcMessage>> + Send {
        self.next()
    }

    async fn close(&mut self) -> io::Result<()> {
        self.write.lock().await.shutdown().await
    }
}
