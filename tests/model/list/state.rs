//! A state of the list model. Each owner's writes stand in the order of their counter k; a write is sent or stored, and what
//! is sent may be seen by any read from then on, or never.

/// Most owners.
pub const OWNERS: usize = 4;
/// Most writes of one epoch.
pub const WRITES: usize = 8;

/// What a write is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Not made yet.
    #[default]
    Nothing,
    /// An active row.
    List,
    /// The delete of the one active row.
    Unlist,
    /// A wake-up.
    Wake,
    /// The delete of the wake-up.
    Woken,
    /// A mark: `to` is the place from which reading begins.
    Mark,
}

/// A write. Its place and its part of the timestamp is its position among its owner's writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Write {
    /// What.
    pub kind: Kind,
    /// Of a mark.
    pub to: u8,
    /// Its counter.
    pub k: u8,
    /// Known to be on a quorum.
    pub stored: bool,
}

/// What the session needs of whoever comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Need {
    /// This owner has answered nobody.
    #[default]
    Nothing,
    /// To be found on the active list.
    Awake,
    /// To be found on either list.
    Asleep,
}

/// Where the session is in its owner's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mind {
    /// Not there, or there and touched by nobody.
    #[default]
    Idle,
    /// Its row is on its way.
    Listing,
    /// It is listed in this epoch.
    Awake,
    /// Its wake-up is on its way.
    Drowsy,
}

/// An owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Owner {
    /// All older owners are fenced.
    pub fenced: bool,
    /// It found something of a later owner.
    pub deposed: bool,
    /// 0 nothing, 1 the mark, 2 the rows are read.
    pub rows_read: u8,
    /// The mark it read.
    pub mark: u8,
    /// Rows that were stored when the reading began, by epoch.
    pub sure: [u8; OWNERS],
    /// The wake-up was read.
    pub wake_read: bool,
    /// The session was on the active list.
    pub found_active: bool,
    /// Its wake-up was there.
    pub found_wake: bool,
    /// Rows that it knows and has not deleted, by epoch.
    pub known: [u8; OWNERS],
    /// Where the session is.
    pub mind: Mind,
    /// The last row that was looked at.
    pub settled: u8,
    /// A look is under way.
    pub look: bool,
    /// What it owes.
    pub need: Need,
}

impl Owner {
    /// Both lists are read.
    pub fn has_read(&self) -> bool {
        self.wake_read && self.rows_read == 2
    }
}

/// A state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// What each owner wrote.
    pub writes: [[Write; WRITES]; OWNERS],
    /// Rows whose delete is sent, by epoch.
    pub deleted: [u8; OWNERS],
    /// Owners.
    pub owners: [Owner; OWNERS],
    /// Fences that are stored.
    pub fences: u8,
    /// The record is stored.
    pub over: bool,
}

/// A place, and the name of a write: owner and position.
pub fn place(e: u8, at: usize) -> u8 {
    e * WRITES as u8 + at as u8
}

impl State {
    /// The first owner has found nothing.
    pub fn first() -> Self {
        let mut first = Self::default();
        let owner = first.owner(0);
        (owner.fenced, owner.rows_read, owner.wake_read) = (true, 2, true);
        first
    }

    /// An owner.
    pub fn owner(&mut self, e: u8) -> &mut Owner {
        &mut self.owners[usize::from(e)]
    }

    /// An owner.
    pub fn of(&self, e: u8) -> &Owner {
        &self.owners[usize::from(e)]
    }

    /// How many writes an owner has made.
    pub fn count(&self, e: u8) -> usize {
        self.writes[usize::from(e)].iter().take_while(|write| write.kind != Kind::Nothing).count()
    }

    /// All writes of a kind, with their owners and positions.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = (u8, usize, &Write)> {
        (0..).zip(&self.writes).flat_map(move |(e, writes)| {
            (0..)
                .zip(writes)
                .filter(move |(_, write)| write.kind == kind)
                .map(move |(at, write)| (e, at, write))
        })
    }
}
