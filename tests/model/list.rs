//! The list model.
