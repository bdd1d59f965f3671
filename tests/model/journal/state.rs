//! A state of the journal model: small, and hashed so that names of replicas and messages do not matter.
//!
//! Everything that a replica can hold is an *item* with a bit of its own: 16 rows, 4 cuts, 16 checkpoints, the tombstones of
//! two segments and of the heads. `sent` says what exists, `on` what has landed where. A row lands only when somebody reads
//! that replica or waits for its quorum: nothing else can tell. What is on a quorum is soon on all, unless a read is half done.

use std::hash::{Hash, Hasher};

use super::config::{Break, Journal, Kind, Order};

/// Most owners.
pub const OWNERS: usize = 4;
/// Most rows of one epoch.
pub const SLOTS: usize = 4;
/// Most events of a journal.
pub const SEQS: usize = 6;
/// Most messages.
pub const MESSAGES: usize = 5;
/// Nothing.
pub const NONE: u8 = 0xff;

const CUT: u8 = 16;
const POINT: u8 = 20;
const TOMB: u8 = 36;
/// The tombstones: two segments, heads.
pub const TOMBS: u64 = 0b111 << TOMB;
const JOURNAL: u64 = 0xffff | 0b11 << TOMB;
const HEADS: u64 = 0xf_ffff << CUT | 0b100 << TOMB;

/// The item of a cut.
pub const fn cut_item(e: u8) -> u8 {
    CUT + e
}

/// The item of a checkpoint.
pub const fn point_item(e: u8, seq: u8) -> u8 {
    POINT + e * SLOTS as u8 + seq - 1
}

/// The item of a tombstone: segment 0, segment 1, heads.
pub const fn tomb_item(part: u8) -> u8 {
    TOMB + part
}

/// The segment in which a seq lies: segments of two events.
pub const fn segment(seq: u8) -> u8 {
    if seq <= 2 { 0 } else { 1 }
}

/// One row. Its epoch is its item / 4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Row {
    /// Its place; 0 for a slot that is free.
    pub seq: u8,
    /// Which message.
    pub msg: u8,
    /// Rows of its decision that follow.
    pub more: u8,
    /// What its writer had published.
    pub last_final: u8,
}

/// A cut's content: per epoch the last seq, 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CutRow {
    /// Per epoch its last seq.
    pub chain: [u8; OWNERS],
    /// What its writer knew to be final.
    pub watermark: u8,
}

/// A list of rows, by item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct List {
    /// The items.
    pub items: [u8; SEQS],
    /// How many.
    pub len: u8,
}

impl List {
    /// The items.
    pub fn get(&self) -> &[u8] {
        &self.items[..usize::from(self.len)]
    }

    /// Appends.
    pub fn push(&mut self, item: u8) {
        self.items[usize::from(self.len)] = item;
        self.len += 1;
    }
}

/// What an owner does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It reads or has not begun.
    #[default]
    Waiting,
    /// It has adopted.
    Open,
    /// It found the record.
    Over,
    /// It found that it is deposed, or that the store has forgotten.
    Ended,
}

/// The owner of one epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Owner {
    /// What it does.
    pub phase: Phase,
    /// Its fences are stored.
    pub fenced: bool,
    /// Moments of reading that are over: two for each table.
    pub step: u8,
    /// The replica of the first moment.
    pub first: u8,
    /// What it has seen.
    pub seen: u64,
    /// The record was looked for before the journal and was not there.
    pub missed: bool,
    /// Adopted and own rows.
    pub list: List,
    /// How many of them are adopted.
    pub adopted: u8,
    /// Adopted rows at or below are final.
    pub watermark: u8,
    /// What the take must store: the cut and the repeated rows, as items.
    pub take: u64,
    /// Up to where it has published.
    pub published: u8,
    /// Up to where the look that is under way would publish.
    pub look: u8,
    /// No more sends.
    pub quarantined: bool,
    /// What an earlier life in this epoch had published.
    pub past: List,
}

impl Owner {
    /// It acts no more; what it has published stays.
    pub fn end(&mut self) {
        (self.phase, self.seen, self.step, self.look) = (Phase::Ended, 0, 0, NONE);
    }
}

/// The births of generations (trace F8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Births {
    /// The last number that was taken.
    pub taken: u8,
    /// Per generation, the `fenced_below` that it read.
    pub base: [u8; OWNERS],
    /// Generations that have stored their fences.
    pub fenced: u8,
    /// Generations that have raised `fenced_below`, or lost it to a later one.
    pub raised: u8,
    /// `fenced_below` of the cluster's row.
    pub below: u8,
    /// Per generation, the buckets in which its row 0 is stored.
    pub zero: [u8; OWNERS],
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Rows, four to an epoch.
    pub rows: [Row; OWNERS * SLOTS],
    /// Cuts.
    pub cuts: [CutRow; OWNERS],
    /// Items that exist.
    pub sent: u64,
    /// Items on each replica.
    pub on: [u64; 3],
    /// Owners.
    pub owners: [Owner; OWNERS],
    /// Fences that are stored, by epoch.
    pub fences: u8,
    /// Births of generations.
    pub births: Births,
    /// Epochs that were released.
    pub released: u8,
    /// The highest epoch that was granted for certain.
    pub granted: u8,
    /// Per message, what its sender knew at first.
    pub after: [u8; MESSAGES],
    /// Per message, its kind.
    pub kinds: [u8; MESSAGES],
    /// Active rows by epoch: 0 not sent, 1 sent, 2 stored; and their deletes.
    pub listed: [[u8; OWNERS]; 2],
    /// The record: 0 not sent, 1 sent, 2 stored.
    pub record: u8,
    /// Who has written it.
    pub writers: u8,
    /// A replica has forgotten.
    pub forgot: bool,
    /// Tombstones are purged.
    pub purged: bool,
    /// A journal was found damaged.
    pub damaged: bool,
    /// An owner that loaded again found something else.
    pub changed: bool,
}

impl State {
    /// An owner.
    pub fn owner(&mut self, e: u8) -> &mut Owner {
        &mut self.owners[usize::from(e)]
    }

    /// An owner.
    pub fn of(&self, e: u8) -> &Owner {
        &self.owners[usize::from(e)]
    }

    /// A row by its item.
    pub fn row(&self, item: u8) -> &Row {
        &self.rows[usize::from(item)]
    }

    /// Whether an owner reads or has not begun.
    pub fn waits(&self, e: u8) -> bool {
        self.of(e).phase == Phase::Waiting
    }

    /// Items on at least two replicas.
    pub fn quorum(&self) -> u64 {
        let [a, b, c] = self.on;
        a & b | a & c | b & c
    }

    /// What of a list was published.
    pub fn published(&self, e: u8) -> &[u8] {
        let owner = self.of(e);
        &owner.list.items[..usize::from(owner.published)]
    }

    /// What lies on a quorum lies on all, where no read is half done that could still tell.
    pub fn settle(&mut self, config: &Journal) {
        let done = |e: u8| !self.waits(e) && !config.reload && !config.has(Break::RestartInEpoch);
        if (0..config.owners).all(done) {
            // Nobody reads any more.
            self.on = [self.sent; 3];
            return;
        }
        let quorum = self.quorum();
        let half = [0, 1].map(|table| self.half_read(config, table));
        for (table, half) in [HEADS, JOURNAL].into_iter().zip(half) {
            if !half {
                self.on.iter_mut().for_each(|on| *on |= quorum & table);
            }
        }
    }

    fn half_read(&self, config: &Journal, table: usize) -> bool {
        let owners = &self.owners[..usize::from(config.owners)];
        let step = 2 * usize::from((config.order == Order::JournalFirst) ^ (table == 1)) + 1;
        owners.iter().any(|owner| owner.phase == Phase::Waiting && usize::from(owner.step) == step)
    }

    /// Whether a read of the item's table is half done.
    pub fn may_tell(&self, config: &Journal, item: u8) -> bool {
        self.half_read(config, usize::from(JOURNAL & (1 << item) != 0))
    }

    fn columns(&self) -> [(u64, u8); 3] {
        let firsts = |r: u8| (0..).zip(&self.owners).filter(move |(_, owner)| owner.first == r);
        let mut columns =
            [0, 1, 2].map(|r: u8| (self.on[usize::from(r)], firsts(r).map(|(e, _)| 1 << e).sum()));
        columns.sort_unstable();
        columns
    }

    /// Messages of a kind in the order in which they first occur; then those that were sent and came to nothing.
    fn names(&self) -> [u8; MESSAGES] {
        let mut names = [NONE; MESSAGES];
        let mut next = [0; 3];
        let written = self.rows.iter().filter(|row| row.seq > 0).map(|row| usize::from(row.msg));
        for msg in written {
            if names[msg] == NONE {
                let kind = usize::from(self.kinds[msg]);
                names[msg] = self.kinds[msg] * 8 + next[kind];
                next[kind] += 1;
            }
        }
        names
    }
}

/// The items of a table: 0 heads, 1 journal.
pub fn items(table: usize) -> u64 {
    [HEADS, JOURNAL][table]
}

impl Hash for State {
    fn hash<H: Hasher>(&self, to: &mut H) {
        self.columns().hash(to);
        let names = self.names();
        for row in &self.rows {
            let name = if row.seq > 0 { names[usize::from(row.msg)] } else { 0 };
            to.write_u32(u32::from_be_bytes([row.seq, name, row.more, row.last_final]));
        }
        for owner in &self.owners {
            Owner { first: 0, ..*owner }.hash(to);
        }
        let mut after = [0, 1, 2, 3, 4].map(|msg: usize| (names[msg], self.after[msg]));
        after.sort_unstable();
        (self.cuts, self.sent, after, self.listed).hash(to);
        (self.fences, self.released, self.granted, self.record, self.writers).hash(to);
        self.births.hash(to);
        (self.forgot, self.purged, self.damaged, self.changed).hash(to);
    }
}

impl Journal {
    /// The first owner has found nothing.
    pub fn first(&self) -> State {
        let mut first = State {
            rows: [Row::default(); OWNERS * SLOTS],
            cuts: [CutRow::default(); OWNERS],
            sent: 0,
            on: [0; 3],
            owners: [Owner { look: NONE, first: NONE, ..Owner::default() }; OWNERS],
            fences: 0,
            births: Births::default(),
            released: 0,
            granted: 0,
            after: [NONE; MESSAGES],
            kinds: [0; MESSAGES],
            listed: [[0; OWNERS]; 2],
            record: 0,
            writers: 0,
            forgot: false,
            purged: false,
            damaged: false,
            changed: false,
        };
        for (place, kind) in first.kinds.iter_mut().zip(&self.kinds) {
            *place = *kind as u8;
        }
        first.owner(0).fenced = true;
        for e in 1..self.owners {
            first.owner(e).fenced = self.has(Break::NoFence) || self.is_reader(e);
        }
        self.empty(&mut first, 0);
        first
    }

    /// What a message is.
    pub fn kind(&self, msg: u8) -> Kind {
        self.kinds[usize::from(msg)]
    }
}
