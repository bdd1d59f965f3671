//! Entries and snapshots from a leader. Never answers out of turn.

use std::collections::VecDeque;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use super::wire::{SnapshotHead, decode, encode};
use crate::limits;
use crate::raft::types::{Raft, Snapshot};
use crate::transport::{Broken, Pipe};

fn stopped() -> Broken {
    Broken("this member has stopped".to_owned())
}

/// Takes entries and heartbeats until the pipe breaks, or openraft wants it closed.
pub async fn appends(raft: &Raft, pipe: &mut dyn Pipe) -> Result<(), Broken> {
    let (requests, inbox) = mpsc::channel(limits::APPENDS_UNDER_WAY);
    let input = stream::unfold(inbox, |mut inbox| async { inbox.recv().await.map(|next| (next, inbox)) });
    let mut replies = Box::pin(raft.stream_append(input));
    let mut waiting = 0;
    loop {
        tokio::select! {
            frame = pipe.recv(), if waiting < limits::APPENDS_UNDER_WAY => {
                requests.send(decode(&frame?)?).await.map_err(|_| stopped())?;
                waiting += 1;
            }
            reply = replies.next(), if waiting > 0 => {
                let reply = reply.and_then(Result::ok).ok_or_else(stopped)?;
                pipe.send(encode(&reply)?).await?;
                waiting -= 1;
                if reply.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// Takes one snapshot and installs it.
pub async fn snapshot(raft: &Raft, pipe: &mut dyn Pipe) -> Result<(), Broken> {
    let head: SnapshotHead = decode(&pipe.recv().await?)?;
    let bytes = usize::try_from(head.bytes).unwrap_or(usize::MAX);
    if bytes > limits::SNAPSHOT_BYTES_MAX {
        return Err(Broken(format!("a snapshot of {bytes} bytes")));
    }
    let mut chunks = VecDeque::new();
    let mut have = 0;
    while have < bytes {
        let chunk = pipe.recv().await?;
        have += chunk.len().max(1);
        chunks.push_back(chunk);
    }
    let snapshot: Vec<u8> = chunks.into_iter().flatten().collect();
    if snapshot.len() != bytes {
        return Err(Broken("a snapshot of another length than it said".to_owned()));
    }
    let whole = Snapshot { meta: head.meta, snapshot };
    let response = raft.install_full_snapshot(head.vote, whole).await.map_err(|_| stopped())?;
    pipe.send(encode(&response)?).await
}
