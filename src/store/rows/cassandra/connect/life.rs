//! The life of the connection.
