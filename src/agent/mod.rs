//! An agent's working day, pure.
