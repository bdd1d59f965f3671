//! The log on a real disk: what survives a kill at any byte, and what refuses to open.
