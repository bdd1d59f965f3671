//! One connection: handshake, requests, end. Holds its place in the listener's bound until its last byte, also after it
//! became a WebSocket. Never knows what the routes do.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;
use tracing::Instrument as _;

use super::{App, Closing};
use crate::limits;
use crate::metrics;
use crate::runtime::Runtime;

/// The header that carries a request's id, in and out.
pub(in crate::node) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A place in the listener's bound, and its mark in the metrics.
#[derive(Debug)]
pub struct Counted {
    name: &'static str,
    _place: OwnedSemaphorePermit,
}

impl Counted {
    pub(super) fn new(name: &'static str, place: OwnedSemaphorePermit) -> Self {
        metrics::listeners().open.with_label_values(&[name]).inc();
        Self { name, _place: place }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::listeners().open.with_label_values(&[self.name]).dec();
    }
}

/// The bytes of one connection, plain or through TLS.
#[derive(Debug)]
pub struct Io {
    stream: Stream,
    _counted: Counted,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// An accepted connection before its first byte.
pub(super) struct Connection {
    pub name: &'static str,
    pub stream: TcpStream,
    pub peer: SocketAddr,
    pub tls: Option<TlsAcceptor>,
    pub counted: Counted,
    pub closing: Closing,
}

impl Connection {
    /// Serves it to its end.
    pub async fn run(self, app: App, runtime: Arc<dyn Runtime>) {
        let (name, peer, closing) = (self.name, self.peer, self.closing.clone());
        let Some(io) = self.open(&runtime).await else {
            metrics::listeners().tls_failures.with_label_values(&[name]).inc();
            return;
        };
        match app {
            App::Http(router) => {
                let requests = Arc::new(Requests { name, peer, router, runtime, closing });
                http(io, requests).await;
            }
            App::Raw(answer) => {
                tokio::select! {
                    () = answer(io, peer) => {}
                    () = closing.gently.cancelled() => {}
                }
            }
        }
    }

    async fn open(self, runtime: &Arc<dyn Runtime>) -> Option<Io> {
        // A chat message is small and somebody waits for it.
        self.stream.set_nodelay(true).ok()?;
        let stream = match self.tls {
            None => Stream::Plain(self.stream),
            Some(acceptor) => {
                let late = runtime.sleep(Duration::from_millis(limits::TLS_HANDSHAKE_MS));
                let done = tokio::select! {
                    done = acceptor.accept(self.stream) => done.ok(),
                    () = late => None,
                    () = self.closing.gently.cancelled() => None,
                };
                Stream::Tls(Box::new(done?))
            }
        };
        Some(Io { stream, _counted: self.counted })
    }
}

/// What every request of one connection meets.
struct Requests {
    name: &'static str,
    peer: SocketAddr,
    router: Router,
    runtime: Arc<dyn Runtime>,
    closing: Closing,
}

impl Requests {
    /// Gives the request its id and its span, so that whatever is logged while it is served can be found by the id.
    async fn answer(self: Arc<Self>, mut request: hyper::Request<Incoming>) -> Result<Response, Infallible> {
        let id = self.id(&request);
        let span = tracing::info_span!(
            "request",
            listener = self.name,
            request_id = id.to_str().unwrap_or_default(),
            method = %request.method(),
            status = tracing::field::Empty,
        );
        request.headers_mut().insert(REQUEST_ID, id);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let mut answered = self.router.clone().oneshot(request).instrument(span.clone()).await;
        if let Ok(response) = &mut answered {
            span.record("status", response.status().as_u16());
            if self.closing.gently.is_cancelled() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                // The client asks its next request elsewhere, rather than on a connection that is about to end.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
        }
        answered
    }

    /// The id that the client gave, if it is one, or a fresh one.
    fn id(&self, request: &hyper::Request<Incoming>) -> HeaderValue {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let fits =
            |value: &&HeaderValue| (1..=64).contains(&value.len()) && value.as_bytes().iter().all(plain);
        let fresh = || HeaderValue::from_str(&format!("{:032x}", self.runtime.random()));
        let given = request.headers().get(REQUEST_ID).filter(fits).cloned();
        given.or_else(|| fresh().ok()).unwrap_or(HeaderValue::from_static("none"))
    }
}

async fn http(io: Io, requests: Arc<Requests>) {
    let (closing, runtime) = (requests.closing.clone(), Arc::clone(&requests.runtime));
    // Boxed, so that a connection that waits for its next request holds no room for an answer.
    let service = hyper::service::service_fn(move |request| Box::pin(Arc::clone(&requests).answer(request)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits::REQUEST_HEAD_MS))
        .max_buf_size(limits::REQUEST_HEAD_BYTES)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // What goes wrong on one connection is the client's affair; its requests have been answered or are asked again.
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.gently.cancelled() => {
            let patience = runtime.sleep(Duration::from_millis(limits::GOODBYE_WITHIN));
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = closing.now.cancelled() => Ok(()),
                // A request may be on its way on a connection that looks idle: it is answered before the end.
                () = patience => {
                    connection.as_mut().graceful_shutdown();
                    tokio::select! {
                        ended = connection.as_mut() => ended,
                        () = closing.now.cancelled() => Ok(()),
                    }
                }
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
