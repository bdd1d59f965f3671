//! Rule 11: what is stored and covered by a clean look is published, in order: callers are answered, readers are shown,
//! other journals are told. Nothing else in the program makes an event visible.

use super::live::{Due, Follower, Item, Leaving, Live, Machine};
use super::msg::{ToAgent, ToDesk, ToSession};
use super::{Done, Key, Worker, open};
use crate::session::event::{By, What};
use crate::shard::door::{Delivery, DoorError};
use crate::store::journal::lists::Place;
use crate::store::journal::window::Part;
use crate::store::rows::{Batch, Class, Look};
use crate::words::{JournalId, Seq, Time};

/// What a clean look allows.
#[derive(Debug, Default)]
pub(super) struct Covers {
    /// Journals, each with the seq up to which it may be published.
    publish: Vec<(JournalId, Seq)>,
    /// Rows of lists that may replace others.
    settled: Vec<Settled>,
}

/// A stored row that remembers a journal in place of another one, which may be deleted once a look was clean: then no later
/// owner can miss both (rule 20).
#[derive(Debug)]
pub(super) enum Settled {
    /// An active row at a place.
    Listed(JournalId, Place),
    /// The wake-up of a journal that goes to sleep; `None`: nothing wakes it but a request.
    Drowsy(Key, Option<Time>),
}

impl Worker {
    /// Asks for a look that covers everything that is known to be stored now.
    pub(super) fn look(&mut self) {
        if self.stored.is_empty() && self.settled.is_empty() {
            return;
        }
        let covers = self.covers();
        if covers.publish.is_empty() && covers.settled.is_empty() {
            return;
        }
        match self.shared.looks.now() {
            Some(Look::Clean) => self.clean(covers),
            Some(Look::Fenced) => self.fenced(),
            None => self.look_later(covers),
        }
    }

    /// What a clean look that begins now would allow to publish.
    fn covers(&mut self) -> Covers {
        let settled = std::mem::take(&mut self.settled);
        let mut covers = Vec::with_capacity(self.stored.len());
        for key in std::mem::take(&mut self.stored) {
            let Some(live) = self.live(&key) else { continue };
            match live.window.publishable() {
                Some(upto) => covers.push((live.id.clone(), upto)),
                // Nothing new, but an answer may wait for a look all the same: a refusal is shown, too. So may inputs
                // that came before a take in which nothing was adopted above the watermark.
                None if live.due.front().is_some_and(|(at, _)| *at <= live.window.published())
                    || !live.held.is_empty() && live.window.take() == Part::Stored =>
                {
                    let published = live.window.published();
                    covers.push((live.id.clone(), published));
                }
                None => {}
            }
        }
        Covers { publish: covers, settled }
    }

    /// Lets it wait for the first look that begins after now, with whatever else waits for that one.
    fn look_later(&mut self, mut covers: Covers) {
        let need = self.shared.looks.need();
        if let Some((number, waiting)) = self.looking.back_mut()
            && *number == need
        {
            waiting.publish.append(&mut covers.publish);
            waiting.settled.append(&mut covers.settled);
            return;
        }
        let first = self.looking.is_empty();
        self.looking.push_back((need, covers));
        if first {
            self.await_look();
        }
    }

    /// Waits for what waits longest; what needs a later look is waited for after that.
    fn await_look(&mut self) {
        if let Some((need, _)) = self.looking.front() {
            let served = self.shared.looks.served(*need);
            self.wait(async move { Done::Looked(served.await) });
        }
    }

    /// Every need up to a number is served.
    pub(super) fn looked(&mut self, clean: u64) {
        while self.looking.front().is_some_and(|(need, _)| *need <= clean) {
            let Some((_, covers)) = self.looking.pop_front() else { break };
            self.clean(covers);
        }
        self.await_look();
    }

    /// Nothing more is shown, answered or looked for. Whoever waits is not told that anything failed: it may be adopted by
    /// the next owner, and is repeated there under the same id.
    pub(super) fn fenced(&mut self) {
        tracing::debug!(shard = self.shard, "this incarnation is over: the shard's work ends");
        self.looking.clear();
        self.deposed = true;
    }

    /// A look that began after all this was stored found nothing.
    fn clean(&mut self, covers: Covers) {
        crate::metrics::shard().looks_shared.inc_by(covers.publish.len() as u64);
        for (id, upto) in covers.publish {
            // An agent's next day may have begun meanwhile: the look was not for it.
            self.with(&open::key_of(&id), |worker, live| (live.id == id).then(|| worker.publish(live, upto)));
        }
        for settled in covers.settled {
            match settled {
                Settled::Listed(id, place) => self.listed_for_good(&id, place),
                Settled::Drowsy(key, wake) => self.drowsy(&key, wake),
            }
        }
    }

    fn publish(&mut self, live: &mut Live, upto: Seq) {
        let before = live.window.published();
        live.window.publish(upto);
        for seq in before.0 + 1..=upto.0 {
            let Some(recent) = live.recent_at(Seq(seq)) else { continue };
            let item = recent.item.clone();
            self.show(live, &item);
        }
        self.answer(live);
        self.checkpoint(live);
        live.trim();
        self.project(live);
        self.effects(live);
        self.release_held(live);
        self.settle(live);
    }

    /// Shows one published event to everybody who follows and may see it.
    fn show(&mut self, live: &mut Live, item: &Item) {
        let Live { followers, machine, .. } = live;
        match (item, machine) {
            (Item::Session(event), Machine::Session(session, soft)) => {
                if matches!(event.what, What::Joined(_)) {
                    let now = self.shared.runtime.now();
                    followers.iter_mut().for_each(|f| join_follower(f, session, soft, now));
                }
                let id = session.id();
                followers.retain(|follower| {
                    let Some(reader) = &follower.reader else { return false };
                    let delivery = Delivery::Event { session: id, event: event.clone() };
                    let mut stays = !reader.may_see(event) || follower.to.put(delivery);
                    if stays && reader.ends_with(event) {
                        follower.to.put(Delivery::Ended { session: id, resume: false });
                        stays = false;
                    }
                    if let (false, Some(party)) = (stays, follower.party) {
                        soft.gone(party, self.shared.runtime.now());
                    }
                    stays
                });
                if matches!(event.what, What::Stopped { .. }) {
                    for follower in followers.drain(..) {
                        follower.to.put(Delivery::Ended { session: id, resume: false });
                    }
                }
            }
            (Item::Agent(event), Machine::Agent(..)) => {
                followers.retain(|follower| follower.to.put(Delivery::Agent(event.clone())));
            }
            (Item::Session(_), Machine::Agent(..)) | (Item::Agent(_), Machine::Session(..)) => {}
        }
    }

    /// Gives everything whose time has come, in order.
    fn answer(&mut self, live: &mut Live) {
        while live.due.front().is_some_and(|(at, _)| *at <= live.window.published()) {
            let Some((_, due)) = live.due.pop_front() else { return };
            match due {
                Due::Reply(reply, result) => {
                    if result.as_ref().is_ok_and(|receipt| !receipt.repeated) {
                        crate::metrics::shard().sends_acknowledged.inc();
                        self.acknowledges();
                    }
                    reply.give(result);
                }
                // What does not fit is asked again by whoever waits for it.
                Due::Told(agent, reservation, told) => {
                    self.shared.links.tell_agent(&agent, ToAgent::Told(reservation, told));
                }
                Due::Answer(session, message) => {
                    let agent = match &live.id {
                        crate::words::JournalId::Agent(agent, _) => agent.clone(),
                        crate::words::JournalId::Session(_) => continue,
                    };
                    self.shared.links.tell_session(session, ToSession::Agent(agent, message));
                }
                Due::Summary(reply, summary) => drop(reply.send(summary)),
                Due::AgentSummary(reply, summary) => drop(reply.send(Ok(summary))),
                Due::Reserved(reservation) => {
                    self.tell_desk(ToDesk::Answered(reservation, Ok(())));
                }
            }
        }
    }

    /// The first acknowledgement of an epoch is the end of what its takeover cost.
    fn acknowledges(&mut self) {
        if !std::mem::replace(&mut self.has_acknowledged, true) {
            self.shared.chronicle.acknowledged(self.shard, self.epoch);
        }
    }

    /// Promises an answer for when everything up to now is published and looked at.
    pub(super) fn owe(&mut self, live: &mut Live, due: Due) {
        let at = live.window.last();
        live.due.push_back((at, due));
        if at == live.window.published() {
            self.stored.insert(open::key_of(&live.id));
        }
    }

    /// States whose seq is published become the checkpoint; the newest is enough.
    fn checkpoint(&mut self, live: &mut Live) {
        let mut newest = None;
        while live.states.front().is_some_and(|state| state.seq <= live.window.published()) {
            newest = live.states.pop_front();
        }
        if let Some(point) = newest {
            live.head.1 = true;
            // A lost checkpoint costs a longer read and nothing else, so nobody waits for it.
            let batch = Batch { mutations: vec![point.put(&live.id)], class: Class::Upkeep };
            let write = self.shared.rows.write(batch);
            self.wait(async move {
                let _ = write.await;
                Done::Side
            });
        }
    }

    /// Takes up what waited, oldest first, while it may be decided.
    pub(super) fn release_held(&mut self, live: &mut Live) {
        while Self::is_settled(live) && Self::takes_inputs(live) && matches!(live.leaving, Leaving::No) {
            let Some(what) = live.held.pop_front() else { return };
            let waiting = live.held.len();
            self.feed(live, what);
            if live.held.len() > waiting {
                return;
            }
        }
    }

    /// Everyone who follows hears that the stream ends here.
    pub(super) fn end_streams(live: &mut Live, resume: bool) {
        if let crate::words::JournalId::Session(session) = live.id {
            for follower in live.followers.drain(..) {
                follower.to.put(Delivery::Ended { session, resume });
            }
        }
        for (_, due) in live.due.drain(..) {
            if let Due::Reply(reply, _) = due {
                reply.give(Err(DoorError::Unknown));
            }
        }
    }
}

/// A follower who just joined reads as the new party, too, and counts as connected.
fn join_follower(
    follower: &mut Follower,
    session: &crate::session::Session,
    soft: &mut crate::session::Soft,
    now: crate::words::Time,
) {
    if follower.reader.is_none() {
        return;
    }
    if let Ok(reader) = session.reader(&follower.who.by, super::read::is_supervisor(&follower.who)) {
        follower.reader = Some(reader);
    }
    let party = match &follower.who.by {
        By::Staff(agent) => session.party_of(agent),
        By::Party(party) => Some(*party),
        By::Integration(_) | By::System => None,
    };
    if follower.party != party {
        if let Some(old) = follower.party {
            soft.gone(old, now);
        }
        if let Some(new) = party {
            soft.connected(new, now);
        }
        follower.party = party;
    }
}
