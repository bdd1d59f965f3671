//! What must hold whatever a trace does (protocol section 5): acknowledged messages stay, in one order, once; a listed session
//! is found; a record tells what happened; decisions are whole; what somebody was told stays true. Pure.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use holdfast::store::journal::{Epoch, window};

use super::owner::Known;

/// All that was done in a trace that somebody can know of.
#[derive(Default)]
pub struct History {
    owners: RefCell<BTreeMap<Epoch, Rc<RefCell<Known>>>>,
    /// What readers of the store and the record showed.
    shown: RefCell<Vec<Vec<String>>>,
    /// Decisions of several events.
    decisions: RefCell<Vec<Vec<String>>>,
    /// Messages of which somebody was told that they are stored (`true`), or not there.
    told: RefCell<Vec<(String, bool)>>,
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

    /// These events are of one decision.
    pub fn decided(&self, messages: &[&str]) {
        self.decisions.borrow_mut().push(messages.iter().map(|message| (*message).to_owned()).collect());
    }

    /// A sender was told that a message is stored, or that it is not there.
    pub fn told(&self, message: &str, stored: bool) {
        self.told.borrow_mut().push((message.to_owned(), stored));
    }

    /// An owner that opens all listed sessions found this one; it must, when something of it is published.
    pub fn listed(&self, found: bool) {
        let lives = self.owners.borrow().values().any(|known| !known.borrow().published.is_empty());
        self.must("P6: a living session is not listed", found || !lives);
    }

    /// Something else that a trace looked at itself.
    pub fn must(&self, what: &str, holds: bool) {
        if !holds {
            self.harm.borrow_mut().push(what.to_owned());
        }
    }

    /// What is wrong; nothing when all is well.
    pub fn harm(&self) -> Vec<String> {
        let mut harm = self.harm.borrow().clone();
        harm.extend(self.journal());
        harm.extend(self.halves());
        harm.extend(self.broken_words());
        harm
    }

    /// P1 to P5 and P11.
    fn journal(&self) -> Vec<String> {
        let mut harm = Vec::new();
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
        let tails = owners.values().map(|known| known.borrow().tail);
        tails.filter(|tail| *tail > window::EVENTS).for_each(|tail| {
            harm.push(format!("P11: a take repeats {tail} events, the window is {}", window::EVENTS));
        });
        harm
    }

    /// Decisions of which somebody knows a part.
    fn halves(&self) -> Vec<String> {
        let owners = self.owners.borrow();
        let seen = owners.values().flat_map(|known| {
            let known = known.borrow();
            [Some(known.published.clone()), known.adopted.clone()]
        });
        let seen = seen.flatten().collect::<Vec<_>>();
        let mut harm = Vec::new();
        for decision in &*self.decisions.borrow() {
            let part = |all: &&Vec<String>| {
                let known = decision.iter().filter(|event| all.contains(event)).count();
                (1..decision.len()).contains(&known)
            };
            harm.extend(seen.iter().filter(part).map(|all| format!("half of a decision is in {all:?}")));
        }
        harm
    }

    /// What the last owner knows otherwise than somebody was told.
    fn broken_words(&self) -> Vec<String> {
        let owners = self.owners.borrow();
        let last = owners.values().next_back().map(|known| known.borrow());
        let known = |message: &String| {
            last.as_ref().is_some_and(|last| {
                let adopted = last.adopted.as_ref().is_some_and(|adopted| adopted.contains(message));
                adopted || last.published.contains(message)
            })
        };
        let told = self.told.borrow();
        let broken = told.iter().filter(|(message, stored)| known(message) != *stored);
        broken.map(|(message, stored)| format!("{message:?}: stored is {stored}, it was said")).collect()
    }
}
