//! What is searched: the bounds, the variants of the protocol, and the rules that are broken on purpose.

/// How a message behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One event.
    Single,
    /// One decision of two events.
    Double,
    /// The interaction's last event.
    Close,
}

/// Which of the two reads of rule 5 comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Heads, then the segments.
    HeadsFirst,
    /// Segments, then the heads.
    JournalFirst,
}

/// A rule that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Rule 4: nobody is fenced.
    NoFence,
    /// Rule 4: only the owner before is fenced.
    FenceLastOnly,
    /// Rule 5: the first of the two reads may begin before the fences are stored.
    EarlyRead,
    /// Rule 11: published when stored, without a look.
    NoLook,
    /// Rule 11: the look begins before the stores have ended.
    EarlyLook,
    /// Rule 6: no cuts; of each seq the highest epoch's row wins.
    NoCut,
    /// Rule 7: the cut is sent with the first own event only.
    LazyCut,
    /// Rule 8: publishing does not wait for the cut.
    HeadsNotAwaited,
    /// Rule 8: publishing does not wait for the repeated rows.
    JournalNotAwaited,
    /// Rule 8: the adopted prefix is shown when it is stored, without a look.
    AdoptedNotLookedFor,
    /// Rule 13: a released owner still finishes and publishes.
    ReleaseThenFinish,
    /// Rule 1: the shard is moved away from an owner that is neither deposed nor released it.
    MovedLive,
    /// Trace F7: a worker that lost its memory goes on in its epoch.
    RestartInEpoch,
    /// Rule 9: only own events are searched for a message id.
    NoLookUp,
    /// Section 2: fences vanish.
    FencesVanish,
    /// Section 2: a replica forgets.
    ReplicaForgets,
    /// Trace F6: a reader shows all that the store holds.
    ReaderShowsAll,
    /// Rule 14: the first ack does not wait for the active row.
    ListNotAwaited,
    /// Rule 16: the record is written and the session unlisted before its last event is published.
    EarlyRecord,
    /// Rule 16: the journal is deleted before the record is stored.
    EarlyDelete,
    /// Rule 16: who finds a record removes the journal without storing the record again.
    FoundRecordTrusted,
    /// Rule 5: the record is not looked for.
    NoRecordRead,
    /// Rule 5: the record is looked for before the journal.
    RecordReadFirst,
    /// Rule 15: an unlisted session is created without being read.
    CreateUnread,
    /// Rule 19: a newer owner's checkpoint is used.
    NewerPointUsed,
    /// Rule 19: a checkpoint of what is not published.
    UnpublishedPoint,
    /// Rule 9: adopted rows do not count in the window.
    AdoptedNotCounted,
    /// Rule 9: an id that is not in the window counts as new.
    NoPaging,
    /// Rule 9: a repeat carries a new `after`.
    AfterRenewed,
    /// Rule 9: an owner with fewer events than `after` accepts, and `after` need not be true.
    StaleAccepts,
    /// Rule 9: the search for an old id also finds rows off the chain.
    PagingOffChain,
    /// A torn decision is adopted.
    TornAdopted,
    /// Rows are published that do not end their decision.
    HalfPublished,
    /// Whatever does not end its decision is dropped, published or not.
    TornDroppedAnywhere,
    /// Trace F8: `fenced_below` is raised before the fences are stored.
    RaiseFirst,
    /// Trace F8: a generation grants and reads before the fences are stored.
    GrantFirst,
    /// Trace F8: it reads before the fences are stored, and acts after.
    ReadFirst,
    /// Trace F8: only one bucket is fenced.
    OneBucket,
    /// Trace F8: only the generation before is fenced.
    LastGeneration,
    /// Rule 3: the old incarnation's worker goes on, under the looks of the node's new one.
    OldIncarnation,
}

/// The journal model.
#[derive(Clone, Debug)]
pub struct Journal {
    /// Owners, at most 4.
    pub owners: u8,
    /// The messages; equal kinds stand together.
    pub kinds: Vec<Kind>,
    /// Which read of rule 5 comes first.
    pub order: Order,
    /// Whether reads repair, as `BLOCKING` does.
    pub repair: bool,
    /// Whether shards are handed over, finished or not, recovered or not.
    pub handover: bool,
    /// Whether sessions are listed, end, and leave a record.
    pub life: bool,
    /// Whether tombstones are purged while rows still land.
    pub purge: bool,
    /// Whether adopted rows above the watermark are written again.
    pub rewrite: bool,
    /// How many events may be above the published seq.
    pub window: Option<u8>,
    /// How many message ids are known without reading.
    pub ids: Option<u8>,
    /// Whether checkpoints are written.
    pub points: bool,
    /// Whether the last owner only reads the store, and shows what is final.
    pub reader: bool,
    /// Whether sessions are unloaded and loaded again in one epoch.
    pub reload: bool,
    /// Whether machines fail.
    pub quarantine: bool,
    /// Two owners that are one node.
    pub same_node: Option<(u8, u8)>,
    /// The generation of each owner; all of one when empty.
    pub generations: Vec<u8>,
    /// The rules that are broken.
    pub breaks: Vec<Break>,
    /// Only these properties are looked at; all when empty.
    pub only: Vec<&'static str>,
}

impl Journal {
    /// Sections 1's rules without extras.
    pub fn of(owners: u8, singles: usize) -> Self {
        Self {
            owners,
            kinds: vec![Kind::Single; singles],
            order: Order::HeadsFirst,
            repair: false,
            handover: false,
            life: false,
            purge: false,
            rewrite: true,
            window: None,
            ids: None,
            points: false,
            reader: false,
            reload: false,
            quarantine: false,
            same_node: None,
            generations: Vec::new(),
            breaks: Vec::new(),
            only: Vec::new(),
        }
    }

    /// The same with rules broken.
    pub fn breaking(mut self, breaks: &[Break]) -> Self {
        self.breaks.extend_from_slice(breaks);
        self
    }

    /// The same with other settings.
    pub fn with(mut self, set: impl FnOnce(&mut Self)) -> Self {
        set(&mut self);
        self
    }

    /// The same with a last message that ends the interaction, and all that comes with it.
    pub fn living(mut self) -> Self {
        self.kinds.push(Kind::Close);
        self.life = true;
        self
    }

    /// Whether a rule is broken.
    pub fn has(&self, rule: Break) -> bool {
        self.breaks.contains(&rule)
    }

    /// Whether the store's reader is this one.
    pub fn is_reader(&self, e: u8) -> bool {
        self.reader && e + 1 == self.owners
    }
}
