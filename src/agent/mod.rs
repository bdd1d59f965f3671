//! An agent's working day, pure: sign-ins, states and reservations of capacity, as a journal of its own (promise P9).
//! No IO, no clock, no randomness, no async, ordered maps only.

pub mod event;
