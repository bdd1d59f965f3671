//! An owner of the shard in one epoch, as a trace moves it: it opens, takes, appends, looks and publishes by the product's own
//! functions, and nothing happens before the trace says so. What it must not do has functions of its own, for traces whose
//! rule is removed. Never writes or reads by itself: what it writes is a flight, and the trace says where it lands.

use std::cell::RefCell;
use std::rc::Rc;

use holdfast::store::journal::adopt::{self, Adopted, Read, Verdict};
use holdfast::store::journal::checkpoint::Checkpoint;
use holdfast::store::journal::cut::{Chain, Cut};
use holdfast::store::journal::lists::{Place, Stamps};
use holdfast::store::journal::row::Stored;
use holdfast::store::journal::window::{Part, publishable};
use holdfast::store::journal::{Epoch, keys, record, take};
use holdfast::store::rows::{Incarnation, Look, Mutation, Row, Table};
use holdfast::words::Seq;

use super::flight::Flight;
use super::stage::{Pair, Play};

/// What an owner did that somebody else can know of.
#[derive(Debug, Default)]
pub struct Known {
    /// What it found when it opened the session; `None` while it has not.
    pub adopted: Option<Vec<String>>,
    /// What it has acknowledged and shown.
    pub published: Vec<String>,
    /// How many of the adopted events are not known to be final: its take repeats them.
    pub tail: usize,
}

/// What opening came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The session goes on.
    Open,
    /// A later epoch has been here.
    Deposed,
    /// There is a record: the interaction is over.
    Over,
}

/// An event that an owner knows, and the write that stores it.
struct Slot {
    message: String,
    flight: Flight,
    /// The last event of its decision.
    ends: bool,
}

/// An owner.
pub struct Owner<'p, 's> {
    play: &'p Play<'s>,
    /// The epoch that it owns.
    pub epoch: Epoch,
    /// What fences it.
    pub incarnation: Incarnation,
    known: Rc<RefCell<Known>>,
    /// Everything above what was final at its opening.
    slots: Vec<Slot>,
    chain: Chain,
    /// How many of all events are below the slots.
    base: usize,
    heads: Option<Flight>,
    repeated: Flight,
    listed: Option<Flight>,
    /// Where its active row lies.
    pub place: Place,
    ended: bool,
    /// Timestamps of the rows that come and go.
    pub stamps: Stamps,
    /// A removed rule: publishing does not wait for these.
    pub waits_for_heads: bool,
    /// As above, the repeated rows.
    pub waits_for_repeats: bool,
    /// As above, the active row.
    pub waits_for_list: bool,
    /// A removed rule: half a decision is published.
    pub publishes_halves: bool,
    /// A removed rule: what it takes its reading for.
    pub twist: fn(&mut Read, Epoch),
}

impl<'p, 's> Owner<'p, 's> {
    /// The owner of epoch `counter` of the trace's first generation, under the incarnation of the same number.
    pub fn new(play: &'p Play<'s>, counter: u32) -> Self {
        Self::of_generation(play, play.generation, counter)
    }

    /// The owner of an epoch of any generation.
    pub fn of_generation(play: &'p Play<'s>, generation: u32, counter: u32) -> Self {
        let epoch = Epoch::new(generation, counter);
        Self {
            play,
            epoch,
            incarnation: Incarnation { generation, number: u64::from(counter) },
            known: play.history.owner(epoch),
            slots: Vec::new(),
            chain: Vec::new(),
            base: 0,
            heads: None,
            repeated: Flight::new(Vec::new()),
            listed: None,
            place: Place::default(),
            ended: false,
            stamps: Stamps::new(epoch),
            waits_for_heads: true,
            waits_for_repeats: true,
            waits_for_list: true,
            publishes_halves: false,
            twist: |_, _| {},
        }
    }

    /// Somebody who reads the store without owning anything, and leaves no trace.
    pub fn reader(play: &'p Play<'s>) -> Self {
        let mut reader = Self::new(play, u32::MAX);
        play.history.forget(reader.epoch);
        reader.ended = true;
        reader
    }

    // -- opening --

    /// Reads heads, journal and record by quorums of the same two, and adopts what they hold.
    pub async fn open(&mut self, pair: Pair) -> Opened {
        let heads = self.read_heads(pair).await;
        let journal = self.read_journal(pair).await;
        if self.finds_record(pair).await {
            return Opened::Over;
        }
        self.adopt(&heads, journal)
    }

    /// Cuts and checkpoint.
    pub async fn read_heads(&self, pair: Pair) -> Vec<Row> {
        self.play.read(Table::Heads, keys::journal(&self.play.id).into(), pair).await
    }

    /// The events.
    pub async fn read_journal(&self, pair: Pair) -> Vec<Row> {
        let mut rows = Vec::new();
        // No trace fills two segments.
        for segment in 0..=keys::segment(Seq(keys::SEGMENT)) {
            rows.extend(
                self.play.read(Table::Journal, keys::segment_partition(&self.play.id, segment), pair).await,
            );
        }
        rows
    }

    /// Whether there is a record.
    pub async fn finds_record(&self, pair: Pair) -> bool {
        let parts = self.play.read(Table::Records, keys::journal(&self.play.id).into(), pair).await;
        parts.iter().any(|row| row.clustering == record::part_key(0))
    }

    /// Makes its prefix of what was read.
    pub fn adopt(&mut self, heads: &[Row], journal: Vec<Row>) -> Opened {
        let mut read = Read::default();
        for row in heads {
            if row.clustering.is_empty() {
                let point = Checkpoint::read(&row.value).expect("a checkpoint");
                // Of two answers that came at different times the later seq wins, as the timestamps say.
                if read.checkpoint.as_ref().is_none_or(|known| known.seq < point.seq) {
                    read.checkpoint = Some(point);
                }
            } else {
                let epoch = Epoch(keys::number(&row.clustering));
                read.cuts.insert(epoch, Cut::read(&row.value).expect("a cut"));
            }
        }
        let above = read.checkpoint.as_ref().map_or(Seq(0), |point| point.seq);
        for row in journal {
            let (epoch, seq) = keys::parse_event(&row.clustering).expect("a key");
            if seq > above {
                read.rows.insert((epoch, seq), Stored::read(row.value).expect("a row"));
            }
        }
        (self.twist)(&mut read, self.epoch);
        let before = read.checkpoint.as_ref().map(|point| messages_of(&point.state)).unwrap_or_default();
        match adopt::adopt(&read, self.epoch) {
            Verdict::Deposed => Opened::Deposed,
            Verdict::Empty => self.opened(before, None),
            Verdict::Adopted(adopted) => self.opened(before, Some(&adopted)),
            Verdict::Damaged { last, promised } => panic!("{promised:?} was published, {last:?} is there"),
        }
    }

    fn opened(&mut self, mut messages: Vec<String>, adopted: Option<&Adopted>) -> Opened {
        self.base = messages.len();
        let rows = adopted.map(|adopted| &adopted.rows[..]).unwrap_or_default();
        let final_rows = rows.iter().filter(|(_, seq, _)| Some(*seq) <= adopted.map(|a| a.watermark)).count();
        self.base += final_rows;
        messages.extend(rows.iter().map(|(_, _, stored)| text(&stored.body)));
        let mut writes = adopted.map_or_else(
            || vec![take::birth(&self.play.id, self.epoch)],
            |adopted| take::take(&self.play.id, self.epoch, adopted),
        );
        self.repeated = Flight::new(writes.split_off(1));
        self.heads = Some(Flight::new(writes));
        let again = messages[self.base..].iter();
        let again =
            again.map(|message| Slot { message: message.clone(), flight: self.repeated.clone(), ends: true });
        self.slots = again.collect();
        self.chain = adopted.map(|adopted| adopted.chain.clone()).unwrap_or_default();
        let mut known = self.known.borrow_mut();
        // What is final may be shown without a take or a look.
        known.published = messages[..self.base].to_vec();
        known.adopted = Some(messages);
        known.tail = self.slots.len();
        Opened::Open
    }

    // -- writing --

    /// The cut of its take.
    pub fn cut(&self) -> Flight {
        self.heads.clone().expect("it has opened the session, or creates it")
    }

    /// Both parts of its take.
    pub fn take(&self) -> [Flight; 2] {
        [self.cut(), self.repeats()]
    }

    /// Its first act in a session that nobody has written: the cut and its first event.
    pub fn bear(&mut self, message: &str) -> [Flight; 2] {
        let event = self.append(message);
        [self.cut(), event]
    }

    /// The adopted rows that its take repeats.
    pub fn repeats(&self) -> Flight {
        self.repeated.clone()
    }

    /// A client sends a message: its event's write, or `None` where the event is there already.
    pub fn send(&mut self, message: &str) -> Option<Flight> {
        if self.all().iter().any(|known| known == message) {
            return None;
        }
        Some(self.append(message))
    }

    /// As [`Self::send`], without looking whether it is there.
    pub fn append(&mut self, message: &str) -> Flight {
        self.append_part(message, 0)
    }

    /// An input that makes several events, one decision.
    pub fn decide(&mut self, messages: &[&str]) -> Vec<Flight> {
        self.play.history.decided(messages);
        let after = (0..u32::try_from(messages.len()).expect("a few")).rev();
        messages.iter().zip(after).map(|(message, after)| self.append_part(message, after)).collect()
    }

    /// An event that so many of its decision follow.
    pub fn append_part(&mut self, message: &str, after: u32) -> Flight {
        if self.heads.is_none() {
            self.opened(Vec::new(), None);
        }
        let seq = Seq((self.base + self.slots.len()) as u64 + 1);
        let known = Seq(self.known.borrow().published.len() as u64);
        let stored = Stored::new(known, after, message.as_bytes());
        let flight = Flight::new(vec![take::put_event(&self.play.id, self.epoch, seq, &stored)]);
        adopt::extend(&mut self.chain, self.epoch, seq);
        self.slots.push(Slot { message: message.to_owned(), flight: flight.clone(), ends: after == 0 });
        flight
    }

    /// Its active row, at the next place of its epoch; publishing waits for it from now on.
    pub fn list(&mut self) -> Flight {
        let (place, timestamp) = self.stamps.place();
        self.list_at(place, timestamp)
    }

    /// As [`Self::list`], at any place and with any timestamp.
    pub fn list_at(&mut self, place: Place, timestamp: i64) -> Flight {
        let listing = self.play.listing(place, timestamp);
        (self.listed, self.place) = (Some(listing.clone()), place);
        listing
    }

    /// Its delete of the active row that it wrote last.
    pub fn unlist(&mut self) -> Flight {
        self.play.unlisting(self.place, self.stamps.draw())
    }

    /// A checkpoint of what it has published.
    pub fn checkpoint(&self) -> Option<Flight> {
        let published = self.known.borrow().published.len();
        (published > 0 && !self.ended).then(|| self.checkpoint_at(published))
    }

    /// A checkpoint of its first events, published or not.
    pub fn checkpoint_at(&self, count: usize) -> Flight {
        let seq = Seq(count as u64);
        let chain = self.chain.iter().map(|(epoch, last)| (*epoch, (*last).min(seq)));
        let state = self.all()[..count].join("\n").into_bytes();
        let chain = chain.collect();
        let point = Checkpoint { seq, writer: self.epoch, chain, ids: Vec::new(), state };
        Flight::new(vec![point.put(&self.play.id)])
    }

    /// The record of all its events, published or not.
    pub fn record(&self) -> Flight {
        let last = Seq(self.all().len() as u64);
        let proof = record::Proof { parts: 0, last, state: self.all().join("\n").into_bytes() };
        Flight::new(vec![proof.put(&self.play.id)])
    }

    /// The delete of the journal.
    pub fn delete(&self) -> Flight {
        let (mut deletes, heads): (Vec<Mutation>, _) = record::delete_journal(&self.play.id, Seq(1));
        deletes.push(heads);
        Flight::new(deletes)
    }

    // -- publishing --

    /// Up to where a look that begins now would let it publish.
    pub fn publishable(&self) -> Option<usize> {
        let part = |flight: Option<&Flight>, waits: bool| match flight {
            Some(flight) if waits && !flight.is_stored() => Part::Sent,
            Some(_) => Part::Stored,
            None => Part::Missing,
        };
        let repeats = !self.waits_for_repeats || self.repeated.is_stored();
        let taken = if repeats { part(self.heads.as_ref(), self.waits_for_heads) } else { Part::Sent };
        let listed = self.listed.as_ref().map_or(Part::Stored, |row| part(Some(row), self.waits_for_list));
        let published = self.known.borrow().published.len();
        let left = &self.slots[published - self.base.min(published)..];
        let is_repeat = |slot: &Slot| !self.waits_for_repeats && slot.flight.is(&self.repeated);
        let ends = |slot: &Slot| slot.ends || self.publishes_halves;
        let events = left.iter().map(|slot| (slot.flight.is_stored() || is_repeat(slot), ends(slot)));
        publishable(taken, listed, Seq(published as u64), events)
            .and_then(|upto| usize::try_from(upto.0).ok())
    }

    /// A look by a quorum of these two; what was publishable before it is published when it is clean.
    pub async fn look(&mut self, pair: Pair) {
        let upto = self.publishable();
        if self.glance(pair).await {
            self.publish(upto);
        }
    }

    /// A look that serves nothing; whether it was clean.
    pub async fn glance(&mut self, pair: Pair) -> bool {
        self.ended |= self.play.look(self.incarnation, pair).await == Look::Fenced;
        !self.ended
    }

    /// Publishes, whatever was looked for.
    pub fn publish(&mut self, upto: Option<usize>) {
        let upto = upto.filter(|_| !self.ended);
        if let Some(upto) = upto {
            self.known.borrow_mut().published = self.all()[..upto].to_vec();
        }
    }

    /// Ends its worker, as before a release.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Whether it knows of its end.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// What it has published.
    pub fn published(&self) -> Vec<String> {
        self.known.borrow().published.clone()
    }

    /// Which epoch's rows its events are.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// All events that it knows, published or not.
    pub fn all(&self) -> Vec<String> {
        let known = self.known.borrow();
        let below = known.adopted.as_deref().unwrap_or_default();
        let mut all = below[..self.base.min(below.len())].to_vec();
        all.extend(self.slots.iter().map(|slot| slot.message.clone()));
        all
    }
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

fn messages_of(state: &[u8]) -> Vec<String> {
    text(state).lines().map(str::to_owned).collect()
}
