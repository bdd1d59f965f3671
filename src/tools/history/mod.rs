//! What a load run saw, as a file: every request with its times and its answer, every delivered event, every transcript
//! read back. `load` writes it, `check` judges it; nothing here judges.
//!
//! The file is JSON lines. The first is the header with the version; each further line is one [`Line`]. Lines of one
//! actor stand in the order in which they happened; lines of different actors stand in any order, since each actor
//! fills a buffer of its own. Times are microseconds since the run began.

mod line;
mod reader;
mod writer;

#[cfg(test)]
mod history_tests;

pub use line::{
    Actor, Answer, Digest, Event, Header, Line, Listen, Micros, Outcome, Send, Session, Side, Transcript,
    VERSION, digest,
};
pub use reader::{ReadError, read, read_file};
pub use writer::{ActorLog, HistoryWriter, memory};
