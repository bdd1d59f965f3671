//! # Holdfast, the map
//!
//! A highly available contact-center chat server. Its one promise: *an acknowledged message is never lost, never
//! duplicated and never reordered, and no person has to do anything for a conversation to go on.*
//!
//! ## Rooms, in reading order
//!
//! | room | what it is | what it never does |
//! |---|---|---|
//! | [`words`] | the nouns all rooms share | behave |
//! | [`limits`], [`metrics`] | every bound and every metric, in one place | decide |
//! | [`center`] | what the contact center is: units, services, queues, agents, hours | read a file or the store |
//! | [`flow`] | what a service does with an interaction, step by step | IO, clock, randomness; it knows the center only |
//! | [`session`] | the conversation: `decide` and `apply` | IO, clock, randomness, async |
//! | [`agent`] | an agent's working day, as a journal of its own | as above |
//! | [`routing`] | who is offered what: the matchmaker | as above; it stores nothing |
//! | [`runtime`] | the one door to clock, chance, tasks and waiting | decide anything |
//! | [`store`] | `rows`, the port; `journal`, the protocol's rules; `codec`, bytes | know chat rules (rows), do IO (journal) |
//! | [`shard`] | one worker per shard runs the machines; the door edges go through, to whichever node owns; a node's tenure under the map | know a client's wire format |
//! | [`edge`] | HTTP, WebSocket, tokens, refusals, pages | keep anything that matters |
//! | [`node`] | a process: configuration, listeners, start and stop | know chat |
//! | [`tools`] | `load`, `check`: the proof that people run | reach inside: they use the public API |
//!
//! ## Where we went further than the design
//!
//! - The embedded store keeps a **log in front of redb** ([`store::rows::embedded`]): one write and one sync per group,
//!   and a database that is quick to open after a kill. redb alone did both, at half the rate.
//! - A **decision is adopted whole or not at all** ([`store::journal::adopt`]): a store without atomic batches can keep
//!   the first events of an input and lose the rest; what a caller was promised must not be half there.
//! - **An active row lies at a place** and a mark says where reading begins ([`store::journal::lists`]): on Cassandra a list
//!   stays fast however many sessions have ended.
//! - **A clean look comes before a row of a list is deleted** ([`store::journal::lists`]): without it the model loses a session
//!   between two readings of a new owner.
//! - **A record that was found is stored again** before the journal is deleted ([`shard`], rule 16), and the row of the
//!   active list goes last: the model lost a session whose writer died with its record on one replica.
//! - **Segments hold 1,024 events** of at most 95 KiB, so that no partition passes 100 MB whatever people send.
//! - **One look serves the whole node** ([`shard::looks`]).
//! - A node that **lost a worker gives up** its incarnation and joins anew; on the embedded store, and where a later generation
//!   has fenced it, the process ends ([`runtime::Runtime::give_up`], trace F7).
//! - A node that the store does not answer while it **answers others** gives up its life ([`shard::tenure`]), and one that lost its life
//!   to nodes out of reach **sends its clients away** ([`edge`]): nobody waits for a cut to end.
//! - Sockets are **told to resume elsewhere** before a node stops, and shards are handed over **as fast as they are read**: a
//!   rolling restart repeats nothing.
//! - An **edge** ([`shard::door::edge`]) serves customers alone: nodes tell it who owns what, and let whoever holds it do what
//!   customers do and nothing else. What only staff need is another trait of the door, which an edge does not have.
//! - Which node owns which shard is agreed in a crate of its own, `holdfast-cluster`; only [`shard::tenure`] and [`node`] know
//!   it, by a port that a test stands in for.
//!
//! Arrows point upward in this table only; `tests/tidy.rs` checks them.
//!
//! ## The promises
//!
//! P1 acked means durable · P2 total order, no gaps · P3 exactly once · P4 no ghosts · P5 one owner acks · P6 nobody
//! must act · P7 visibility holds on every path · P8 masked is masked · P9 capacity is a promise · P10 replay is
//! truth · P11 everything is bounded · P12 deploys are silent.

pub mod agent;
pub mod center;
pub mod edge;
pub mod flow;
pub mod limits;
pub mod metrics;
pub mod node;
pub mod routing;
pub mod runtime;
pub mod session;
pub mod shard;
pub mod store;
pub mod tools;
pub mod words;
