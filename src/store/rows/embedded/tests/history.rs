//! What may be in the store after a cut: per row the writes in the order in which they were sent, and the last one that must be there.

use std::collections::BTreeMap;

use crate::store::rows::Table;

/// Where a row is.
pub(super) type At = (Table, u8, u8);

#[derive(Debug)]
struct Line {
    /// The values in the order of the writes; `None` is a delete. The first one is what was there at the start.
    writes: Vec<Option<u64>>,
    /// Everything before this one is overwritten for certain: it was acknowledged, or shown to a reader.
    floor: usize,
}

/// A write that was sent, to be noted again when it is acknowledged.
pub(super) type Sent = (At, usize);

/// All rows of a run.
#[derive(Debug, Default)]
pub(super) struct History {
    rows: BTreeMap<At, Line>,
}

impl History {
    pub(super) fn sent(&mut self, at: At, value: Option<u64>) -> Sent {
        let line = self.rows.entry(at).or_insert_with(|| Line { writes: vec![None], floor: 0 });
        line.writes.push(value);
        (at, line.writes.len() - 1)
    }

    pub(super) fn acked(&mut self, (at, position): Sent) {
        let line = self.rows.get_mut(&at).unwrap();
        line.floor = line.floor.max(position);
    }

    /// The rows of a partition that were ever written.
    pub(super) fn keys(&self, table: Table, partition: u8) -> Vec<u8> {
        self.rows.range((table, partition, 0)..=(table, partition, u8::MAX)).map(|(at, _)| at.2).collect()
    }

    /// A reader was shown a whole partition: each row must be one that may be there, and from now on it must stay.
    pub(super) fn shown(
        &mut self,
        table: Table,
        partition: u8,
        found: &BTreeMap<u8, u64>,
    ) -> Result<(), String> {
        for key in self.keys(table, partition) {
            let line = self.rows.get_mut(&(table, partition, key)).unwrap();
            let value = found.get(&key).copied();
            match line.writes[line.floor..].iter().position(|write| *write == value) {
                Some(position) => line.floor += position,
                None => {
                    return Err(format!(
                        "{table:?} {partition}/{key}: found {value:?}, but only {:?} may be there",
                        &line.writes[line.floor..]
                    ));
                }
            }
        }
        match found.keys().find(|key| !self.rows.contains_key(&(table, partition, **key))) {
            Some(key) => Err(format!("{table:?} {partition}/{key}: nobody wrote it")),
            None => Ok(()),
        }
    }

    /// As `shown`, for a page that may have been read before writes that are acknowledged by now: it raises what must
    /// stay, and complains of nothing.
    pub(super) fn shown_late(&mut self, table: Table, partition: u8, found: &BTreeMap<u8, u64>) {
        for (key, value) in found {
            let Some(line) = self.rows.get_mut(&(table, partition, *key)) else { continue };
            if let Some(position) = line.writes.iter().position(|write| *write == Some(*value)) {
                line.floor = line.floor.max(position);
            }
        }
    }

    /// The process is gone: what it had not stored will never come.
    pub(super) fn settle(&mut self) {
        for line in self.rows.values_mut() {
            line.writes = vec![line.writes[line.floor]];
            line.floor = 0;
        }
    }
}
