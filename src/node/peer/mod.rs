//! The peer listener's hello: two nodes prove to each other that they hold the cluster's secret. Today nothing follows
//! it: the connection is closed. Never answers a stranger, and never computes a proof over what a stranger chose.
//!
//! Bytes on the wire, all fixed in length but the last:
//!
//! 1. server → client: `HFP1`, 32 random bytes `S`
//! 2. client → server: 32 random bytes `C`, `HMAC-SHA256(key, "holdfast peer client" ‖ S ‖ C)`
//! 3. server → client: `HMAC-SHA256(key, "holdfast peer server" ‖ S ‖ C)`, one byte `n`, `n` bytes `cluster/node`
//!
//! Both nonces are in both proofs, so neither can be replayed; the two labels differ, so a proof cannot be sent back to
//! whoever made it.

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::listeners::{App, Io};
use crate::limits;
use crate::runtime::Runtime;

const GREETING: &[u8; 4] = b"HFP1";
const CLIENT: &[u8] = b"holdfast peer client";
const SERVER: &[u8] = b"holdfast peer server";

/// What a node says of itself, and what it proves.
#[derive(Clone, Debug)]
pub struct Hello {
    key: hmac::Key,
    name: String,
}

impl Hello {
    /// The hello of this node.
    #[must_use]
    pub fn new(secret: &[u8], cluster: &str, node: &str) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret), name: format!("{cluster}/{node}") }
    }

    /// The protocol, for a listener.
    #[must_use]
    pub fn app(self, runtime: Arc<dyn Runtime>) -> App {
        let hello = Arc::new(self);
        App::Raw(Arc::new(move |mut io: Io, peer: SocketAddr| {
            let (hello, runtime) = (Arc::clone(&hello), Arc::clone(&runtime));
            Box::pin(async move {
                let late = runtime.sleep(Duration::from_millis(limits::PEER_HELLO_MS));
                let nonce = nonce(runtime.as_ref());
                tokio::select! {
                    ended = hello.answer(&mut io, nonce) => {
                        if let Err(error) = ended {
                            tracing::debug!(address = %peer, %error, "a peer's hello failed");
                        }
                    }
                    () = late => {}
                }
            })
        }))
    }

    /// The server's side.
    pub async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        io: &mut S,
        mine: [u8; 32],
    ) -> io::Result<()> {
        io.write_all(GREETING).await?;
        io.write_all(&mine).await?;
        let (mut theirs, mut proof) = ([0; 32], [0; 32]);
        io.read_exact(&mut theirs).await?;
        io.read_exact(&mut proof).await?;
        self.verify(CLIENT, &mine, &theirs, &proof)?;
        io.write_all(self.prove(SERVER, &mine, &theirs).as_ref()).await?;
        io.write_all(&[u8::try_from(self.name.len()).unwrap_or(u8::MAX)]).await?;
        io.write_all(&self.name.as_bytes()[..self.name.len().min(255)]).await?;
        io.shutdown().await
    }

    /// The client's side: answers `cluster/node` of the other.
    pub async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        io: &mut S,
        mine: [u8; 32],
    ) -> io::Result<String> {
        let (mut greeting, mut theirs) = ([0; 4], [0; 32]);
        io.read_exact(&mut greeting).await?;
        if &greeting != GREETING {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a Holdfast peer"));
        }
        io.read_exact(&mut theirs).await?;
        io.write_all(&mine).await?;
        io.write_all(self.prove(CLIENT, &theirs, &mine).as_ref()).await?;
        let mut proof = [0; 32];
        io.read_exact(&mut proof).await?;
        self.verify(SERVER, &theirs, &mine, &proof)?;
        let mut name = vec![0; usize::from(io.read_u8().await?)];
        io.read_exact(&mut name).await?;
        String::from_utf8(name).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn prove(&self, label: &[u8], server: &[u8; 32], client: &[u8; 32]) -> hmac::Tag {
        hmac::sign(&self.key, &[label, server, client].concat())
    }

    fn verify(&self, label: &[u8], server: &[u8; 32], client: &[u8; 32], proof: &[u8; 32]) -> io::Result<()> {
        hmac::verify(&self.key, &[label, server, client].concat(), proof)
            .map_err(|_| io::Error::new(io::ErrorKind::PermissionDenied, "the other node has another secret"))
    }
}

/// 32 fresh random bytes.
#[must_use]
pub fn nonce(runtime: &dyn Runtime) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&runtime.random().to_be_bytes());
    bytes[16..].copy_from_slice(&runtime.random().to_be_bytes());
    bytes
}
