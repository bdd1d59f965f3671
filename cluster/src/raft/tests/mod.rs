//! openraft glue on a real disk.
