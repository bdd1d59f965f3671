//! The conversation, pure.
