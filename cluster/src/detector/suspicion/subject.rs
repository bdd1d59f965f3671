//! One life that is watched: when it was heard last, how regular it beats, how its link fares. Knows no other life.

use std::time::Duration;

use super::gaps::Gaps;
use super::{Finding, Moment, Reason};
use crate::detector::limits;
use crate::link::{LinkState, PeerId};

/// One watched life.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) peer: PeerId,
    /// Why it is named; `None` = it is not.
    pub(super) named: Option<Reason>,
    since: Moment,
    heard: Option<Moment>,
    gaps: Gaps,
    /// A link to this life was up once.
    was_up: bool,
}

impl Subject {
    pub(super) fn new(peer: PeerId, since: Moment, was_up: bool) -> Self {
        Self { peer, named: None, since, heard: None, gaps: Gaps::default(), was_up }
    }

    /// A beat arrived; answers with the gap before it. A gap that got it named is no example of its usual ones: what it is
    /// given for that is counted elsewhere.
    pub(super) fn hear(&mut self, now: Moment) -> Duration {
        let gap = self.heard.map_or(Duration::ZERO, |heard| now.saturating_sub(heard));
        if self.heard.is_some() && self.named.is_none() {
            self.gaps.note(gap);
        }
        self.heard = Some(now);
        gap
    }

    /// The link changed; a reason if that proves enough. A port that refuses before any link was up proves nothing: the
    /// peer may be starting, or its address may be wrong.
    pub(super) fn link(&mut self, state: LinkState) -> Option<Reason> {
        match state {
            LinkState::Connected => {
                self.was_up = true;
                None
            }
            LinkState::Refused if self.was_up => Some(Reason::PortClosed),
            LinkState::Unreachable if self.was_up => Some(Reason::Unreachable),
            LinkState::Refused
            | LinkState::Unreachable
            | LinkState::Resetting
            | LinkState::Silent
            | LinkState::TurnedAway => None,
        }
    }

    /// Time since the last beat; zero before the first.
    pub(super) fn silence(&self, now: Moment) -> Duration {
        self.heard.map_or(Duration::ZERO, |heard| now.saturating_sub(heard))
    }

    /// The silence that is suspicious, for a node that was suspected wrongly so many times.
    pub(super) fn suspect_after(&self, wrongs: u32) -> Duration {
        let usual = (self.gaps.p99() * limits::GAPS).clamp(limits::SUSPECT_AFTER, limits::SUSPECT_AT_MOST);
        usual * 2_u32.pow(wrongs.min(limits::WRONGS))
    }

    /// Whether its silence is suspicious.
    pub(super) fn suspicious(&self, now: Moment, wrongs: u32) -> Option<Reason> {
        if self.heard.is_none() {
            return (now.saturating_sub(self.since) > limits::FIRST_BEAT).then_some(Reason::NeverHeard);
        }
        let silence = self.silence(now);
        // Most looks end here, without sorting the gaps.
        let long = silence > limits::SUSPECT_AFTER && silence > self.suspect_after(wrongs);
        long.then_some(Reason::Silent)
    }

    /// Names it.
    pub(super) fn name(&mut self, reason: Reason) -> Finding {
        self.named = Some(reason);
        Finding::Depose { peer: self.peer.clone(), reason }
    }
}
