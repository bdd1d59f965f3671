//! What tests through the front door share: nodes, customers, agents, sockets, and waiting. Never asserts for a test what
//! the test is about.

pub mod agent;
pub mod customer;
pub mod http;
pub mod node;
pub mod socket;
pub mod wait;

pub use agent::Agent;
pub use customer::Customer;
pub use node::Node;
pub use socket::Socket;
