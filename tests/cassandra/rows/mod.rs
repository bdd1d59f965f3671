//! What the rows adapter does beyond the contract, on a real cluster: outages of the connection, and ranges that the server
//! refuses to read.

mod outage;
mod refused;
mod wire;
