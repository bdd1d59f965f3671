//! Every rule broken once: the model must notice, with the shortest trace there is. One file for each family of rules.

mod births;
mod ends;
mod ids;
mod owners;
mod points;
mod reads;
mod takes;

use super::config::{Break, Journal, Kind};
use super::properties::{ALIKE, KEPT};
use crate::search::fails;

/// The model fails by one of these properties.
fn notices(name: &str, model: Journal, breaks: &[Break], by: &[&'static str]) {
    fails(name, model.breaking(breaks).with(|m| m.only = by.to_vec()), by);
}

/// As [`notices`], by a lost or divided journal.
fn loses(name: &str, model: Journal, breaks: &[Break]) {
    notices(name, model, breaks, &[KEPT, ALIKE]);
}

/// Owners and messages of these kinds.
fn kinds(owners: u8, kinds: &[Kind]) -> Journal {
    Journal::of(owners, 0).with(|m| m.kinds = kinds.to_vec())
}
