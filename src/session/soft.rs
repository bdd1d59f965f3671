//! What a takeover forgets without harm: who was seen when, who is connected, how fast each party writes.
//! Never part of the state: nothing here can be needed to read a journal.

use std::collections::BTreeMap;

use crate::center::Rate;
use crate::limits;
use crate::session::{Refusal, Session};
use crate::words::{PartyId, Time};

/// The soft state of one session.
#[derive(Clone, Debug, Default)]
pub struct Soft {
    opened: Time,
    parties: BTreeMap<PartyId, Traces>,
}

/// What is known of one party.
#[derive(Clone, Debug, Default)]
struct Traces {
    seen: Time,
    streams: u32,
    /// When the bucket of stored events would be full again, in microseconds.
    events: u64,
    /// The same for typing, so that a fast typist never loses a message.
    typing: u64,
}

impl Soft {
    /// After a takeover or a wake-up nobody is absent yet: everyone has the whole of `absent_after` from now.
    #[must_use]
    pub fn opened(now: Time, _session: &Session) -> Self {
        Self { opened: now, ..Self::default() }
    }

    /// A stream of the party opened.
    pub fn connected(&mut self, party: PartyId, now: Time) {
        let traces = self.parties.entry(party).or_default();
        traces.seen = now;
        traces.streams = traces.streams.saturating_add(1);
    }

    /// A stream of the party closed.
    pub fn gone(&mut self, party: PartyId, now: Time) {
        let traces = self.parties.entry(party).or_default();
        traces.seen = now;
        traces.streams = traces.streams.saturating_sub(1);
    }

    /// The party asked for something.
    pub fn seen(&mut self, party: PartyId, now: Time) {
        let traces = self.parties.entry(party).or_default();
        traces.seen = traces.seen.max(now);
    }

    /// From when absence counts; `None` while a stream is open. `since` is when the stay began.
    pub(crate) fn quiet_from(&self, party: PartyId, since: Time) -> Option<Time> {
        let start = self.opened.max(since);
        match self.parties.get(&party) {
            Some(traces) if traces.streams > 0 => None,
            Some(traces) => Some(start.max(traces.seen)),
            None => Some(start),
        }
    }

    /// Whether the party, shown away at `away`, has been seen since.
    pub(crate) fn returned(&self, party: PartyId, away: Time) -> bool {
        self.parties.get(&party).is_some_and(|traces| traces.streams > 0 || traces.seen > away)
    }

    /// Counts one event of a party against the service's rate.
    pub(crate) fn spend(
        &mut self,
        party: PartyId,
        rate: Rate,
        now: Time,
        typing: bool,
    ) -> Result<(), Refusal> {
        if rate.events_per_second == 0 || rate.burst == 0 {
            return Ok(());
        }
        let traces = self.parties.entry(party).or_default();
        let full = if typing { &mut traces.typing } else { &mut traces.events };
        let cost = 1_000_000 / u64::from(rate.events_per_second);
        let micros = now.0.saturating_mul(1_000);
        let after = micros.max(*full).saturating_add(cost);
        let over = after.saturating_sub(micros).saturating_sub(cost.saturating_mul(u64::from(rate.burst)));
        if over > 0 {
            return Err(Refusal::TooFast { retry_ms: over.div_ceil(1_000) });
        }
        *full = after;
        Ok(())
    }

    /// Forgets parties that are no longer here.
    pub(crate) fn prune(&mut self, session: &Session) {
        if self.parties.len() > session.present.len() + limits::PARTIES {
            self.parties.retain(|party, traces| traces.streams > 0 || session.find(*party).is_some());
        }
    }
}
