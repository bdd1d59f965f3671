//! The ownership and journal protocol as a model that is searched to its end, breadth first, so that a counterexample is the
//! shortest there is. It decides with the journal's own functions (`adopt`, `take`, `Window`, `Ids`, `stamp`), so that model
//! and product cannot drift apart. Two models: the journal, generations included, and the lists. Each rule has a switch that
//! breaks it, and a test that demands that the model then fails. Never touches a store.
//!
//! `cargo test --release --test model` searches the bounds of the protocol; a debug build searches smaller ones and says so.
//! `HOLDFAST_MODEL_TRACES=dir` writes every counterexample as text, in the form that [`search`] describes.

mod journal;
mod list;
mod search;
