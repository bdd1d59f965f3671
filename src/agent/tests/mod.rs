//! Tests of the agent's day.
