//! The task around the matchmaker of the queue group: hears what sessions seek and who is free, proposes, and is told what
//! came of it. Soft state: whoever needs it says so again. Never promises anything: only an agent's journal does.

pub mod board;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::agent::event::AgentInput;
use crate::limits;
use crate::routing::Matchmaker;
use crate::runtime::{Runtime, mpsc};
use crate::shard::config::centers::Centers;
use crate::shard::desk::board::{Board, QueueNow};
use crate::shard::links::Links;
use crate::shard::worker::msg::{ToAgent, ToDesk};
use crate::words::{ReservationId, Time};

/// The matchmaker's task.
pub struct Desk {
    runtime: Arc<dyn Runtime>,
    links: Links,
    centers: Arc<Centers>,
    board: Arc<Board>,
    inbox: mpsc::Receiver<ToDesk>,
    matchmaker: Matchmaker,
}

impl Desk {
    /// A matchmaker that knows nobody yet.
    #[must_use]
    pub fn new(
        runtime: Arc<dyn Runtime>,
        links: Links,
        (centers, board): (Arc<Centers>, Arc<Board>),
        inbox: mpsc::Receiver<ToDesk>,
    ) -> Self {
        Self { runtime, links, centers, board, inbox, matchmaker: Matchmaker::new() }
    }

    /// Serves until every link is gone.
    pub async fn run(mut self) {
        loop {
            let mut heard = Vec::new();
            let wait =
                self.matchmaker.next_wake().map_or(1_000, |at| at.since(self.runtime.now()).clamp(1, 1_000));
            let sleep = self.runtime.sleep(Duration::from_millis(wait));
            let hear = Box::pin(self.inbox.recv_many(&mut heard, limits::SHARD_TURN));
            match select(hear, sleep).await {
                Either::Left((0, _)) => return,
                Either::Left(_) | Either::Right(_) => {}
            }
            let now = self.runtime.now();
            heard.into_iter().for_each(|what| self.hear(what, now));
            self.propose(now);
            self.tell();
        }
    }

    fn hear(&mut self, what: ToDesk, now: Time) {
        match what {
            ToDesk::Seek(session, mut seek) => {
                let center = self.centers.current();
                if let Some(queue) = center.queues.get(&seek.queue) {
                    seek.offer_timeout = queue.offer_timeout;
                }
                if !self.matchmaker.register(session, seek, now) {
                    crate::metrics::shed("seeks");
                }
            }
            ToDesk::Unseek(session) => self.matchmaker.withdraw(session),
            ToDesk::Announce(agent, queues, free, idle_since) => {
                self.matchmaker.announce(&agent, &queues, free, idle_since);
            }
            ToDesk::Gone(agent) => self.matchmaker.gone(&agent),
            ToDesk::Answered(reservation, Ok(())) => self.matchmaker.reserved(reservation),
            ToDesk::Answered(reservation, Err(_)) => self.matchmaker.denied(reservation, now),
            ToDesk::Position(session, reply) => {
                // The asker may have gone.
                let _ = reply.send(self.matchmaker.position(session));
            }
        }
    }

    fn propose(&mut self, now: Time) {
        let runtime = self.runtime.clone();
        let mut draw = || ReservationId(runtime.random());
        for proposal in self.matchmaker.matches(now, &mut draw) {
            let reservation = proposal.reservation;
            let input = AgentInput::Reserve {
                reservation,
                session: proposal.session,
                queue: proposal.queue,
                deadline: proposal.deadline,
            };
            if !self.links.tell_agent(&proposal.agent, ToAgent::Reserve(reservation, input)) {
                self.matchmaker.denied(reservation, now);
            }
        }
    }

    fn tell(&self) {
        let center = self.centers.current();
        let now = |name: &String| QueueNow {
            waiting: self.matchmaker.waiting(name),
            staffed: self.matchmaker.staffed(name),
        };
        let queues: BTreeMap<_, _> = center.queues.keys().map(|name| (name.clone(), now(name))).collect();
        for (name, queue) in &queues {
            crate::metrics::shard().queue_waiting.with_label_values(&[name]).set(i64::from(queue.waiting));
        }
        self.board.set(queues);
    }
}
