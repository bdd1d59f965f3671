//! What a server meets that is not as it should be: input, readers, connections, disks, tokens, and eyes on its log. Each
//! gets its answer by name, others are served meanwhile, and nothing acknowledged is lost.

mod creations;
mod disk;
mod expiry;
mod hygiene;
mod idle;
mod input;
mod slow;
