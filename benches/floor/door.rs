//! The door of the floor: every send is one insert, then its acknowledgement and its event. No journal, no owner, no look;
//! what nobody needs for that is refused.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use holdfast::center::{Center, Source, parse};
use holdfast::runtime::Runtime;
use holdfast::session::event::{Event, What};
use holdfast::session::input::{Act, Ask};
use holdfast::shard::door::{Delivery, Door, DoorError, EventPage, Mailbox, Receipt, Summary, Wait, Who};
use holdfast::store::codec;
use holdfast::words::{Audience, PartyId, Seq, SessionId};
use parking_lot::Mutex;

use crate::insert::Insert;

/// A contact center with nothing but one service.
const CENTER: &str = "[unit.floor]\ntitle = \"Floor\"\n\n[queue.floor]\nunit = \"floor\"\n\n[service.default]\nunit = \
                      \"floor\"\nqueue = \"floor\"\n";

/// The door.
pub struct Floor {
    insert: Arc<Insert>,
    center: Arc<Center>,
    runtime: Arc<dyn Runtime>,
    sessions: Mutex<HashMap<SessionId, Session>>,
}

#[derive(Default)]
struct Session {
    last: u64,
    followers: Vec<Mailbox>,
}

impl Floor {
    /// A door to a table.
    pub fn new(insert: Arc<Insert>, runtime: Arc<dyn Runtime>) -> anyhow::Result<Arc<Self>> {
        let center = parse(&[Source { name: "floor", text: CENTER }]);
        let center = center.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        Ok(Arc::new(Self { insert, center: Arc::new(center), runtime, sessions: Mutex::default() }))
    }

    /// The next event of a session, and who follows it.
    fn next(&self, session: SessionId, ask: Ask) -> (Event, Vec<Mailbox>) {
        let mut sessions = self.sessions.lock();
        let known = sessions.entry(session).or_default();
        known.last += 1;
        let text = match ask.act {
            Act::Send { text, .. } => text,
            _ => String::new(),
        };
        let (seq, at) = (Seq(known.last), self.runtime.now());
        let what = What::Message { text };
        let event = Event { seq, at, by: ask.by, audience: Audience::All, id: Some(ask.id), what };
        (event, known.followers.clone())
    }
}

/// One row, then everybody hears of it.
async fn store(
    insert: &Insert,
    session: SessionId,
    (event, followers): (Event, Vec<Mailbox>),
) -> Result<Receipt, DoorError> {
    let mut body = Vec::with_capacity(160);
    codec::encode_event(&event, &mut body);
    let stored = insert.store(&session.0, event.seq.0, &Bytes::from(body)).await;
    stored.map_err(|_| DoorError::Unknown)?;
    let receipt = Receipt { seq: event.seq, at: event.at, repeated: false, party: Some(PartyId(1)) };
    let event = Arc::new(event);
    for follower in followers {
        follower.put(Delivery::Event { session, event: Arc::clone(&event) });
    }
    Ok(receipt)
}

fn refused<T: Send + 'static>() -> Wait<Result<T, DoorError>> {
    Box::pin(std::future::ready(Err(DoorError::Closing)))
}

impl Door for Floor {
    fn center(&self) -> Arc<Center> {
        Arc::clone(&self.center)
    }

    fn ask(&self, _who: Who, session: SessionId, ask: Ask) -> Wait<Result<Receipt, DoorError>> {
        let (insert, next) = (Arc::clone(&self.insert), self.next(session, ask));
        Box::pin(async move { store(&insert, session, next).await })
    }

    fn submit(&self, _who: Who, session: SessionId, ask: Ask, (mailbox, tag): (Mailbox, u64)) {
        let (insert, next) = (Arc::clone(&self.insert), self.next(session, ask));
        self.runtime.spawn(Box::pin(async move {
            let result = store(&insert, session, next).await;
            mailbox.put(Delivery::Answer { tag, result });
        }));
    }

    fn attach(&self, _who: Who, session: SessionId, _from: Seq, to: Mailbox) -> Wait<Result<Seq, DoorError>> {
        let mut sessions = self.sessions.lock();
        let known = sessions.entry(session).or_default();
        known.followers.push(to);
        Box::pin(std::future::ready(Ok(Seq(known.last))))
    }

    fn detach(&self, session: SessionId, to: &Mailbox) {
        if let Some(known) = self.sessions.lock().get_mut(&session) {
            known.followers.retain(|follower| !follower.is(to));
        }
    }

    fn page(
        &self,
        _who: Who,
        session: SessionId,
        _from: Seq,
        _limit: usize,
    ) -> Wait<Result<EventPage, DoorError>> {
        let next = Seq(self.sessions.lock().get(&session).map_or(0, |known| known.last));
        let phase = holdfast::session::Phase::Online;
        Box::pin(std::future::ready(Ok(EventPage { events: Vec::new(), next, more: false, phase })))
    }

    fn summary(&self, _who: Who, _session: SessionId) -> Wait<Result<Summary, DoorError>> {
        refused()
    }
}
