//! Counts the journals that are open in memory, and those of them that are quarantined. Never counts one that is gone, whether
//! it left memory or its worker ended.

use crate::metrics::{self, IntGauge};

/// One open journal.
#[derive(Debug)]
pub(in crate::shard::worker) struct Counted {
    among: [IntGauge; 2],
    quarantined: bool,
}

impl Counted {
    /// One more of this process.
    pub(in crate::shard::worker) fn new() -> Self {
        let shard = metrics::shard();
        Self::among([shard.sessions_active.clone(), shard.sessions_quarantined.clone()])
    }

    fn among(among: [IntGauge; 2]) -> Self {
        among[0].inc();
        Self { among, quarantined: false }
    }

    /// Its machine failed: no more inputs in this epoch.
    pub(in crate::shard::worker) fn quarantine(&mut self) {
        if !std::mem::replace(&mut self.quarantined, true) {
            self.among[1].inc();
        }
    }

    /// Whether it did.
    pub(in crate::shard::worker) fn is_quarantined(&self) -> bool {
        self.quarantined
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.among[0].dec();
        if self.quarantined {
            self.among[1].dec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_gone_is_not_counted() {
        let gauges = ["active", "quarantined"].map(|name| IntGauge::new(name, name).expect("a gauge"));
        let counts = || gauges.each_ref().map(IntGauge::get);
        let (_well, mut failed) = (Counted::among(gauges.clone()), Counted::among(gauges.clone()));
        failed.quarantine();
        failed.quarantine();
        assert_eq!(counts(), [2, 1]);
        drop(failed);
        assert_eq!(counts(), [1, 0]);
    }
}
