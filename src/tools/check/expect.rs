//! What a run must reach to be ok, beside keeping every promise. Never judges.

/// Bounds of a run.
#[derive(clap::Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// BROKEN unless at least this many messages were acknowledged, so that a run that did nothing is not ok
    #[arg(long = "expect", default_value_t = 1, value_name = "N")]
    pub acknowledged: u64,
    /// BROKEN if so many milliseconds passed without an acknowledgement while somebody waited for one
    #[arg(long, value_name = "MS")]
    pub longest_gap: Option<u64>,
    /// BROKEN if any send was refused, even for now
    #[arg(long)]
    pub no_refusals: bool,
}

impl From<u64> for Expect {
    fn from(acknowledged: u64) -> Self {
        Self { acknowledged, longest_gap: None, no_refusals: false }
    }
}
