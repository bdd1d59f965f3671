//! Openraft glue. Never decides who owns what.
