//! Trace F8: the birth of a generation.

use super::super::config::{Break, Journal};
use super::loses;

fn born(generations: &[u8]) -> Journal {
    Journal::of(generations.len() as u8, 1).with(|m| m.generations = generations.to_vec())
}

#[test]
fn the_mark_is_raised_before_the_fences_are_stored() {
    loses("fenced_below raised before the fences", born(&[0, 1, 2]), &[Break::RaiseFirst]);
}

#[test]
fn a_generation_grants_before_the_fences_are_stored() {
    loses("grant before the fences", born(&[0, 1]), &[Break::GrantFirst]);
}

#[test]
fn a_generation_reads_before_the_fences_are_stored() {
    loses("read before the fences", born(&[0, 1]), &[Break::ReadFirst]);
}

#[test]
fn only_one_bucket_is_fenced() {
    loses("one bucket fenced", born(&[0, 0, 1]), &[Break::OneBucket]);
}

#[test]
fn only_the_generation_before_is_fenced() {
    loses("last generation fenced only", born(&[0, 1, 2]), &[Break::LastGeneration]);
}
