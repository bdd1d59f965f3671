//! What must hold whatever a trace does (protocol section 5): acknowledged messages stay, in one order, once; a listed session
//! is found; a record tells what happened. Pure.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use holdfast::store::journal::Epoch;

use super::owner::Known;

/// All that was done in a trace that somebody can know of.
#[derive(Default)]
pub struct History {
    owners: RefCell<BTreeMap<Epoch, Rc<RefCell<Known>>>>,
    /// What readers of the store and the record showed.
    shown: RefCell<Vec<Vec<String>>>,
    /// Harm that a trace saw by itself.
    harm: RefCell<Vec<String>>,
}

impl History {
    /// Where an owner's deeds are written down.
    pub fn owner(&self, epoch: Epoch) -> Rc<RefCell<Known>> {
        self.owners.borrow_mut().entry(epoch).or_default().clone()
    }

    /// Leaves an owner out.
    pub fn forget(&self, epoch: Epoch) {
        self.owners.borrow_mut().remove(&epoch);
    }

    /// Somebody was shown this as the session.
    pub fn shown(&self, messages: Vec<String>) {
        self.shown.borrow_mut().push(messages);
    }

    /// An owner that opens all listed sessions found this one; it must, when something of it is published.
    pub fn listed(&self, found: bool) {
        if !found && self.owners.borrow().values().any(|known| !known.borrow().published.is_empty()) {
            self.harm.borrow_mut().push("P6: a living session is not listed".to_owned());
        }
    }

    /// What is wrong; nothing when all is well.
    pub fn harm(&self) -> Vec<String> {
        let mut harm = self.harm.borrow().clone();
        let owners = self.owners.borrow();
        let published = owners.values().map(|known| known.borrow().published.clone()).collect::<Vec<_>>();
        for (at, older) in published.iter().enumerate() {
            let newer = owners.values().skip(at + 1).filter_map(|known| known.borrow().adopted.clone());
            newer.filter(|adopted| !adopted.starts_with(older)).for_each(|adopted| {
                harm.push(format!("P1, P5: {older:?} was published, a later owner found {adopted:?}"));
            });
        }
        let shown = published.iter().chain(&*self.shown.borrow()).cloned().collect::<Vec<_>>();
        for (at, one) in shown.iter().enumerate() {
            let apart = |other: &&Vec<String>| !other.starts_with(one) && !one.starts_with(other);
            shown[at + 1..].iter().filter(apart).for_each(|other| {
                harm.push(format!("P2, P4: {one:?} and {other:?} were shown"));
            });
        }
        let adopted = owners.values().filter_map(|known| known.borrow().adopted.clone());
        let twice = |all: &Vec<String>| (1..all.len()).any(|at| all[..at].contains(&all[at]));
        shown.iter().cloned().chain(adopted).filter(twice).for_each(|all| {
            harm.push(format!("P3: {all:?} holds a message twice"));
        });
        harm
    }
}
