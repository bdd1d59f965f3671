//! The way of a lane: an owner is looked for, here or on another node, everything is sent by the way to it, and what comes back
//! is heard until the way ends. Never gives up while something is left to send.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::BoxStream;
use tokio::sync::Notify;

use super::super::{Opening, Owner};
use super::{Lane, Of, Route, Up};
use crate::limits;
use crate::shard::door::{Delivery, DoorError};
use crate::shard::wire;
use crate::words::SessionId;

impl Lane {
    /// The worker that was here has ended.
    pub(super) async fn lost(self: Arc<Self>, life: u64) {
        if self.leave_route(life) {
            self.seek().await;
        }
    }

    /// Leaves a route that leads nowhere any more; `false` when another was taken meanwhile.
    fn leave_route(&self, life: u64) -> bool {
        let mut state = self.state.lock();
        if state.life != life || matches!(state.route, Route::Idle | Route::Seeking) {
            return false;
        }
        let there = matches!(std::mem::replace(&mut state.route, Route::Seeking), Route::There(_));
        // A worker that was here has told its followers itself.
        if std::mem::take(&mut state.attached) && there {
            self.to.put(match &self.of {
                Of::Session(session) => Delivery::Ended { session: *session, resume: true },
                Of::Agent(..) => Delivery::AgentEnded,
            });
        }
        true
    }

    /// Looks for an owner until there is one, or until nothing is left to send.
    pub(super) async fn seek(self: Arc<Self>) {
        loop {
            if !self.still_wanted() {
                return;
            }
            let owner = self.ground.owners.owner(self.shard);
            match &owner {
                Owner::Here(_) => {
                    let mut state = self.state.lock();
                    if self.go_here(&mut state) {
                        return;
                    }
                    state.route = Route::Seeking;
                }
                Owner::There(node, epoch) => {
                    if let Some((down, token)) = self.open(node, *epoch)
                        && self.go_there((node.clone(), token), &owner, down).await
                    {
                        continue;
                    }
                }
                Owner::Nobody => {}
            }
            self.ground.pause(self.shard, &owner).await;
        }
    }

    /// Whether anything is left to send.
    fn still_wanted(&self) -> bool {
        self.answer_late();
        let wanted = {
            let mut state = self.state.lock();
            let wanted = !state.unanswered.is_empty() || state.attaching.is_some();
            if !wanted {
                state.route = Route::Idle;
            }
            wanted
        };
        if !wanted {
            self.finish();
        }
        wanted
    }

    /// What has waited too long is answered with "unknown".
    fn answer_late(&self) {
        let now = self.ground.runtime.ticks();
        let mut state = self.state.lock();
        while state.unanswered.front().is_some_and(|first| first.until <= now) {
            if let Some(late) = state.unanswered.pop_front() {
                self.to.put(Delivery::Answer { tag: late.tag, result: Err(DoorError::Unknown) });
            }
        }
    }

    fn open(&self, node: &str, epoch: u64) -> Option<(BoxStream<'static, Bytes>, u128)> {
        let token = self.ground.runtime.random();
        let open = match &self.of {
            Of::Session(session) => wire::Open::Session { who: self.who.clone(), session: *session },
            Of::Agent(agent, device) => wire::Open::Agent { agent: agent.clone(), device: device.clone() },
        };
        let opening = Opening { token, epoch, open: open.encode() };
        let down = self.ground.peers.open(node, opening.encode()).ok()?;
        Some((down, token))
    }

    /// Sends everything by way of another node, and hears what comes back until the way ends; whether it began at all.
    async fn go_there(
        self: &Arc<Self>,
        (node, token): (Arc<str>, u128),
        owner: &Owner,
        mut down: BoxStream<'static, Bytes>,
    ) -> bool {
        let over = Arc::new(Notify::new());
        let mut changed = self.ground.owners.changed(self.shard, owner.clone());
        let mut life = 0;
        loop {
            let a_while = self.ground.runtime.sleep(Duration::from_millis(limits::OWNER_AGAIN * 10));
            let ended = Box::pin(over.notified());
            let frame = match select(select(down.next(), &mut changed), select(ended, a_while)).await {
                Either::Left((Either::Left((Some(frame), _)), _)) => frame,
                Either::Left(_) | Either::Right((Either::Left(_), _)) => break,
                Either::Right((Either::Right(_), _)) => {
                    self.answer_late();
                    if life == 0 {
                        break;
                    }
                    continue;
                }
            };
            match wire::Down::decode(&frame) {
                Ok(wire::Down::Opened) if life == 0 => {
                    let mut state = self.state.lock();
                    state.life += 1;
                    life = state.life;
                    let way = Up { node: node.clone(), token, next: 0, over: over.clone() };
                    state.route = Route::There(way);
                    self.send_all(&mut state);
                }
                Ok(frame) => {
                    if !self.hear(frame) {
                        break;
                    }
                }
                Err(_) => break,
            }
        }
        life != 0 && self.leave_route(life)
    }

    /// Takes what came down; `false` when it cannot be understood.
    fn hear(self: &Arc<Self>, frame: wire::Down) -> bool {
        match frame {
            wire::Down::Opened => {}
            wire::Down::Attached(seq) => self.attached(Ok(seq)),
            wire::Down::Refused(why) => self.attached(Err(why.into())),
            wire::Down::Answer { tag, result } => self.answered(tag, result.map_err(DoorError::from)),
            frame => match frame.into_delivery(self.session()) {
                Ok(Some(delivery)) => self.deliver(delivery),
                Ok(None) => {}
                Err(_) => return false,
            },
        }
        true
    }

    fn deliver(&self, delivery: Delivery) {
        let ends = matches!(delivery, Delivery::Ended { .. } | Delivery::AgentEnded);
        if ends {
            self.state.lock().attached = false;
        }
        self.to.put(delivery);
        if ends {
            self.finish();
        }
    }

    /// The session whose events come down; of an agent's lane none do.
    fn session(&self) -> SessionId {
        match &self.of {
            Of::Session(session) => *session,
            Of::Agent(..) => SessionId([0; 16]),
        }
    }
}
