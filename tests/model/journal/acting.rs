//! Rules 8 to 13: what an owner that has adopted does. Sends, stores and looks; the window and the message ids are the
//! product's own. A store is a part of the look that needs it: nothing else depends on when it ended.

use holdfast::store::journal::ids::{Ids, Known};
use holdfast::store::journal::window::Window;
use holdfast::words::Seq;

use super::Act;
use super::config::{Break, Journal, Kind};
use super::state::{NONE, Phase, Row, SEQS, SLOTS, State, cut_item, point_item};

impl Journal {
    /// Whether the owner of this epoch still acts.
    pub fn acts_still(&self, s: &State, e: u8) -> bool {
        let released = s.released & (1 << e) != 0 && !self.goes_on_after_release();
        let replaced = self.same_node.is_some_and(|(old, new)| old == e && s.of(new).fenced);
        !released && (!replaced || self.has(Break::OldIncarnation))
    }

    /// Two broken rules.
    pub fn goes_on_after_release(&self) -> bool {
        self.has(Break::ReleaseThenFinish) || self.has(Break::MovedLive)
    }

    /// Rule 1: only the owner gives a shard away, and only once.
    pub fn may_release(&self, s: &State, e: u8) -> bool {
        e + 1 < self.owners && s.granted <= e && s.released & (1 << e) == 0
    }

    /// What an open owner can do next.
    pub fn open_acts(&self, s: &State, e: u8, out: &mut Vec<Act>) {
        let owner = s.of(e);
        if owner.phase != Phase::Open || self.is_reader(e) {
            return;
        }
        if !owner.quarantined && (s.released & (1 << e) == 0 || self.has(Break::MovedLive)) {
            self.send_acts(s, e, out);
            if self.quarantine {
                out.push(Act::Quarantine(e));
            }
        }
        self.look_acts(s, e, out);
        let idle = owner.published == owner.list.len && owner.look == NONE && owner.published > 0;
        let cut = s.on.iter().filter(|on| *on & (1 << cut_item(e)) != 0).count();
        if self.reload && idle && cut != 1 {
            out.push(Act::Reload(e));
        }
        if self.has(Break::RestartInEpoch)
            && owner.past.len == 0
            && owner.list.len > owner.adopted
            && e + 1 < self.owners
        {
            out.push(Act::Restart(e));
        }
        let point = if self.has(Break::UnpublishedPoint) { owner.list.len } else { owner.published };
        let places = 1..=SLOTS as u8;
        if self.points && places.contains(&point) && s.sent & (1 << point_item(e, point)) == 0 {
            out.push(Act::Save(e));
        }
    }

    fn send_acts(&self, s: &State, e: u8, out: &mut Vec<Act>) {
        let mut fresh = [false; 3];
        for msg in 0..self.kinds.len() as u8 {
            let kind = self.kind(msg);
            let used = s.rows.iter().any(|row| row.seq > 0 && row.msg == msg);
            if !used && s.after[usize::from(msg)] == NONE {
                // Messages that nobody has seen yet are alike: one of them stands for all.
                if std::mem::replace(&mut fresh[kind as usize], true) {
                    continue;
                }
            }
            if self.has_room(s, e, kind) {
                self.afters(s, msg)
                    .into_iter()
                    .filter(|after| self.is_new(s, e, msg, *after))
                    .for_each(|after| out.push(Act::Send { e, msg, after }));
            }
        }
    }

    /// Room in the model's bounds, in the window, and before the interaction's end.
    fn has_room(&self, s: &State, e: u8, kind: Kind) -> bool {
        let owner = s.of(e);
        let own = self.own_rows(s, e);
        let events = if kind == Kind::Double { 2 } else { 1 };
        let from = if self.has(Break::AdoptedNotCounted) { owner.adopted } else { 0 };
        let waiting = owner.list.len - owner.published.max(from);
        let closed = owner.list.get().iter().any(|item| self.kind(s.row(*item).msg) == Kind::Close);
        own + events <= SLOTS
            && usize::from(owner.list.len) + events <= SEQS
            && self.window.is_none_or(|window| waiting < window)
            && !closed
    }

    fn own_rows(&self, s: &State, e: u8) -> usize {
        s.rows[usize::from(e) * SLOTS..][..SLOTS].iter().filter(|row| row.seq > 0).count()
    }

    /// What a sender may say that it knew.
    fn afters(&self, s: &State, msg: u8) -> Vec<u8> {
        if self.ids.is_none() {
            return vec![NONE];
        }
        let known = s.owners.iter().map(|owner| owner.published).max().unwrap_or(0);
        let known = if self.has(Break::StaleAccepts) { 3 } else { known };
        match s.after[usize::from(msg)] {
            NONE => (0..=known).collect(),
            first if self.has(Break::AfterRenewed) => (first..=known.max(first)).collect(),
            first => vec![first],
        }
    }

    /// Rule 9: whether an input makes an event. What is known already is answered when it is published.
    fn is_new(&self, s: &State, e: u8, msg: u8, after: u8) -> bool {
        let owner = s.of(e);
        let has = |items: &[u8]| items.iter().any(|item| s.row(*item).msg == msg);
        let Some(window) = self.ids else {
            let from = if self.has(Break::NoLookUp) { owner.adopted } else { 0 };
            return !has(&owner.list.get()[usize::from(from)..]);
        };
        if owner.list.len < after && !self.has(Break::StaleAccepts) {
            return false;
        }
        let first = owner.list.get().len().saturating_sub(usize::from(window));
        let hash = |msg: u8| u64::from(msg) + 1;
        let hashes: Vec<u64> = owner.list.get()[first..].iter().map(|item| hash(s.row(*item).msg)).collect();
        let ids = Ids::open(&hashes, Seq(u64::from(owner.list.len)));
        match ids.look_up(hash(msg), Some(Seq(u64::from(after)))) {
            Known::Perhaps(_) => false,
            Known::New => true,
            Known::Before(_) if self.has(Break::NoPaging) => true,
            Known::Before(from) => {
                let from = usize::try_from(from.0).expect("a small seq");
                let ghost = self.has(Break::PagingOffChain)
                    && s.rows.iter().any(|row| row.seq > after && row.msg == msg);
                ghost || !has(&owner.list.get()[from..first])
            }
        }
    }

    /// An event, or a decision of two, is sent.
    pub fn send(&self, s: &mut State, e: u8, msg: u8, after: u8) {
        s.after[usize::from(msg)] = after;
        let ghost = self.has(Break::PagingOffChain)
            && s.rows.iter().any(|row| row.seq > after && row.msg == msg)
            && after + 1 < s.of(e).list.len;
        if ghost {
            // It was answered as stored, for a row off the chain was found.
            s.changed = true;
            return;
        }
        let events = if self.kind(msg) == Kind::Double { 2 } else { 1 };
        for at in 0..events {
            let slot = usize::from(e) * SLOTS + self.own_rows(s, e);
            let (seq, last_final) = (s.of(e).list.len + 1, s.of(e).published);
            s.rows[slot] = Row { seq, msg, more: events - 1 - at, last_final };
            s.sent |= 1 << slot;
            s.owner(e).list.push(slot as u8);
        }
        if self.has(Break::LazyCut) {
            s.sent |= 1 << cut_item(e);
        }
    }

    // -- publishing --

    fn look_acts(&self, s: &State, e: u8, out: &mut Vec<Act>) {
        let owner = s.of(e);
        if owner.look != NONE {
            let picks =
                if self.has(Break::EarlyLook) { self.picks(s, self.needs(s, e, owner.look)) } else { 1 };
            out.extend((0..picks).map(|pick| Act::Clean { e, pick }));
        }
        let unseen = self.has(Break::NoLook) || self.has(Break::AdoptedNotLookedFor);
        if self.fenced(s, e) && !unseen {
            return;
        }
        for upto in (owner.published + 1..=owner.list.len).filter(|upto| *upto != owner.look) {
            let skips = !self.fenced(s, e) || self.has(Break::NoLook) || upto <= owner.adopted;
            if skips && self.publishable(s, e, upto) {
                let picks =
                    if self.has(Break::EarlyLook) { 1 } else { self.picks(s, self.needs(s, e, upto)) };
                out.extend((0..picks).map(|pick| Act::Look { e, upto, pick }));
            }
        }
    }

    /// Whether a look that begins now would find a fence.
    fn fenced(&self, s: &State, e: u8) -> bool {
        let new = self.same_node.filter(|(old, new)| *old == e && s.of(*new).fenced).map(|(_, new)| new);
        s.fences & (1 << new.unwrap_or(e)) != 0 || self.is_outlived(s, e)
    }

    /// Rule 11, by the product's window: with everything up to `upto` stored, and no more, would a look publish just that?
    fn publishable(&self, s: &State, e: u8, upto: u8) -> bool {
        let owner = s.of(e);
        if self.has(Break::HalfPublished) && upto > owner.adopted {
            return true;
        }
        let seq = |at: u8| Seq(u64::from(at));
        let mut window = Window::open(seq(owner.watermark), seq(owner.adopted), owner.take == 0);
        window.take_sent();
        window.list_sent();
        window.take_stored(seq(owner.adopted));
        window.list_stored();
        for item in &owner.list.get()[usize::from(owner.adopted)..] {
            window.push(1, s.row(*item).more == 0);
        }
        window.stored(seq(owner.adopted + 1), seq(upto));
        window.publish(seq(owner.published));
        window.publishable() == Some(seq(upto))
    }

    /// What must be stored before `upto` may be published.
    fn needs(&self, s: &State, e: u8, upto: u8) -> u64 {
        let owner = s.of(e);
        let own = &owner.list.items[usize::from(owner.adopted)..usize::from(upto.max(owner.adopted))];
        let cut = 1 << cut_item(e);
        let mut take = owner.take & s.sent;
        if self.has(Break::HeadsNotAwaited) {
            take &= !cut;
        }
        if self.has(Break::JournalNotAwaited) {
            take &= cut;
        }
        own.iter().fold(take, |needs, item| needs | 1 << item)
    }

    /// In how many ways all of these can come to lie on a quorum, as far as anybody could tell.
    fn picks(&self, s: &State, needs: u64) -> u32 {
        (0..u64::BITS as u8)
            .filter(|item| needs & (1 << item) != 0)
            .map(|item| self.ways(s, item).len() as u32)
            .product()
    }

    /// The sets of replicas that an item can have come to lie on.
    fn ways(&self, s: &State, item: u8) -> Vec<u8> {
        let at: u8 = (0..3_u8).filter(|r| s.on[usize::from(*r)] & (1 << item) != 0).map(|r| 1 << r).sum();
        if at.count_ones() >= 2 {
            vec![at]
        } else if s.may_tell(self, item) || self.has(Break::ReplicaForgets) {
            [0b011, 0b101, 0b110].into_iter().filter(|way| way & at == at).collect()
        } else {
            vec![0b111]
        }
    }

    /// All of these come to lie on the quorums that `pick` says.
    pub fn store(&self, s: &mut State, needs: u64, mut pick: u32) {
        for item in (0..u64::BITS as u8).filter(|item| needs & (1 << item) != 0) {
            let ways = self.ways(s, item);
            let way = ways[pick as usize % ways.len()];
            pick /= ways.len() as u32;
            for r in (0..3).filter(|r| way & (1 << r) != 0) {
                s.on[r] |= 1 << item;
            }
        }
    }

    /// How many ways, for others.
    pub fn picks_of(&self, s: &State, needs: u64) -> u32 {
        self.picks(s, needs)
    }

    /// A look begins.
    pub fn look(&self, s: &mut State, e: u8, upto: u8, pick: u32) {
        if !self.has(Break::EarlyLook) {
            self.store(s, self.needs(s, e, upto), pick);
        }
        if self.life && !self.has(Break::ListNotAwaited) {
            s.listed[0][usize::from(e)] = 2;
        }
        let shown = self.has(Break::AdoptedNotLookedFor) && upto <= s.of(e).adopted;
        let owner = s.owner(e);
        if shown || self.has(Break::NoLook) {
            owner.published = upto;
        } else {
            owner.look = upto;
        }
    }

    /// It was clean.
    pub fn clean(&self, s: &mut State, e: u8, pick: u32) {
        if self.has(Break::EarlyLook) {
            self.store(s, self.needs(s, e, s.of(e).look), pick);
        }
        let owner = s.owner(e);
        owner.published = owner.published.max(std::mem::replace(&mut owner.look, NONE));
    }

    // -- memory --

    /// Reads again. What was published stays known, to be compared.
    pub fn reload(&self, s: &mut State, e: u8) {
        if s.on.iter().all(|on| on & (1 << cut_item(e)) == 0) {
            // It was never sent: nobody needed the take.
            s.sent &= !(1 << cut_item(e));
        }
        s.owner(e).phase = Phase::Waiting;
    }

    /// A break: reads again and has forgotten what it sent.
    pub fn restart(&self, s: &mut State, e: u8) {
        let owner = s.owner(e);
        owner.past = owner.list;
        owner.past.len = owner.published;
        owner.list.len = 0;
        (owner.phase, owner.published, owner.look) = (Phase::Waiting, 0, NONE);
    }

    /// A checkpoint is sent.
    pub fn save(&self, s: &mut State, e: u8) {
        let owner = s.of(e);
        let point = if self.has(Break::UnpublishedPoint) { owner.list.len } else { owner.published };
        s.sent |= 1 << point_item(e, point);
    }
}
