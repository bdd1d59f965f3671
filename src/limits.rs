//! Every limit, in one place, with its unit.
