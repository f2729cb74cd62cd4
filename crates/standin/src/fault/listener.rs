//! Connections that can be reset from a handler, and a server that ends when it is told to.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// A TCP listener whose connections carry a [`Connection`] to their handlers, as
/// `ConnectInfo<Connection>`.
#[derive(Debug)]
pub struct FaultListener {
    inner: TcpListener,
    connections: Connections,
}

/// All connections of a listener, as a whole. Clones mean the same ones.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    stop: CancellationToken,
    open: TaskTracker,
}

/// One connection, as its handlers see it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Who is at the other end.
    pub peer: SocketAddr,
    reset: Arc<AtomicBool>,
    stop: CancellationToken,
}

/// The bytes of one connection.
#[derive(Debug)]
pub struct FaultStream {
    stream: TcpStream,
    connection: Connection,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    _open: TaskTrackerToken,
}

impl FaultListener {
    /// Binds; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address cannot be bound (in use, not ours).
    pub async fn bind(addr: SocketAddr) -> io::Result<Self> {
        Ok(Self {
            inner: TcpListener::bind(addr).await?,
            connections: Connections::default(),
        })
    }

    /// The handle that stops the server and its connections.
    pub fn connections(&self) -> Connections {
        self.connections.clone()
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the socket cannot be asked.
    pub fn addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl Connections {
    /// Tells the server to accept nothing more and breaks every connection; does not wait.
    pub fn abort(&self) {
        self.stop.cancel();
        self.open.close();
    }

    /// Like [`Connections::abort`], and returns when the last connection is closed.
    /// Safe to drop at any await point.
    pub async fn stop(&self) {
        self.abort();
        self.open.wait().await;
    }

    /// Completes when the server is told to stop. Safe to drop at any await point.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }
}

impl Connection {
    /// Resets the connection: nothing more is written, and the peer gets a TCP RST as soon as
    /// the handler answers (the answer itself is thrown away).
    pub fn reset(&self) {
        self.reset.store(true, Ordering::Release);
    }

    /// Completes when the server is told to stop. Safe to drop at any await point.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }
}

/// Runs a router on a listener until [`Connections::stop`] or [`Connections::abort`]. Handlers
/// find their connection as `ConnectInfo<Connection>`.
///
/// # Errors
/// None today; the signature is that of the server beneath.
pub async fn serve(listener: FaultListener, router: Router) -> io::Result<()> {
    let stop = listener.connections.stop.clone();
    axum::serve(
        listener,
        router.into_make_service_with_connect_info::<Connection>(),
    )
    .with_graceful_shutdown(stop.cancelled_owned())
    .await
}

impl Listener for FaultListener {
    type Io = FaultStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.inner).await;
        // Streams of small messages must not wait for each other; without it nothing breaks.
        let _ = stream.set_nodelay(true);
        let stop = self.connections.stop.clone();
        let io = FaultStream {
            stream,
            connection: Connection {
                peer,
                reset: Arc::default(),
                stop: stop.clone(),
            },
            stopped: Box::pin(stop.cancelled_owned()),
            _open: self.connections.open.token(),
        };
        (io, peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

impl Connected<IncomingStream<'_, FaultListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, FaultListener>) -> Self {
        stream.io().connection.clone()
    }
}

impl FaultStream {
    fn broken(&self) -> io::Result<()> {
        let reset = self.connection.reset.load(Ordering::Acquire);
        if reset || self.connection.stop.is_cancelled() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl Drop for FaultStream {
    fn drop(&mut self) {
        if self.connection.reset.load(Ordering::Acquire) {
            // Closing with a linger of zero is what makes the kernel send RST instead of FIN; a
            // socket that refuses the option is already broken.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for FaultStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Polled first, so that an idle connection wakes up when the server stops.
        if self.stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for FaultStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.broken()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.broken()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.broken()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.broken()?;
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        Poll::Ready(Ok(()))
    }
}
