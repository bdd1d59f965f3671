//! Who is silent and since when. Names lives of nodes that should be deposed, and why; never deposes, and may be wrong:
//! fences make that harmless.
//!
//! | part | what it is |
//! |---|---|
//! | [`Suspicion`] | pure: beats, link changes and ticks in, findings out |
//! | [`Detector`] | its thread, its connections and its clock |

pub mod limits;
mod shell;
mod suspicion;

pub use shell::{Detector, DetectorFigures, Verdicts};
pub use suspicion::{Finding, Moment, Reason, Suspicion};
