//! What the contact center is.
