//! Mutations of the protocol (section 5): each breaks one rule, below or beside the product, and must be found. Never more than
//! one at a time.

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// (a) Nobody writes a fence.
    NoFence,
    /// (b) Nobody looks.
    NoLook,
    /// (b) A look is answered with what an earlier one saw.
    LookTooEarly,
    /// Only the newest deposed life is fenced.
    OneFenceOnly,
    /// Journals are read before the fences are stored.
    FenceNotAwaited,
    /// An acknowledgement does not wait for the heads part of a take.
    CutNotAwaited,
    /// An acknowledgement does not wait for the journal's rows.
    RowsNotAwaited,
    /// The first acknowledgement does not wait for the active row.
    ListNotAwaited,
    /// The journal is deleted before the record is at quorum.
    RecordNotAwaited,
    /// A record is not looked for when a journal is opened.
    RecordNotLookedFor,
    /// Fences vanish after a while.
    FencesVanish,
    /// A replica forgets what it acknowledged.
    Forgets,
    /// A shard is moved from a living owner that has not released it.
    MovedAlive,
}

impl Break {
    /// All of them, with the names that select them.
    pub const ALL: [(&'static str, Self); 13] = [
        ("no-fence", Self::NoFence),
        ("no-look", Self::NoLook),
        ("look-too-early", Self::LookTooEarly),
        ("one-fence-only", Self::OneFenceOnly),
        ("fence-not-awaited", Self::FenceNotAwaited),
        ("cut-not-awaited", Self::CutNotAwaited),
        ("rows-not-awaited", Self::RowsNotAwaited),
        ("list-not-awaited", Self::ListNotAwaited),
        ("record-not-awaited", Self::RecordNotAwaited),
        ("record-not-looked-for", Self::RecordNotLookedFor),
        ("fences-vanish", Self::FencesVanish),
        ("forgets", Self::Forgets),
        ("moved-alive", Self::MovedAlive),
    ];
}

/// What is broken in a run, if anything is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaks(pub Option<Break>);

impl Breaks {
    /// Whether this is broken.
    pub fn is(self, what: Break) -> bool {
        self.0 == Some(what)
    }
}
