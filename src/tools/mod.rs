//! `load`, `check` and `corpus`: the proof that people run. They use the public API as any client does and never reach
//! inside the server.

pub mod check;
mod clock;
pub mod corpus;
pub mod history;
pub mod load;
