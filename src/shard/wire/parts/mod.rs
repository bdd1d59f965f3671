//! What the messages between nodes are put together from: the outer form, and the rows and numbers that several messages
//! share. A field's number, once used, keeps its meaning for ever. Never decides anything.

pub mod agent;
pub mod ask;
pub mod bodies;
pub mod codes;
pub mod content;
pub mod frame;
pub mod kept;
pub mod refusal;
pub mod who;
