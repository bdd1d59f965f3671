//! One replica of the store: rows with timestamps, tombstones included. It never decides when something lands.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use holdfast::store::rows::{Mutation, Page, Row, Slice, Table};

use crate::world::Chance;

/// A row or a tombstone (`None`) with its timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub timestamp: i64,
    pub value: Option<Bytes>,
}

/// A part of a partition as one replica has it.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub cells: BTreeMap<Bytes, Cell>,
    /// Whether the whole partition was deleted.
    pub deleted: bool,
}

type Key = (Table, Bytes);

/// One replica.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    partitions: BTreeMap<Key, Part>,
}

impl Cell {
    /// The larger timestamp wins; at equal ones a delete, then the larger value.
    fn beats(&self, other: &Self) -> bool {
        let rank = |cell: &Self| (cell.timestamp, cell.value.is_none(), cell.value.clone());
        rank(self) > rank(other)
    }
}

impl Part {
    /// Takes in a cell of the same partition.
    pub fn put(&mut self, clustering: Bytes, cell: Cell) {
        let known = self.cells.get(&clustering);
        if !self.deleted && known.is_none_or(|known| cell.beats(known)) {
            self.cells.insert(clustering, cell);
        }
    }

    /// Takes in what another replica has.
    pub fn merge(&mut self, other: Self) {
        if self.deleted || other.deleted {
            *self = Self { cells: BTreeMap::new(), deleted: true };
            return;
        }
        other.cells.into_iter().for_each(|(clustering, cell)| self.put(clustering, cell));
    }

    /// What a reader sees of it.
    pub fn page(self, slice: &Slice) -> Page {
        let rows = self
            .cells
            .into_iter()
            .filter_map(|(clustering, cell)| Some(Row { clustering, value: cell.value? }));
        let rows: Vec<Row> = if slice.reverse { rows.rev().collect() } else { rows.collect() };
        let (mut page, mut bytes) = (Page::default(), 0);
        for row in rows {
            if page.rows.len() >= slice.limit.clamp(1, 10_000)
                || (bytes >= slice.bytes && !page.rows.is_empty())
            {
                page.more = true;
                break;
            }
            bytes += row.clustering.len() + row.value.len();
            page.rows.push(row);
        }
        page
    }
}

impl Replica {
    /// A mutation lands.
    pub fn land(&mut self, mutation: Mutation) {
        match mutation {
            Mutation::Put { table, partition, clustering, value, timestamp } => {
                self.part((table, partition)).put(clustering, Cell { timestamp, value: Some(value) });
            }
            Mutation::Delete { table, partition, clustering, timestamp } => {
                self.part((table, partition)).put(clustering, Cell { timestamp, value: None });
            }
            Mutation::DeletePartition { table, partition } => {
                *self.part((table, partition)) = Part { cells: BTreeMap::new(), deleted: true };
            }
        }
    }

    fn part(&mut self, key: Key) -> &mut Part {
        self.partitions.entry(key).or_default()
    }

    /// The cells of a slice, whatever its limits are: tombstones count when replicas are merged.
    pub fn read(&self, slice: &Slice) -> Part {
        let Some(part) = self.partitions.get(&(slice.table, slice.partition.clone())) else {
            return Part::default();
        };
        let to = slice.to.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let is_empty = slice.to.as_ref().is_some_and(|to| *to <= slice.from);
        if is_empty {
            return Part { cells: BTreeMap::new(), deleted: part.deleted };
        }
        let cells = part.cells.range((Bound::Included(slice.from.clone()), to));
        let cells = cells.map(|(clustering, cell)| (clustering.clone(), cell.clone())).collect();
        Part { cells, deleted: part.deleted }
    }

    /// Read repair: what a reader has merged lands here.
    pub fn repair(&mut self, slice: &Slice, merged: &Part) {
        if merged.deleted || !merged.cells.is_empty() {
            self.part((slice.table, slice.partition.clone())).merge(merged.clone());
        }
    }

    /// Half of what it has is gone (trace F11).
    pub fn forget(&mut self, chance: &Chance) {
        for part in self.partitions.values_mut() {
            part.cells.retain(|_, _| chance.happens(500));
        }
    }

    /// Every row of a table is gone.
    pub fn vanish(&mut self, table: Table) {
        self.partitions.retain(|(of, _), _| *of != table);
    }

    /// Everything of a partition, if it is there.
    pub fn partition(&self, table: Table, partition: &Bytes) -> Option<&Part> {
        self.partitions.get(&(table, partition.clone()))
    }

    /// Every partition of a table.
    pub fn table(&self, table: Table) -> impl Iterator<Item = (&Bytes, &Part)> {
        self.partitions.iter().filter(move |((of, _), _)| *of == table).map(|((_, key), part)| (key, part))
    }
}
