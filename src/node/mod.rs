//! A process: configuration, start, stop.
