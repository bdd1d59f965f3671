//! How openraft reaches the other members: one pipe for entries, one for heartbeats, one for each snapshot, one for votes.
//! Never connects to whoever happens to answer: every pipe begins by naming the member that is meant.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use openraft::OptionalSend;
use openraft::base::{BoxFuture, BoxStream};
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{RPCOption, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, StreamAppendResult, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};
use parking_lot::{Mutex, RwLock};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::caller::{CallError, Caller};
use super::stream::Appending;
use super::wire::{Greeting, Purpose, Request, Response, SnapshotHead, decode, encode};
use crate::limits;
use crate::raft::types::{Snapshot, Types, Vote};
use crate::transport::{Broken, Lane, Peer, Pipe, Transport};

/// To which member, where, and for what.
type Way = (Option<u64>, Peer, Lane);

/// What all ways to members share.
pub struct Net {
    /// Makes pipes.
    pub transport: Arc<dyn Transport>,
    /// The cluster that this member belongs to.
    pub cluster: RwLock<Option<u128>>,
    /// All tasks of the member.
    pub tasks: TaskTracker,
    /// Ends them.
    pub stop: CancellationToken,
    callers: Mutex<BTreeMap<Way, Caller>>,
}

impl std::fmt::Debug for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Net").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl Net {
    /// A network over a transport.
    pub fn new(transport: Arc<dyn Transport>, cluster: Option<u128>) -> Arc<Self> {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        Arc::new(Self { transport, cluster: RwLock::new(cluster), tasks, stop, callers: Mutex::default() })
    }

    /// A pipe to a member, greeted.
    pub async fn connect(
        &self,
        to: Option<u64>,
        peer: &Peer,
        lane: Lane,
        purpose: Purpose,
    ) -> Result<Box<dyn Pipe>, String> {
        let mut pipe = self.transport.connect(peer, lane).await.map_err(|error| error.to_string())?;
        let cluster = *self.cluster.read();
        let greeting = encode(&Greeting { cluster, to, purpose }).map_err(|error| error.to_string())?;
        pipe.send(greeting).await.map_err(|error| error.to_string())?;
        Ok(pipe)
    }

    /// The way for calls to a member.
    pub fn caller(self: &Arc<Self>, to: Option<u64>, peer: &Peer, lane: Lane) -> Caller {
        let mut callers = self.callers.lock();
        callers.retain(|_, caller| caller.is_open());
        let start = || Caller::start(self, to, peer, lane);
        callers.entry((to, peer.clone(), lane)).or_insert_with(start).clone()
    }
}

/// Makes clients for openraft.
#[derive(Clone, Debug)]
pub struct Factory(pub Arc<Net>);

impl Factory {
    fn client(&self, target: u64, peer: &Peer, lane: Lane) -> Client {
        Client { net: self.0.clone(), target, peer: peer.clone(), lane, pipe: Mutex::default(), owed: 0 }
    }
}

impl RaftNetworkFactory<Types> for Factory {
    type Network = Client;

    async fn new_client(&mut self, target: u64, node: &Peer) -> Client {
        self.client(target, node, Lane::Append)
    }

    async fn new_heartbeat_client(&mut self, target: u64, node: &Peer) -> Client {
        self.client(target, node, Lane::Heartbeat)
    }

    async fn new_snapshot_client(&mut self, target: u64, node: &Peer) -> Client {
        self.client(target, node, Lane::Snapshot)
    }
}

/// openraft's way to one member.
pub struct Client {
    net: Arc<Net>,
    target: u64,
    peer: Peer,
    lane: Lane,
    /// Kept between streams: openraft opens one for every burst, and one for every heartbeat. Never locked: the mutex makes
    /// a pipe, which is for one task at a time, part of what openraft wants to share.
    pipe: Mutex<Option<Box<dyn Pipe>>>,
    /// Replies on the pipe that nobody waits for any more; they come before those of the next stream.
    pub(super) owed: usize,
}

/// An error after which openraft waits longer and longer.
pub fn unreachable(why: impl ToString) -> RPCError<Types> {
    RPCError::Unreachable(Unreachable::from_string(why))
}

/// An error after which openraft tries again at once.
pub fn lost(why: impl ToString) -> RPCError<Types> {
    RPCError::Network(NetworkError::from_string(why))
}

impl Client {
    async fn ensure_pipe(&mut self) -> Result<(), RPCError<Types>> {
        if self.owed > limits::REPLIES_OWED {
            *self.pipe() = None;
        }
        if self.pipe().is_some() {
            return Ok(());
        }
        self.owed = 0;
        let connecting = self.net.connect(Some(self.target), &self.peer, self.lane, Purpose::Appends);
        let connected = timeout(limits::CONNECT_WAIT, connecting).await;
        *self.pipe() = Some(connected.map_err(unreachable)?.map_err(unreachable)?);
        Ok(())
    }

    /// The pipe, if there is one.
    pub(super) fn pipe(&mut self) -> &mut Option<Box<dyn Pipe>> {
        self.pipe.get_mut()
    }

    async fn call(&self, request: Request) -> Result<Response, RPCError<Types>> {
        let caller = self.net.caller(Some(self.target), &self.peer, Lane::Heartbeat);
        caller.call(request).await.map_err(|error| match error {
            CallError::NotSent(why) => unreachable(why),
            CallError::Lost(why) => lost(why),
        })
    }

    async fn voted(&self, request: Request) -> Result<VoteResponse<Types>, RPCError<Types>> {
        match self.call(request).await? {
            Response::Vote(response) => Ok(response),
            other => Err(lost(format!("{other:?} instead of a vote"))),
        }
    }
}

impl RaftNetworkV2<Types> for Client {
    type SnapshotData = Vec<u8>;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<Types>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<Types>, RPCError<Types>> {
        let input = stream::iter([rpc]);
        let mut replies = RaftNetworkV2::stream_append(self, input, option).await?;
        match replies.next().await {
            Some(reply) => reply.map(AppendEntriesResponse::from),
            None => Err(lost("no reply")),
        }
    }

    fn stream_append<'s, S>(
        &'s mut self,
        input: S,
        _option: RPCOption,
    ) -> BoxFuture<
        's,
        Result<BoxStream<'s, Result<StreamAppendResult<Types>, RPCError<Types>>>, RPCError<Types>>,
    >
    where
        S: Stream<Item = AppendEntriesRequest<Types>> + OptionalSend + Unpin + 'static,
    {
        Box::pin(async move {
            self.ensure_pipe().await?;
            let replies: BoxStream<'s, _> =
                Box::pin(stream::unfold(Appending::new(self, input), Appending::next));
            Ok(replies)
        })
    }

    async fn vote(
        &mut self,
        rpc: VoteRequest<Types>,
        _option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        self.voted(Request::Vote(rpc)).await
    }

    async fn pre_vote(
        &mut self,
        rpc: VoteRequest<Types>,
        _option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        self.voted(Request::PreVote(rpc)).await
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: Snapshot,
        cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        let sending = timeout(limits::SNAPSHOT_WAIT, self.send_snapshot(vote, snapshot));
        tokio::select! {
            closed = cancel => Err(StreamingError::Closed(closed)),
            sent = sending => match sent {
                Ok(Ok(response)) => Ok(response),
                Ok(Err(why)) => Err(StreamingError::Unreachable(Unreachable::from_string(why))),
                Err(_) => Err(StreamingError::Unreachable(Unreachable::from_string("a snapshot took too long"))),
            },
        }
    }

    async fn transfer_leader(
        &mut self,
        req: TransferLeaderRequest<Types>,
        _option: RPCOption,
    ) -> Result<TransferLeaderResponse<Types>, RPCError<Types>> {
        match self.call(Request::Transfer(req)).await? {
            Response::Transfer => Ok(Ok(())),
            other => Err(lost(format!("{other:?} instead of a transfer"))),
        }
    }
}

impl Client {
    async fn send_snapshot(&self, vote: Vote, snapshot: Snapshot) -> Result<SnapshotResponse<Types>, String> {
        let mut pipe = self.net.connect(Some(self.target), &self.peer, self.lane, Purpose::Snapshot).await?;
        let told = |broken: Broken| broken.to_string();
        let bytes = snapshot.snapshot.len() as u64;
        let head = encode(&SnapshotHead { vote, meta: snapshot.meta, bytes }).map_err(told)?;
        pipe.send(head).await.map_err(told)?;
        for chunk in snapshot.snapshot.chunks(limits::SNAPSHOT_CHUNK) {
            pipe.send(Bytes::copy_from_slice(chunk)).await.map_err(told)?;
        }
        let reply = pipe.recv().await.map_err(told)?;
        decode(&reply).map_err(told)
    }
}
