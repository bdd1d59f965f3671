//! The session, driven by scripts and by chance.
