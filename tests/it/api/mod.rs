//! The API as its clients use it: delivery, and what staff do. Never its refusals: those are in `bad`.

mod cluster;
mod live;
mod staff;
