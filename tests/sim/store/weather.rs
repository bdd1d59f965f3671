//! What the store does to those who use it: how often something goes wrong, and how. Never draws by itself.

/// Shares of a thousand, unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weather {
    /// Landings on one replica that take seconds.
    pub late: u64,
    /// Landings on one replica that never happen.
    pub lost: u64,
    /// Batches whose rows go their own ways.
    pub torn: u64,
    /// Answers that never come back.
    pub silent: u64,
    /// Writes that are refused before they begin.
    pub refused: u64,
    /// Reads that fail.
    pub failed: u64,
    /// The longest usual way to a replica or back, microseconds.
    pub way: u64,
    /// Whether a read repairs the replicas that it asked.
    pub repairs: bool,
}

impl Weather {
    /// Nothing goes wrong.
    pub const CALM: Self =
        Self { late: 0, lost: 0, torn: 0, silent: 0, refused: 0, failed: 0, way: 1_500, repairs: false };

    /// Everything goes wrong now and then.
    pub const ROUGH: Self = Self {
        late: 25,
        lost: 15,
        torn: 300,
        silent: 15,
        refused: 3,
        failed: 15,
        way: 4_000,
        repairs: false,
    };

    /// Few writes come through at once.
    pub const STORM: Self = Self {
        late: 200,
        lost: 100,
        torn: 700,
        silent: 80,
        refused: 20,
        failed: 80,
        way: 20_000,
        repairs: false,
    };
}
