//! A whole cluster from one seed: real sessions, agents, routing, journals, workers, doors and tenures; a simulated clock,
//! network, store and log; faults, and people who ask again until they are answered. An oracle looks at every step.
//!
//! `HOLDFAST_SIM_SEED=7 cargo test --test sim one_seed` repeats a seed and prints what happened last.
//! `HOLDFAST_SIM_SEEDS=1000` runs more of them; `HOLDFAST_SIM_FROM` says where they begin.
//!
//! | room | what it is |
//! |---|---|
//! | `world` | seed, clock, order of tasks, lives of processes |
//! | `store` | a quorum store that does its worst |
//! | `log` | the agreement on the map, behind the product's own `apply` |
//! | `net` | the way between nodes |
//! | `cluster` | nodes, and what happens to them |
//! | `people` | customers, agents, followers |
//! | `oracle` | one invariant a file |
//! | `breaks` | mutations of the protocol that must be found |

mod breaks;
mod cluster;
mod gate;
mod log;
mod met;
mod net;
mod oracle;
mod people;
mod run;
mod store;
mod world;
