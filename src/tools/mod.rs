//! What people run to prove the server.
