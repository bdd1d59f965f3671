//! What lies behind the events in memory: reads of journals and records, lists of records, repeats of old inputs. Never
//! writes, and returns only what an owner's chain or a record names.

pub mod reading;
pub mod records;
pub mod repeat;
