//! What a takeover may forget of an agent's day: which devices are connected and when each was last seen. Never stored.

use std::collections::BTreeMap;

use super::day::AgentDay;
use crate::limits;
use crate::words::Time;

/// Who is connected now. A takeover begins it anew with a full grace, for a takeover is not absence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentSoft {
    devices: BTreeMap<String, Seen>,
    /// When this was made: a device that is not listed was last seen then.
    opened: Time,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    streams: u32,
    last: Time,
}

impl AgentSoft {
    /// After an opening or a takeover: every signed-in device counts as seen now.
    #[must_use]
    pub fn opened(now: Time, day: &AgentDay) -> Self {
        let seen = Seen { streams: 0, last: now };
        Self { devices: day.signed_in().keys().map(|device| (device.clone(), seen)).collect(), opened: now }
    }

    /// A stream of this device was opened.
    pub fn connected(&mut self, device: &str, now: Time) {
        let seen = self.at(device, now);
        seen.streams = seen.streams.saturating_add(1);
    }

    /// A stream of this device ended.
    pub fn gone(&mut self, device: &str, now: Time) {
        let seen = self.at(device, now);
        seen.streams = seen.streams.saturating_sub(1);
    }

    /// A request of this device came.
    pub fn seen(&mut self, device: &str, now: Time) {
        self.at(device, now);
    }

    fn at(&mut self, device: &str, now: Time) -> &mut Seen {
        if !self.devices.contains_key(device) && self.devices.len() >= limits::AGENT_SEEN_MAX {
            // Names that never signed in must not pile up; forgetting the oldest costs no more than a takeover would.
            self.forget_oldest();
        }
        let seen = self.devices.entry(device.to_owned()).or_default();
        seen.last = seen.last.max(now);
        seen
    }

    fn forget_oldest(&mut self) {
        let idle = self.devices.iter().filter(|(_, seen)| seen.streams == 0);
        let oldest = idle.min_by_key(|(_, seen)| seen.last).map(|(device, _)| device.clone());
        oldest.map(|device| self.devices.remove(&device));
    }

    /// When this device will count as absent, or `None` while it has a stream.
    pub(super) fn absent_at(&self, device: &str) -> Option<Time> {
        let seen = self.devices.get(device).copied().unwrap_or(Seen { streams: 0, last: self.opened });
        (seen.streams == 0).then(|| seen.last.plus(limits::AGENT_ABSENT_AFTER))
    }

    /// Keeps what is known of devices that are signed in or connected.
    pub(super) fn tidy(&mut self, day: &AgentDay) {
        self.devices.retain(|device, seen| seen.streams > 0 || day.signed_in().contains_key(device));
    }
}
