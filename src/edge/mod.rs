//! Edges: wire formats, authentication, refusals.
