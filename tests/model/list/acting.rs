//! What an owner does with the session: lists it, answers, lets it sleep, wakes it, ends it, and moves the mark.

use super::state::{Kind, Mind, Need, OWNERS, State, WRITES, Write, place};
use super::{Act, Break, List};

impl List {
    pub fn acting_acts(&self, s: &State, e: u8, out: &mut Vec<Act>) {
        let owner = s.of(e);
        if owner.deposed {
            return;
        }
        let clean = s.fences & (1 << e) == 0;
        let room = s.count(e) < self.writes;
        if owner.look {
            out.push(Act::Clean { e, ack: true });
            if owner.mind != Mind::Drowsy {
                out.push(Act::Clean { e, ack: false });
            }
        } else if clean && owner.mind != Mind::Idle {
            out.push(Act::Look(e));
        }
        if matches!(owner.mind, Mind::Idle | Mind::Awake) && room && !owner.look {
            out.push(Act::List(e));
        }
        if self.has(Break::RelyOnFormer) && owner.mind == Mind::Idle && owner.found_active {
            out.push(Act::Rely(e));
        }
        if self.has(Break::DeleteWithoutLook)
            && matches!(owner.mind, Mind::Listing | Mind::Drowsy)
            && !owner.look
        {
            out.push(Act::Clean { e, ack: false });
        }
        if owner.mind == Mind::Awake && !owner.look {
            out.extend(room.then_some(Act::Drowsy(e)));
            let knows = owner.found_wake || s.all(Kind::Wake).any(|(of, _, _)| of == e);
            out.extend((room && knows).then_some(Act::Forget(e)));
            out.extend((owner.need == Need::Awake).then_some(Act::Close(e)));
        }
        if owner.mind == Mind::Drowsy && !owner.look {
            out.push(Act::Cancel(e));
        }
        let read = owner.rows_read == 2 || self.has(Break::MarkUnread);
        if self.places && room && read && self.mark(s, e) > owner.mark {
            out.push(Act::Mark(e));
        }
    }

    /// Up to where a mark may go: to the lowest row that is known and not dead, or to the next place.
    fn mark(&self, s: &State, e: u8) -> u8 {
        let owner = s.of(e);
        let known = (0..OWNERS as u8).flat_map(|of| (0..WRITES).map(move |at| (of, at)));
        let alive = known.filter(|(of, at)| owner.known[usize::from(*of)] & (1 << at) != 0);
        let passes =
            |of: u8| if of == e { self.has(Break::MarkPassesOwn) } else { self.has(Break::MarkPassesFound) };
        let lowest = alive.filter(|(of, _)| !passes(*of)).map(|(of, at)| place(of, at)).min();
        lowest.unwrap_or(place(e, s.count(e) + 1))
    }

    fn write(&self, s: &mut State, e: u8, kind: Kind, to: u8) {
        let at = s.count(e);
        let writes = &mut s.writes[usize::from(e)];
        let per_session = self.has(Break::CounterPerSession);
        // Counted from the last unloading, which is behind the last delete.
        let from =
            (0..at).rev().find(|at| per_session && writes[*at].kind == Kind::Unlist).map_or(0, |at| at + 1);
        writes[at] = Write { kind, to, k: (at - from) as u8 + 1, stored: false };
    }

    pub fn act(&self, s: &mut State, act: Act) {
        match act {
            Act::List(e) => {
                let at = s.count(e);
                self.write(s, e, Kind::List, 0);
                let owner = s.owner(e);
                owner.mind = Mind::Listing;
                owner.known[usize::from(e)] |= 1 << at;
            }
            Act::Rely(e) => s.owner(e).mind = Mind::Awake,
            Act::Look(e) => self.look(s, e),
            Act::Clean { e, ack } => self.clean(s, e, ack),
            Act::Drowsy(e) => {
                self.write(s, e, Kind::Wake, 0);
                let owner = s.owner(e);
                owner.mind = Mind::Drowsy;
                if owner.need == Need::Awake {
                    owner.need = Need::Asleep;
                }
                if self.has(Break::LastDeleteEarly) {
                    owner.need = Need::Awake;
                    self.unlist(s, e);
                }
            }
            Act::Cancel(e) => s.owner(e).mind = Mind::Awake,
            Act::Forget(e) => self.write(s, e, Kind::Woken, 0),
            Act::Close(e) => {
                s.over = true;
                self.unlist(s, e);
            }
            Act::Mark(e) => {
                let to = self.mark(s, e);
                self.write(s, e, Kind::Mark, to);
                s.owner(e).mark = to;
            }
            Act::Fence(_) | Act::ReadMark { .. } | Act::ReadRows { .. } | Act::ReadWake { .. } => {}
        }
    }

    /// What the look is for is stored before it begins.
    fn look(&self, s: &mut State, e: u8) {
        let kind = match s.of(e).mind {
            Mind::Listing if !self.has(Break::AckBeforeRow) => Kind::List,
            Mind::Drowsy => Kind::Wake,
            _ => Kind::Nothing,
        };
        let writes = &mut s.writes[usize::from(e)];
        if kind != Kind::Nothing
            && let Some(last) = writes.iter_mut().rfind(|write| write.kind == kind)
        {
            last.stored = true;
        }
        s.owner(e).look = true;
    }

    fn clean(&self, s: &mut State, e: u8, ack: bool) {
        let looked = std::mem::replace(&mut s.owner(e).look, false);
        if !looked {
            // A break: what is in flight is stored, and that is enough.
            self.look(s, e);
            s.owner(e).look = false;
        }
        match s.of(e).mind {
            Mind::Drowsy => {
                let owner = s.owner(e);
                owner.mind = Mind::Idle;
                if looked && !self.has(Break::LastDeleteEarly) {
                    // Whoever owns it says that it may sleep.
                    owner.need = Need::Asleep;
                }
                self.unlist(s, e);
            }
            _ => {
                let owner = s.owner(e);
                if owner.mind == Mind::Listing {
                    let own = owner.known[usize::from(e)];
                    owner.settled = 8 - own.leading_zeros() as u8;
                }
                owner.mind = Mind::Awake;
                if ack && looked {
                    owner.need = Need::Awake;
                }
                self.supersede(s, e);
            }
        }
    }

    /// All rows of the session that this owner knows are deleted.
    fn unlist(&self, s: &mut State, e: u8) {
        if !self.places {
            if s.count(e) < WRITES {
                self.write(s, e, Kind::Unlist, 0);
            }
            s.owner(e).known = [0; OWNERS];
            return;
        }
        for of in 0..OWNERS {
            s.deleted[of] |= s.of(e).known[of];
        }
        s.owner(e).known = [0; OWNERS];
        s.owner(e).settled = 0;
    }

    /// Rows below the one that was looked at are deleted.
    pub fn supersede(&self, s: &mut State, e: u8) {
        let settled = s.of(e).settled;
        if !self.places || settled == 0 {
            return;
        }
        let own = 1_u8 << (settled - 1);
        for of in 0..=usize::from(e) {
            let old = s.of(e).known[of] & if of == usize::from(e) { own - 1 } else { 0xff };
            s.deleted[of] |= old;
            s.owner(e).known[of] &= !old;
        }
    }
}
