//! The active list as its owner knows it: where rows lie, what may be deleted, what is listed anew, and where reading begins.

use std::collections::BTreeMap;

use super::super::lists::{Listing, Place, Stamps, mark_active, mark_wakeups, read_mark};
use super::super::{Epoch, keys};
use super::epoch;
use crate::limits;
use crate::store::rows::Mutation;
use crate::words::{JournalId, SessionId, Time};

fn id(number: u64) -> JournalId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    JournalId::Session(SessionId(id))
}

/// An owner of epoch 2 that has read its list.
struct Owner {
    stamps: Stamps,
    listing: Listing,
}

impl Owner {
    fn new(found: &[(Place, JournalId)]) -> Self {
        let mut listing = Listing::new(epoch(2));
        listing.found(Place::default(), found, true);
        Self { stamps: Stamps::new(epoch(2)), listing }
    }

    fn list(&mut self, id: &JournalId) -> Place {
        let (place, _) = self.stamps.place();
        self.listing.listed(place, id);
        place
    }

    fn end(&mut self, id: &JournalId) {
        for _ in self.listing.over(id) {
            self.stamps.draw();
        }
    }

    /// What a live owner does after each death; how many were listed anew.
    fn tend(&mut self) -> usize {
        let anew = self.listing.in_the_way(limits::LIST_ANEW);
        for id in &anew {
            let place = self.list(id);
            for _ in self.listing.superseded(id, place) {
                self.stamps.draw();
            }
        }
        anew.len()
    }
}

#[test]
fn a_row_further_up_replaces_those_below_it_and_no_other() {
    let old = Place { epoch: epoch(1), k: 7 };
    let mut owner = Owner::new(&[(old, id(1)), (Place { epoch: epoch(1), k: 9 }, id(2))]);
    let first = owner.list(&id(1));
    let second = owner.list(&id(1));
    assert_eq!(owner.listing.own(&id(1)), Some(second));
    assert_eq!(owner.listing.superseded(&id(1), first), [old], "what lies above is not known to be stored");
    assert_eq!(owner.listing.superseded(&id(1), second), [first]);
    assert_eq!(owner.listing.superseded(&id(1), second), []);
    assert_eq!(owner.listing.places(&id(2)).len(), 1, "nobody else's");
    assert_eq!(owner.listing.over(&id(1)), [second]);
    assert_eq!(owner.listing.own(&id(1)), None);
}

#[test]
fn an_earlier_owners_rows_are_listed_anew_unless_they_end_or_are_on_their_way() {
    let at = |k| Place { epoch: epoch(1), k };
    let found: Vec<_> = (1..=5).map(|n| (at(u32::try_from(n).unwrap()), id(n))).collect();
    let mut owner = Owner::new(&found);
    owner.listing.ends(&id(1));
    owner.list(&id(2));
    assert_eq!(owner.listing.in_the_way(9), [id(3), id(4), id(5)]);
    assert_eq!(owner.listing.in_the_way(2), [id(3), id(4)]);
    let mut unread = Listing::new(epoch(2));
    unread.found(Place::default(), &found, false);
    assert_eq!(unread.in_the_way(9), [], "nothing moves past rows that cannot be read");
    assert_eq!(Listing::new(epoch(2)).in_the_way(9), [], "nor before the list is read");
}

#[test]
fn own_rows_that_died_while_the_list_was_read_are_not_listed_by_it() {
    let mut owner = Owner::new(&[]);
    let place = owner.list(&id(1));
    owner.end(&id(1));
    owner.listing.found(Place::default(), &[(place, id(1))], true);
    assert_eq!(owner.listing.places(&id(1)), []);
}

#[test]
fn a_mark_never_passes_a_row_and_the_graves_above_it_stay_few() {
    let old = 200;
    let mut owner = Owner::new(&[]);
    for n in 0..old {
        owner.list(&id(n));
    }
    let (mut graves, mut mark, mut anew, mut marks) = (BTreeMap::new(), Place::default(), 0, 0);
    for n in 0..30_000 {
        let session = id(1_000_000 + n);
        let place = owner.list(&session);
        owner.end(&session);
        graves.insert(place, ());
        for id in owner.listing.in_the_way(limits::LIST_ANEW) {
            graves.insert(owner.listing.places(&id)[0], ());
            let place = owner.list(&id);
            assert_eq!(owner.listing.superseded(&id, place).len(), 1);
            anew += 1;
        }
        if let Some(next) = owner.listing.advance(owner.stamps.next()) {
            assert!(next > mark, "a mark never goes back");
            (mark, marks) = (next, marks + 1);
            graves = graves.split_off(&mark);
        }
        let bound = limits::LIST_GRAVES.max(2 * 200) + limits::LIST_MARK_EVERY + 500;
        assert!(graves.len() <= bound, "{} graves after {n} ends", graves.len());
    }
    for n in 0..old {
        assert!(owner.listing.places(&id(n))[0] >= mark, "everybody is listed above the mark");
    }
    assert!((3..=80).contains(&marks), "{marks} marks");
    assert!(anew < 30_000 / 10, "{anew} rows were listed anew");
}

#[test]
fn many_who_live_long_cost_less_than_a_row_for_each_end() {
    let mut owner = Owner::new(&[]);
    for n in 0..2_500 {
        owner.list(&id(n));
    }
    let mut anew = 0;
    for n in 0..15_000 {
        let session = id(1_000_000 + n);
        owner.list(&session);
        owner.end(&session);
        anew += owner.tend();
        let _ = owner.listing.advance(owner.stamps.next());
    }
    assert!(anew > 0 && anew <= 15_000, "{anew} rows were listed anew");
}

#[test]
fn marks_come_back_as_they_were() {
    let place = Place { epoch: Epoch::new(7, 9), k: 70_000 };
    let Mutation::Put { value, clustering, .. } = mark_active(3, place, 5) else { panic!("a put") };
    assert!(clustering.is_empty(), "in front of all rows");
    assert_eq!(keys::parse_place(&read_mark(&value).unwrap()).unwrap(), place);
    let Mutation::Put { value, .. } = mark_wakeups(3, Time(1 << 40), 5) else { panic!("a put") };
    assert_eq!(keys::due_of(&read_mark(&value).unwrap()), Time(1 << 40));
    assert!(read_mark(&[1, 0xa0]).is_err() && read_mark(&[2]).is_err() && read_mark(&[]).is_err());
    let key = keys::active(place, &id(5));
    assert_eq!(keys::parse_active(&key).unwrap(), (place, id(5)));
    assert!(key > keys::place(place) && key < keys::place(Place { k: place.k + 1, ..place }));
    assert!(keys::parse_active(&key[..11]).is_err());
}
