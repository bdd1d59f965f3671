//! A write under way: what it writes, and the servers on which it has landed so far. Never lands by itself.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use holdfast::store::rows::Mutation;

/// A write under way; its copies are the same write.
#[derive(Clone, Debug)]
pub struct Flight {
    mutations: Rc<[Mutation]>,
    on: Rc<RefCell<BTreeSet<usize>>>,
}

impl Flight {
    /// A write that has landed nowhere.
    pub fn new(mutations: Vec<Mutation>) -> Self {
        Self { mutations: mutations.into(), on: Rc::default() }
    }

    /// What it writes.
    pub fn mutations(&self) -> &[Mutation] {
        &self.mutations
    }

    /// It is on these servers now; or so they say.
    pub fn landed(&self, on: &[usize]) {
        self.on.borrow_mut().extend(on);
    }

    /// Whether this and another are the same write.
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.on, &other.on)
    }

    /// Whether its writer has heard of a quorum.
    pub fn is_stored(&self) -> bool {
        self.mutations.is_empty() || self.on.borrow().len() >= 2
    }
}
