//! Writes: a batch is cut into groups of one partition, each group takes its partition's lane, and what waits in a lane
//! travels as one request ([`travel`]). `Ok` when every group is stored. Never repeats a write: its owner does that.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::AcqRel;

use parking_lot::Mutex;

use self::group::Group;
use self::lanes::Parcel;
use self::travel::Travel;
use super::Shared;
use crate::runtime::oneshot;
use crate::store::rows::{Mutation, WriteError};

pub(super) mod group;
pub(super) mod lanes;
mod travel;

/// A group that waits or travels, and who wants to know; nobody, when its own caller carries it.
#[derive(Debug)]
pub(super) struct Item {
    pub group: Group,
    pub ticket: Option<Arc<Ticket>>,
}

/// One caller's write: answered when the last of its groups is.
#[derive(Debug)]
pub(super) struct Ticket {
    left: AtomicUsize,
    failed: Mutex<Option<WriteError>>,
    reply: Mutex<Option<oneshot::Sender<Result<(), WriteError>>>>,
}

impl Ticket {
    /// A ticket for so many groups, and where its answer comes.
    fn new(groups: usize) -> (Arc<Self>, oneshot::Receiver<Result<(), WriteError>>) {
        let (reply, answer) = oneshot::channel();
        let left = AtomicUsize::new(groups);
        (Arc::new(Self { left, failed: Mutex::default(), reply: Mutex::new(Some(reply)) }), answer)
    }

    fn ended(&self, result: &Result<(), WriteError>) {
        if let Err(error) = result {
            *self.failed.lock() = Some(error.clone());
        }
        if self.left.fetch_sub(1, AcqRel) == 1 {
            let result = self.failed.lock().take().map_or(Ok(()), Err);
            let reply = self.reply.lock().take();
            // A caller who has gone away needs no answer.
            let _ = reply.map(|reply| reply.send(result));
        }
    }
}

/// A batch that was handed over.
pub(super) enum Handed {
    /// It held nothing.
    Empty,
    /// It travels alone, with its caller.
    Alone(Travel),
    /// Its answer comes from others.
    Beside(oneshot::Receiver<Result<(), WriteError>>),
}

/// Hands a batch over. One group that finds its lane free travels with its caller, which costs neither a task nor a channel;
/// everything else travels beside.
pub(super) fn hand_over(shared: &Arc<Shared>, mutations: Vec<Mutation>) -> Handed {
    let mut groups = group::split(mutations);
    match (groups.pop(), groups.is_empty()) {
        (None, _) => Handed::Empty,
        (Some(only), true) => alone(shared, only),
        (Some(last), false) => {
            groups.push(last);
            let (ticket, answer) = Ticket::new(groups.len());
            for group in groups {
                let item = Item { group, ticket: Some(ticket.clone()) };
                travel::beside(shared, lanes(shared, |lanes| lanes.offer(item)));
            }
            Handed::Beside(answer)
        }
    }
}

fn alone(shared: &Arc<Shared>, group: Group) -> Handed {
    let mut answer = None;
    let go = lanes(shared, |lanes| {
        if lanes.is_free(&group.key) {
            return lanes.offer(Item { group, ticket: None });
        }
        let (ticket, receiver) = Ticket::new(1);
        answer = Some(receiver);
        lanes.offer(Item { group, ticket: Some(ticket) })
    });
    match (go, answer) {
        (Some(parcel), None) => Handed::Alone(Travel::new(shared, parcel)),
        (go, answer) => {
            travel::beside(shared, go);
            Handed::Beside(answer.expect("what found its lane busy has a ticket"))
        }
    }
}

/// Does something to the lanes, and notes how much waits.
fn lanes(shared: &Shared, work: impl FnOnce(&mut lanes::Lanes) -> Option<Parcel>) -> Option<Parcel> {
    let mut lanes = shared.lanes.lock();
    let go = work(&mut lanes);
    let waiting = i64::try_from(lanes.waiting()).unwrap_or(i64::MAX);
    shared.stats.queued.store(waiting, std::sync::atomic::Ordering::Relaxed);
    go
}

/// The end of a batch that was handed over.
pub(super) async fn ended(handed: Handed) -> Result<(), WriteError> {
    match handed {
        Handed::Empty => Ok(()),
        Handed::Alone(travel) => travel.with_its_caller().await,
        Handed::Beside(answer) => {
            let answer = answer.await;
            answer.unwrap_or_else(|_| Err(WriteError::Unknown("the request was given up".into())))
        }
    }
}
