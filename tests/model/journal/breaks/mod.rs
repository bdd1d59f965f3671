//! Every rule broken once: the model must notice, with the shortest trace there is. One file for each family of rules.

mod store;

use super::config::{Break, Journal};
use super::properties::{ALIKE, KEPT};
use crate::search::fails;

/// The model fails by one of these properties.
fn noticed(name: &str, model: Journal, by: &[&str]) {
    fails(name, model, by);
}

/// As [`noticed`], by a lost or divided journal.
fn loses(name: &str, model: Journal, breaks: &[Break]) {
    noticed(name, model.breaking(breaks), &[KEPT, ALIKE]);
}
