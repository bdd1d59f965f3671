//! Rules 6, 7 and 14, by the product's own functions: the small state becomes a real `Read`, `adopt` judges it, and `take`
//! says what must be written. Never decides anything itself, except where a rule is broken on purpose.

use holdfast::store::journal::adopt::{Adopted, Read, Verdict, adopt, epoch_of};
use holdfast::store::journal::checkpoint::Checkpoint;
use holdfast::store::journal::cut::{Chain, Cut};
use holdfast::store::journal::row::Stored;
use holdfast::store::journal::take::{birth, take};
use holdfast::store::journal::window::Window;
use holdfast::store::journal::{Epoch, keys};
use holdfast::store::rows::{Mutation, Table};
use holdfast::words::{JournalId, Seq, SessionId};

use super::config::{Break, Journal};
use super::state::{
    CutRow, List, NONE, OWNERS, Phase, SEQS, SLOTS, State, cut_item, point_item, segment, tomb_item,
};

const ID: JournalId = JournalId::Session(SessionId([7; 16]));

/// The epoch of an owner.
pub fn epoch(e: u8) -> Epoch {
    Epoch::new(1, u32::from(e) + 1)
}

fn owner_of(epoch: Epoch) -> u8 {
    u8::try_from(epoch.counter() - 1).expect("an owner's epoch")
}

fn small(seq: Seq) -> u8 {
    u8::try_from(seq.0).expect("a small seq")
}

fn chain(of: &CutRow) -> Chain {
    let parts = (0..).zip(of.chain).filter(|(_, last)| *last > 0);
    parts.map(|(e, last)| (epoch(e), Seq(u64::from(last)))).collect()
}

impl Journal {
    /// Nothing is there: the session is born when something is sent.
    pub fn empty(&self, s: &mut State, e: u8) {
        self.open(s, e, List::default(), (0, false));
        s.owner(e).take = self.written(s, e, &[birth(&ID, epoch(e))]);
    }

    /// The reads have ended.
    pub fn adopt_now(&self, s: &mut State, e: u8) {
        let seen = s.of(e).seen;
        let read = self.gather(s, e);
        if self.has(Break::NoCut) {
            let list = highest_of_each(s, seen);
            self.open(s, e, list, (0, false));
            s.owner(e).take = list.get().iter().map(|item| 1 << item).sum();
            return;
        }
        let mine = if self.is_reader(e) { Epoch::new(9, 0) } else { epoch(e) };
        match adopt(&read, mine) {
            Verdict::Deposed => s.owner(e).end(),
            Verdict::Damaged { .. } => {
                // Who reads the store without having fenced may meet a journal that grows: it reads again.
                s.damaged |= !self.is_reader(e);
                s.owner(e).end();
            }
            Verdict::Empty => self.empty(s, e),
            Verdict::Adopted(adopted) => self.take_up(s, e, &adopted),
        }
    }

    fn take_up(&self, s: &mut State, e: u8, adopted: &Adopted) {
        let mut list = List::default();
        for seq in 1..=small(adopted.last) {
            let of = epoch_of(&adopted.chain, Seq(u64::from(seq))).expect("the chain covers the prefix");
            list.push(item(s, owner_of(of), seq, s.of(e).seen));
        }
        self.open(s, e, list, (small(adopted.watermark), adopted.taken));
        if self.is_reader(e) {
            let all = self.has(Break::ReaderShowsAll);
            s.owner(e).published = if all { list.len } else { small(adopted.watermark) };
        } else if !adopted.taken {
            s.owner(e).take = self.written(s, e, &take(&ID, epoch(e), adopted));
        }
    }

    fn open(&self, s: &mut State, e: u8, list: List, (watermark, taken): (u8, bool)) {
        let (from, last) = (Seq(u64::from(watermark)), Seq(u64::from(list.len)));
        let published = small(Window::open(from, last, taken).published());
        if self.life && !taken {
            s.listed[0][usize::from(e)] = s.listed[0][usize::from(e)].max(1);
        }
        let before = s.of(e).list.items;
        let known = usize::from(s.of(e).published);
        s.changed |= known > usize::from(list.len) || before[..known] != list.items[..known];
        let owner = s.owner(e);
        owner.phase = Phase::Open;
        (owner.seen, owner.step, owner.first, owner.look) = (0, 0, NONE, NONE);
        (owner.list, owner.adopted, owner.watermark) = (list, list.len, watermark);
        (owner.published, owner.take, owner.missed) = (published, 0, false);
    }

    /// The items of a take, which is sent now; notes the cut as it was written.
    fn written(&self, s: &mut State, e: u8, mutations: &[Mutation]) -> u64 {
        let mut items = 0;
        for mutation in mutations {
            let Mutation::Put { table, clustering, value, .. } = mutation else { continue };
            if *table == Table::Heads {
                let cut = Cut::read(value).expect("a cut that was just written");
                let place = &mut s.cuts[usize::from(e)];
                place.watermark = small(cut.watermark);
                place.chain = [0; OWNERS];
                for (of, last) in cut.chain {
                    place.chain[usize::from(owner_of(of))] = small(last);
                }
                items |= 1 << cut_item(e);
            } else if self.rewrite {
                let (of, seq) = keys::parse_event(clustering).expect("an event's key");
                items |= 1 << item(s, owner_of(of), small(seq), u64::MAX);
            }
        }
        if !self.has(Break::LazyCut) || e == 0 {
            s.sent |= items;
        }
        items
    }

    /// What was seen, as the product's reading gives it.
    fn gather(&self, s: &State, e: u8) -> Read {
        let mut read = Read::default();
        let seen = s.of(e).seen;
        let has = |item: u8| seen & (1 << item) != 0;
        let heads = !has(tomb_item(2));
        for of in (0..self.owners).filter(|of| heads && has(cut_item(*of))) {
            let cut = &s.cuts[usize::from(of)];
            let watermark = Seq(u64::from(self.known_final(cut.watermark)));
            read.cuts.insert(epoch(of), Cut { chain: chain(cut), watermark });
        }
        read.checkpoint = if heads && self.points { self.point(s, e) } else { None };
        let from = read.checkpoint.as_ref().map(|point| {
            (epoch_of(&point.chain, point.seq).expect("a checkpoint's chain covers it"), point.seq.next())
        });
        for (item, row) in (0..).zip(&s.rows).filter(|(item, row)| has(*item) && row.seq > 0) {
            let key = (epoch(item / SLOTS as u8), Seq(u64::from(row.seq)));
            if has(tomb_item(segment(row.seq))) || from.is_some_and(|from| key < from) {
                continue;
            }
            let more = if self.has(Break::TornAdopted) { 0 } else { u32::from(row.more) };
            let last_final = Seq(u64::from(self.known_final(row.last_final)));
            let stored = Stored::new(last_final, more, &[row.msg]);
            // Two contents of one key, which no rule allows: the larger value wins.
            let place = read.rows.entry(key).or_insert_with(|| stored.clone());
            if place.value < stored.value {
                *place = stored;
            }
        }
        read
    }

    fn known_final(&self, last_final: u8) -> u8 {
        if self.has(Break::TornDroppedAnywhere) { 0 } else { last_final }
    }

    /// The checkpoint that wins among those that were seen.
    fn point(&self, s: &State, e: u8) -> Option<Checkpoint> {
        let all = (1..=SLOTS as u8).flat_map(|seq| (0..self.owners).map(move |of| (seq, of)));
        let (seq, of) = all.filter(|(seq, of)| s.of(e).seen & (1 << point_item(*of, *seq)) != 0).max()?;
        let mut chain = CutRow::default();
        for item in &s.of(of).list.items[..usize::from(seq)] {
            chain.chain[usize::from(item / SLOTS as u8)] = s.row(*item).seq;
        }
        let mine = self.has(Break::NewerPointUsed);
        let writer = epoch(if mine { of.min(e) } else { of });
        let chain = self::chain(&chain);
        Some(Checkpoint { seq: Seq(u64::from(seq)), writer, chain, ids: Vec::new(), state: Vec::new() })
    }
}

/// The item at a key; of two the one that wins.
fn item(s: &State, of: u8, seq: u8, seen: u64) -> u8 {
    let slots = (of * SLOTS as u8..).take(SLOTS).filter(|item| s.row(*item).seq == seq);
    slots.max_by_key(|item| (seen & (1 << item) != 0, s.row(*item).msg)).expect("a key that was read exists")
}

/// A broken rule 6.
fn highest_of_each(s: &State, seen: u64) -> List {
    let mut list = List::default();
    for seq in 1..=SEQS as u8 {
        let rows = (0..).zip(&s.rows).filter(|(item, row)| seen & (1 << item) != 0 && row.seq == seq);
        match rows.map(|(item, _)| item).max() {
            Some(item) => list.push(item),
            None => break,
        }
    }
    list
}
