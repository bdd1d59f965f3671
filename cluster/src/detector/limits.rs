//! Every limit of the failure detector, with its unit. Decides nothing.

use std::time::Duration;

/// A node beats this often, towards every peer.
pub const BEAT_EVERY: Duration = Duration::from_millis(50);
/// The detector looks at all peers this often.
pub const TICK: Duration = Duration::from_millis(20);
/// A look that comes later than this much after the one before means that this node stood still itself.
pub const STALL: Duration = Duration::from_millis(40);
/// The shortest silence that is suspicious.
pub const SUSPECT_AFTER: Duration = Duration::from_millis(500);
/// The longest that can become of it, however irregular the beats were.
pub const SUSPECT_AT_MOST: Duration = Duration::from_secs(10);
/// A silence is suspicious from this many times the p99 of the gaps seen lately.
pub const GAPS: u32 = 8;
/// Gaps that are remembered of each peer: the last 13 seconds.
pub const GAPS_KEPT: usize = 256;
/// Time that a peer has for its first beat after this node learned of it.
pub const FIRST_BEAT: Duration = Duration::from_secs(3);
/// Each wrong deposition doubles the silence that is needed for the next, this many times at most.
pub const WRONGS: u32 = 3;
/// A wrong deposition counts for this long.
pub const WRONG_FOR: Duration = Duration::from_secs(600);
/// Nodes whose wrong depositions are remembered, and deposed lives that are listened for.
pub const REMEMBERED: usize = 512;
/// Silent peers that may be deposed at once; of many peers, one in [`SILENT_SHARE`] may.
pub const SILENT_AT_ONCE: usize = 2;
/// Of so many peers one may be deposed for its silence at once.
pub const SILENT_SHARE: usize = 3;
/// After this long as many may be deposed again.
pub const SILENT_PER: Duration = Duration::from_secs(60);
/// Peers that are watched.
pub const SUBJECTS: usize = 256;
/// Connections that bring beats; a newer one of the same peer replaces the older.
pub const LISTENERS: usize = 512;
/// Connections that wait for the detector's thread.
pub const INTAKE: usize = 64;
/// The wait before a connection for beats is tried again, first and last.
pub const RETRY: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));
