//! The generations model.
