//! What travels between the nodes of a cluster, as bytes: calls of the door to an owner and their answers, live streams, and
//! the one-way notes of workers and matchmaker. Never sends, waits or decides.
//!
//! | file | what it says |
//! |---|---|
//! | `call`, `answer`, `why` | a question to the owner, what comes back, and why nothing does |
//! | `open`, `down` | a connection's stream from an owner: how it begins, what goes up and what comes down |
//! | `feed` | what a node tells an edge, unasked |
//! | `note` | what journals and the matchmaker tell each other; whoever needs it says it again |
//! | `parts` | the form of a message and the rows that several of them share |
//!
//! **Between releases.** A message is a version byte and chunks (`parts::frame`); its head is a CBOR map with integer keys. A
//! release passes over fields and chunks that it does not know, and answers a kind that it does not know with a typed error.
//! A number keeps its meaning for ever, so two neighbouring releases serve side by side during a rolling upgrade.
//!
//! **Bounds.** Reading makes nothing larger than what the bytes hold: no length is believed before the bytes are there.

mod answer;
mod call;
mod down;
mod feed;
mod note;
mod open;
mod parts;
#[cfg(test)]
mod tests;
mod why;

pub use answer::Answer;
pub use call::Call;
pub use down::Down;
pub use feed::{Chart, Digest, Feed, Offered};
pub use note::Note;
pub use open::{Open, Up};
pub use why::Why;
