//! The byte stream under a connection: TCP or TLS over it, its socket options, and the move to another runtime.
//! Never knows what the bytes mean.

mod connection;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;
use tokio_rustls::TlsStream;
use tokio_util::either::Either;

use super::limits;

pub use connection::Connection;
pub(crate) use connection::{Wire, strange};

/// TCP, or TLS over TCP.
pub(crate) type Io = Either<Socket, TlsStream<Socket>>;
/// The reading half of [`Io`].
pub(crate) type Reading = Either<OwnedReadHalf, ReadHalf<TlsStream<Socket>>>;
/// The writing half of [`Io`].
pub(crate) type Writing = Either<OwnedWriteHalf, WriteHalf<TlsStream<Socket>>>;

/// A TCP stream that can move to another runtime, even from under TLS. Empty only if such a move failed.
#[derive(Debug)]
pub(crate) struct Socket(Option<TcpStream>);

impl Socket {
    /// Sets the options of a link's socket: no delay, and a dead peer is noticed.
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let socket = SockRef::from(&stream);
        let probes = TcpKeepalive::new()
            .with_time(limits::KEEP_ALIVE)
            .with_interval(limits::KEEP_ALIVE)
            .with_retries(limits::KEEP_ALIVE_PROBES);
        socket.set_tcp_keepalive(&probes)?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(limits::USER_TIMEOUT))?;
        Ok(Self(Some(stream)))
    }

    /// Waits for the first byte and leaves it where it is; 0 when the other side is gone.
    pub(crate) async fn peek(&self) -> io::Result<u8> {
        let stream = self.0.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        let mut first = [0];
        stream.peek(&mut first).await?;
        Ok(first[0])
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.0.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn take(&mut self) -> io::Result<TcpStream> {
        self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn rehome(&mut self) -> io::Result<()> {
        let stream = self.take()?.into_std()?;
        self.0 = Some(TcpStream::from_std(stream)?);
        Ok(())
    }
}

/// What every TLS connection begins with, a handshake or an alert; no hello does, whose frames are shorter than such a length.
const TLS: [u8; 2] = [22, 21];
/// TLS for "no": a fatal alert, the handshake has failed.
const NO: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

/// Whether the other side speaks TLS where plain words are wanted; waits for its first byte.
pub(crate) async fn begins_with_tls(io: &Io) -> io::Result<bool> {
    match io {
        Either::Left(socket) => Ok(TLS.contains(&socket.peek().await?)),
        Either::Right(_) => Ok(false),
    }
}

/// Whether the other side begins TLS. One that waits for plain words, or says them, is told that TLS is wanted.
pub(crate) async fn wants_tls(socket: &mut Socket) -> io::Result<bool> {
    let first = timeout(limits::FIRST_WORD_WITHIN, socket.peek()).await;
    if let Ok(first) = first
        && TLS.contains(&first?)
    {
        return Ok(true);
    }
    socket.write_all(&NO).await?;
    socket.shutdown().await?;
    Ok(false)
}

/// Makes the current runtime the one that waits for this stream.
pub(crate) fn rehome(io: &mut Io) -> io::Result<()> {
    match io {
        Either::Left(socket) => socket.rehome(),
        Either::Right(tls) => tls.get_mut().0.rehome(),
    }
}

/// Both halves, each for a task of its own.
pub(crate) fn split(io: Io) -> io::Result<(Reading, Writing)> {
    Ok(match io {
        Either::Left(mut socket) => {
            let (reading, writing) = socket.take()?.into_split();
            (Either::Left(reading), Either::Left(writing))
        }
        Either::Right(tls) => {
            let (reading, writing) = tokio::io::split(tls);
            (Either::Right(reading), Either::Right(writing))
        }
    })
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }
}
