//! Streams of entries over a scripted pipe: in order, ended when all is answered, and never mistaken for one another.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use openraft::network::{RPCOption, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{AppendEntriesRequest, StreamAppendError, StreamAppendResult};
use openraft::vote::RaftLeaderId;
use parking_lot::Mutex;

use super::network::{Client, Factory, Net};
use super::wire::{decode, encode};
use crate::raft::types::{LogId, Types, Vote};
use crate::transport::{BoxFuture, Broken, Lane, Peer, Pipe, Transport, Unreachable};

/// A peer that keeps what it is sent and replies what the test lets it.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    connected: usize,
    /// Requests that arrived, greetings not counted: the index that each commits.
    arrived: Vec<u64>,
    replies: VecDeque<StreamAppendResult<Types>>,
    /// Replies are given as requests come, each saying what the request did.
    echo: bool,
}

struct Scripted {
    script: Script,
    greeted: bool,
}

impl Transport for Script {
    fn connect<'a>(&'a self, _: &'a Peer, _: Lane) -> BoxFuture<'a, Result<Box<dyn Pipe>, Unreachable>> {
        self.0.lock().connected += 1;
        let pipe: Box<dyn Pipe> = Box::new(Scripted { script: self.clone(), greeted: false });
        Box::pin(async { Ok(pipe) })
    }
}

impl Pipe for Scripted {
    fn send(&mut self, frame: Bytes) -> BoxFuture<'_, Result<(), Broken>> {
        Box::pin(async move {
            if !std::mem::replace(&mut self.greeted, true) {
                return Ok(());
            }
            let request: AppendEntriesRequest<Types> = decode(&frame)?;
            let index = request.leader_commit.map_or(0, |at| at.index);
            let mut state = self.script.0.lock();
            state.arrived.push(index);
            if state.echo {
                state.replies.push_back(Ok(Some(id(index))));
            }
            Ok(())
        })
    }

    fn recv(&mut self) -> BoxFuture<'_, Result<Bytes, Broken>> {
        Box::pin(async move {
            let next = self.script.0.lock().replies.pop_front();
            match next {
                Some(reply) => encode(&reply),
                None => std::future::pending().await,
            }
        })
    }
}

fn id(index: u64) -> LogId {
    let leader = openraft::alias::LeaderIdOf::<Types>::new(1, 1);
    LogId::new(leader.to_committed(), index)
}

fn request(index: u64) -> AppendEntriesRequest<Types> {
    AppendEntriesRequest {
        vote: Vote::new_committed(1, 1),
        prev_log_id: None,
        entries: Vec::new(),
        leader_commit: Some(id(index)),
    }
}

async fn client(script: &Script) -> Client {
    let net = Net::new(Arc::new(script.clone()), Some(1));
    Factory(net).new_heartbeat_client(2, &Peer::default()).await
}

fn option() -> RPCOption {
    RPCOption::new(Duration::from_secs(1))
}

#[tokio::test]
async fn a_stream_ends_when_its_requests_are_answered_in_order_and_its_pipe_is_kept() {
    let script = Script::default();
    script.0.lock().echo = true;
    let mut client = client(&script).await;
    for round in 0..3 {
        let input = stream::iter((0..40).map(move |at| request(round * 40 + at)));
        let replies = RaftNetworkV2::stream_append(&mut client, input, option()).await.unwrap();
        let replies: Vec<u64> = replies.map(|reply| reply.unwrap().unwrap().unwrap().index).collect().await;
        assert_eq!(replies, (round * 40..round * 40 + 40).collect::<Vec<_>>());
    }
    assert_eq!(script.0.lock().connected, 1);
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_may_be() {
    let script = Script::default();
    let mut client = client(&script).await;
    let input = stream::iter((0..100).map(request));
    let mut replies = RaftNetworkV2::stream_append(&mut client, input, option()).await.unwrap();
    assert!(futures_util::FutureExt::now_or_never(replies.next()).is_none());
    assert_eq!(script.0.lock().arrived.len(), crate::limits::APPENDS_UNDER_WAY);
}

#[tokio::test]
async fn a_reply_to_a_dropped_stream_is_not_taken_for_one_to_the_next() {
    let script = Script::default();
    let mut client = client(&script).await;
    let mut dropped =
        RaftNetworkV2::stream_append(&mut client, stream::iter([request(1)]), option()).await.unwrap();
    assert!(futures_util::FutureExt::now_or_never(dropped.next()).is_none());
    drop(dropped);
    script.0.lock().replies.extend([Ok(Some(id(1))), Ok(Some(id(2)))]);
    let replies =
        RaftNetworkV2::stream_append(&mut client, stream::iter([request(2)]), option()).await.unwrap();
    let replies: Vec<u64> = replies.map(|reply| reply.unwrap().unwrap().unwrap().index).collect().await;
    assert_eq!((replies, script.0.lock().connected), (vec![2], 1));
}

#[tokio::test]
async fn a_pipe_that_owes_too_many_replies_is_given_up() {
    let script = Script::default();
    let mut client = client(&script).await;
    for at in 0..=crate::limits::REPLIES_OWED as u64 {
        let input = stream::iter([request(at)]);
        let mut dropped = RaftNetworkV2::stream_append(&mut client, input, option()).await.unwrap();
        assert!(futures_util::FutureExt::now_or_never(dropped.next()).is_none());
    }
    assert_eq!(script.0.lock().connected, 1);
    drop(RaftNetworkV2::stream_append(&mut client, stream::iter([request(99)]), option()).await.unwrap());
    assert_eq!(script.0.lock().connected, 2);
}

#[tokio::test]
async fn after_a_conflict_the_stream_ends_and_the_next_begins_on_a_new_pipe() {
    let script = Script::default();
    script.0.lock().replies.push_back(Err(StreamAppendError::Conflict(id(7))));
    let mut client = client(&script).await;
    let input = stream::iter([request(1)]).chain(stream::pending());
    let replies = RaftNetworkV2::stream_append(&mut client, Box::pin(input), option()).await.unwrap();
    let replies: Vec<_> = replies.map(Result::unwrap).collect().await;
    assert_eq!(replies, [Err(StreamAppendError::Conflict(id(7)))]);
    drop(RaftNetworkV2::stream_append(&mut client, stream::iter([request(2)]), option()).await.unwrap());
    assert_eq!(script.0.lock().connected, 2);
}
