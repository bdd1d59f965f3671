//! The session, driven by scripts and by chance: scripts in, transcripts out.

mod endings;
mod play;
mod property;
mod refusals;
mod talk;
mod views;
mod work;

use play::{Play, Start, check};
