//! How a new owner reads the lists: what was stored when a read began is seen, what was sent by its end may be.

use holdfast::store::journal::Epoch;
use holdfast::store::journal::lists::stamp;

use super::state::{Kind, OWNERS, State, WRITES, Write, place};
use super::{Act, Break, List};

impl List {
    /// The write timestamp, by the product's function; or by clocks, of which an older owner's is ahead.
    pub fn stamp(&self, e: u8, write: &Write) -> i64 {
        let clock = if self.has(Break::ClockStamps) { OWNERS as u8 - e } else { e };
        stamp(Epoch::new(1, u32::from(clock) + 1), u32::from(write.k))
    }

    /// Of a row that comes and goes: whether a read that begins and ends now may, or may not, find it there.
    fn one_row(&self, s: &State, put: Kind, delete: Kind) -> (bool, bool) {
        let best = |kind, stored: bool| {
            let writes = s.all(kind).filter(|(_, _, write)| write.stored || !stored);
            writes.map(|(e, _, write)| self.stamp(e, write)).max().unwrap_or(0)
        };
        (best(put, false) > best(delete, true), best(put, true) <= best(delete, false))
    }

    pub fn reading_acts(&self, s: &State, e: u8, out: &mut Vec<Act>) {
        let owner = s.of(e);
        if !owner.fenced {
            out.push(Act::Fence(e));
            return;
        }
        if owner.deposed {
            return;
        }
        if !owner.wake_read {
            let (may, may_not) = self.one_row(s, Kind::Wake, Kind::Woken);
            out.extend(may.then_some(Act::ReadWake { e, found: true }));
            out.extend(may_not.then_some(Act::ReadWake { e, found: false }));
        }
        match owner.rows_read {
            0 => {
                out.push(Act::ReadMark { e, mark: 0 });
                // Nobody waits for a mark, so none is known to be stored.
                out.extend(s.all(Kind::Mark).map(|(_, _, mark)| Act::ReadMark { e, mark: mark.to }));
            }
            1 => self.row_acts(s, e, out),
            _ => {}
        }
    }

    fn row_acts(&self, s: &State, e: u8, out: &mut Vec<Act>) {
        let owner = s.of(e);
        if !self.places {
            let newest = s.all(Kind::List).max_by_key(|(of, _, write)| self.stamp(*of, write));
            let seen = newest.map(|(of, at, _)| 1_u32 << place(of, at));
            let sure = |of: u8, at: usize| owner.sure[usize::from(of)] & (1 << at) != 0;
            let best = s
                .all(Kind::List)
                .filter(|(of, at, _)| sure(*of, *at))
                .map(|(of, _, w)| self.stamp(of, w))
                .max();
            let deleted = s.all(Kind::Unlist).map(|(of, _, write)| self.stamp(of, write)).max().unwrap_or(0);
            out.extend(seen.map(|seen| Act::ReadRows { e, seen }));
            if best.unwrap_or(0) <= deleted {
                out.push(Act::ReadRows { e, seen: 0 });
            }
            return;
        }
        let (mut must, mut may) = (0_u32, 0_u32);
        for (of, at, _) in s.all(Kind::List).filter(|(of, at, _)| place(*of, *at) >= owner.mark) {
            let deleted = s.deleted[usize::from(of)] & (1 << at) != 0;
            let sure = owner.sure[usize::from(of)] & (1 << at) != 0;
            let set = if sure && !deleted { &mut must } else { &mut may };
            *set |= 1 << place(of, at);
        }
        let mut seen = may;
        loop {
            out.push(Act::ReadRows { e, seen: seen | must });
            if seen == 0 {
                break;
            }
            seen = (seen - 1) & may;
        }
    }

    pub fn read_mark(&self, s: &mut State, e: u8, mark: u8) {
        let mut sure = [0; OWNERS];
        for (of, at, _) in s.all(Kind::List).filter(|(_, _, write)| write.stored) {
            sure[usize::from(of)] |= 1 << at;
        }
        let owner = s.owner(e);
        (owner.rows_read, owner.mark, owner.sure) = (1, mark, sure);
        owner.deposed = mark >= place(e + 1, 0);
    }

    pub fn read_rows(&self, s: &mut State, e: u8, seen: u32) {
        let own = s.of(e).known[usize::from(e)];
        let owner = s.owner(e);
        (owner.rows_read, owner.sure) = (2, [0; OWNERS]);
        owner.found_active = seen != 0;
        for of in 0..OWNERS {
            owner.known[of] |= ((seen >> (of * WRITES)) & 0xff) as u8;
        }
        owner.known[usize::from(e)] = own;
        owner.deposed = (seen >> place(e, WRITES)) != 0;
        if owner.settled > 0 {
            self.supersede(s, e);
        }
    }
}
