//! Pipes over bare TCP: length-prefixed frames, no hello, no TLS. For tests on loopback; it asks nobody who they are.

use std::io;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{BoxFuture, Broken, Lane, Peer, Pipe, Transport, Unreachable};
use crate::limits;

/// Connects to addresses of the form `host:port`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp;

impl Tcp {
    /// As the trait object that a cluster wants.
    #[must_use]
    pub fn transport() -> Arc<dyn Transport> {
        Arc::new(Self)
    }

    /// The next accepted pipe.
    ///
    /// # Errors
    /// What the listener says.
    pub async fn accept(listener: &TcpListener) -> io::Result<Box<dyn Pipe>> {
        let (stream, _) = listener.accept().await?;
        Ok(Box::new(Framed::over(stream)?))
    }
}

impl Transport for Tcp {
    fn connect<'a>(&'a self, to: &'a Peer, _lane: Lane) -> BoxFuture<'a, Result<Box<dyn Pipe>, Unreachable>> {
        Box::pin(async move {
            let connected = TcpStream::connect(&to.address).await.and_then(Framed::over);
            let unreachable =
                |error: io::Error| Unreachable { to: to.address.clone(), why: error.to_string() };
            connected.map(|pipe| Box::new(pipe) as Box<dyn Pipe>).map_err(unreachable)
        })
    }
}

struct Framed {
    stream: TcpStream,
    /// What has arrived of frames that are not given out yet.
    buffer: BytesMut,
}

impl Framed {
    fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::new() })
    }

    /// The first frame of the buffer, once it is whole.
    fn take(&mut self) -> Result<Option<Bytes>, Broken> {
        let Some(prefix) = self.buffer.first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*prefix) as usize;
        if length > limits::FRAME_BYTES_MAX {
            return Err(Broken(format!("a frame of {length} bytes")));
        }
        if self.buffer.len() < 4 + length {
            return Ok(None);
        }
        self.buffer.advance(4);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}

fn broken(error: io::Error) -> Broken {
    Broken(error.to_string())
}

impl Pipe for Framed {
    fn send(&mut self, frame: Bytes) -> BoxFuture<'_, Result<(), Broken>> {
        Box::pin(async move {
            let length = u32::try_from(frame.len()).map_err(|_| Broken("a frame too long".to_owned()))?;
            let mut whole = BytesMut::with_capacity(4 + frame.len());
            whole.extend_from_slice(&length.to_be_bytes());
            whole.extend_from_slice(&frame);
            self.stream.write_all(&whole).await.map_err(broken)
        })
    }

    fn recv(&mut self) -> BoxFuture<'_, Result<Bytes, Broken>> {
        Box::pin(async move {
            loop {
                if let Some(frame) = self.take()? {
                    return Ok(frame);
                }
                if self.stream.read_buf(&mut self.buffer).await.map_err(broken)? == 0 {
                    return Err(Broken("closed".to_owned()));
                }
            }
        })
    }
}
