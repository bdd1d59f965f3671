//! One reader of one session: pages up to the present, attaches, then hands out what comes. For SSE and long poll. Never
//! writes to a client.

use std::sync::Arc;

use crate::edge::Shared;
use crate::limits::{FLUSH_EVERY, MAILBOX_PLACES, PAGE_EVENTS};
use crate::runtime::mpsc;
use crate::session::event::Event;
use crate::session::refusal::Refusal;
use crate::shard::door::{Delivery, DoorError, Mailbox, Who};
use crate::words::{PartyId, Seq, SessionId};

/// What a follower has for its reader.
#[derive(Debug)]
pub enum News {
    /// Events in order.
    Events(Vec<Arc<Event>>),
    /// Somebody types.
    Typing {
        /// Who.
        party: PartyId,
        /// Began or ended.
        on: bool,
        /// The text so far, for staff.
        preview: Option<Arc<str>>,
    },
    /// The stream ended; whether the client should come back.
    Ended {
        /// `false`: the session is over.
        resume: bool,
    },
}

/// One reader of one session.
#[derive(Debug)]
pub struct Follower {
    shared: Arc<Shared>,
    who: Who,
    session: SessionId,
    last: Seq,
    attached: bool,
    pending: Option<Delivery>,
    mailbox: Mailbox,
    inbox: mpsc::Receiver<Delivery>,
}

impl Follower {
    /// A reader that has seen everything up to `last`.
    #[must_use]
    pub fn new(shared: Arc<Shared>, who: Who, session: SessionId, last: Seq) -> Self {
        let (mailbox, inbox) = Mailbox::open(MAILBOX_PLACES);
        Self { shared, who, session, last, attached: false, pending: None, mailbox, inbox }
    }

    /// The next news; waits for as long as there is none.
    pub async fn next(&mut self) -> Result<News, DoorError> {
        loop {
            if !self.attached {
                if let Some(news) = self.catch_up().await? {
                    return Ok(news);
                }
                continue;
            }
            let delivery = match self.pending.take() {
                Some(delivery) => Some(delivery),
                None if self.mailbox.overflowed() => None,
                None => tokio::select! {
                    delivery = self.inbox.recv() => delivery,
                    () = self.shared.streams.ended() => None,
                },
            };
            let Some(delivery) = delivery else {
                return Ok(News::Ended { resume: true });
            };
            if matches!(delivery, Delivery::Ended { resume: true, .. }) && !self.shared.streams.has_ended() {
                // The owner has changed: the next one is followed from here on.
                self.attached = false;
                continue;
            }
            if let Some(news) = self.take(delivery) {
                return Ok(news);
            }
        }
    }

    async fn catch_up(&mut self) -> Result<Option<News>, DoorError> {
        let door = &self.shared.door;
        let over = match door.attach(self.who.clone(), self.session, self.last, self.mailbox.clone()).await {
            Ok(_) => {
                self.attached = true;
                return Ok(None);
            }
            Err(DoorError::Behind) => false,
            // Nothing more will come, but what there is can be read.
            Err(DoorError::Refused(Refusal::Stopped | Refusal::Closed) | DoorError::Quarantined) => true,
            Err(error) => return Err(error),
        };
        let page = door.page(self.who.clone(), self.session, self.last, PAGE_EVENTS).await?;
        self.last = self.last.max(page.next);
        if !page.events.is_empty() {
            return Ok(Some(News::Events(page.events)));
        }
        Ok((over && !page.more).then_some(News::Ended { resume: false }))
    }

    fn take(&mut self, delivery: Delivery) -> Option<News> {
        match delivery {
            Delivery::Event { event, .. } => {
                let mut events = Vec::new();
                self.keep(event, &mut events);
                while events.len() < FLUSH_EVERY && self.pending.is_none() {
                    match self.inbox.try_recv() {
                        Ok(Delivery::Event { event, .. }) => self.keep(event, &mut events),
                        // Only events are taken together; anything else keeps its place for the next call.
                        Ok(other) => self.pending = Some(other),
                        Err(_) => break,
                    }
                }
                (!events.is_empty()).then_some(News::Events(events))
            }
            Delivery::Typing { party, on, preview, .. } => Some(News::Typing { party, on, preview }),
            Delivery::Ended { resume, .. } => Some(News::Ended { resume }),
            Delivery::Answer { .. } | Delivery::Agent(_) | Delivery::AgentEnded => None,
        }
    }

    fn keep(&mut self, event: Arc<Event>, events: &mut Vec<Arc<Event>>) {
        if event.seq > self.last {
            self.last = event.seq;
            events.push(event);
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.door.detach(self.session, &self.mailbox);
    }
}
