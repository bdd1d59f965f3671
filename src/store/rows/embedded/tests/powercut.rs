//! Power cuts and kills under load: every acknowledged row is there afterwards, and every row that a reader was shown.
//!
//! The writer and the readers are stepped by hand on one thread, so that a seed reproduces a run exactly.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt;
use parking_lot::Mutex;

use super::disk::{Dice, Disk};
use super::history::{At, History, Sent};
use crate::store::rows::contract::{delete_at, put_at, whole};
use crate::store::rows::embedded::writer::{Step, Writer};
use crate::store::rows::embedded::{Embedded, Options, Shared, flusher, reader};
use crate::store::rows::{Batch, Class, Mutation, Page, Pending, Rows, Table, WriteError};

const PARTITIONS: u64 = 3;
const TABLES: [Table; 2] = [Table::Journal, Table::ActiveSessions];

pub(super) fn options() -> Options {
    Options { reserve_bytes: 0, cache_bytes: 1 << 20, die: Arc::new(|_| ()), ..Options::new("unused") }
}

type Waiting = Vec<(Pending<Result<(), WriteError>>, Vec<Sent>)>;

/// A partition as a reader saw it.
type Shown = (Table, u8, BTreeMap<u8, u64>);

struct Run {
    disk: Disk,
    dice: Dice,
    history: History,
    /// Grows with each write: the value and the timestamp of a row.
    clock: u64,
    /// Writes acknowledged, and power cuts, to know that the test tests something.
    acked: u64,
    cuts: u64,
}

/// A process on the disk.
struct Process {
    store: Arc<Embedded>,
    writer: Writer,
}

impl Run {
    fn new(seed: u64) -> Self {
        Self {
            disk: Disk::new(),
            dice: Dice::new(seed),
            history: History::default(),
            clock: 0,
            acked: 0,
            cuts: 0,
        }
    }

    /// `None` when the process died while it opened the store.
    fn start(&mut self) -> Result<Option<Process>, String> {
        let options = Options { by_hand: true, ..options() };
        match Shared::open(Box::new(self.disk.clone()), options) {
            Ok((shared, wal)) => {
                // A store that is closing does not wait for a dead disk to come back.
                *shared.closing.0.lock() = true;
                let writer = Writer::new(shared.clone(), wal);
                Ok(Some(Process { store: Arc::new(Embedded { shared, threads: Mutex::default() }), writer }))
            }
            Err(_) if self.disk.dead() => Ok(None),
            Err(e) => Err(format!("the store does not open: {e}")),
        }
    }

    /// One process from start to death, and a look at what the next one finds.
    fn round(&mut self) -> Result<(), String> {
        let accesses = 1 + self.dice.below(120);
        self.disk.die_in(accesses);
        if let Some(mut process) = self.start()? {
            self.work(&mut process)?;
        }
        self.fall();
        let process = loop {
            // A start is interrupted too, again and again.
            if self.dice.one_in(4) {
                self.disk.die_in(1 + self.dice.below(30));
            }
            match self.start()? {
                Some(process) => break process,
                None => self.fall(),
            }
        };
        self.look_at_everything(&process)?;
        self.history.settle();
        self.disk.kill();
        Ok(())
    }

    fn fall(&mut self) {
        if self.dice.one_in(4) {
            return self.disk.kill();
        }
        self.cuts += 1;
        self.disk.cut(&mut self.dice);
    }

    fn work(&mut self, process: &mut Process) -> Result<(), String> {
        while !self.disk.dead() {
            let mut waiting = Waiting::new();
            for _ in 0..=self.dice.below(6) {
                let (batch, sent) = self.batch();
                waiting.push((process.store.write(batch), sent));
            }
            let shown = self.peek(process);
            let step = process.writer.step();
            self.disk.peek(None);
            // The flusher is slow or quick; the writer steps it when it cannot go on without.
            if self.dice.one_in(3) && !process.store.shared.handover.is_flushed() {
                flusher::step_or_close(&process.store.shared);
            }
            for (table, partition, found) in std::mem::take(&mut *shown.lock()) {
                self.history.shown(table, partition, &found)?;
            }
            self.collect(waiting, step)?;
            if self.dice.one_in(3) && !self.disk.dead() {
                self.look_at_one(process)?;
            }
        }
        Ok(())
    }

    /// Reads one partition within each access to the log, when what is being written must not be seen yet.
    fn peek(&mut self, process: &Process) -> Arc<Mutex<Vec<Shown>>> {
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (table, partition) = self.partition();
        let (store, out, disk) = (process.store.clone(), shown.clone(), self.disk.clone());
        self.disk.peek(Some(Box::new(move || {
            if let Some(found) = read(&store, table, partition).filter(|_| !disk.dead()) {
                out.lock().push((table, partition, found));
            }
        })));
        shown
    }

    fn collect(&mut self, waiting: Waiting, step: Step) -> Result<(), String> {
        for (answer, sent) in waiting {
            match answer.now_or_never() {
                Some(Ok(())) => {
                    self.acked += 1;
                    sent.into_iter().for_each(|sent| self.history.acked(sent));
                }
                Some(Err(_)) if step == Step::Stop => {}
                Some(Err(e)) => return Err(format!("a living store answered {e}")),
                None => return Err("a step left somebody without an answer".into()),
            }
        }
        Ok(())
    }

    fn partition(&mut self) -> (Table, u8) {
        (TABLES[self.dice.index(2)], u8::try_from(self.dice.below(PARTITIONS)).unwrap())
    }

    fn batch(&mut self) -> (Batch, Vec<Sent>) {
        let (mut mutations, mut sent) = (Vec::new(), Vec::new());
        for _ in 0..=self.dice.below(3) {
            let (table, partition) = self.partition();
            let at = (table, partition, u8::try_from(self.dice.below(40)).unwrap());
            match self.dice.below(20) {
                0 => {
                    for key in self.history.keys(table, partition) {
                        sent.push(self.history.sent((table, partition, key), None));
                    }
                    mutations.push(Mutation::DeletePartition { table, partition: vec![partition].into() });
                }
                1..=4 => sent.push(self.delete(at, &mut mutations)),
                _ => sent.push(self.put(at, &mut mutations)),
            }
        }
        (Batch { mutations, class: Class::Input }, sent)
    }

    fn put(&mut self, at: At, mutations: &mut Vec<Mutation>) -> Sent {
        self.clock += 1;
        let padding = if self.dice.one_in(30) { self.dice.below(20_000) } else { self.dice.below(400) };
        let mut value = self.clock.to_be_bytes().to_vec();
        value.resize(8 + usize::try_from(padding).unwrap(), 7);
        let stamped = (&value[..], i64::try_from(self.clock).unwrap());
        mutations.push(put_at(at.0, &vec![at.1].into(), &[at.2], stamped));
        self.history.sent(at, Some(self.clock))
    }

    fn delete(&mut self, at: At, mutations: &mut Vec<Mutation>) -> Sent {
        self.clock += 1;
        mutations.push(delete_at(at.0, &vec![at.1].into(), &[at.2], i64::try_from(self.clock).unwrap()));
        self.history.sent(at, None)
    }

    fn look_at_one(&mut self, process: &Process) -> Result<(), String> {
        let (table, partition) = self.partition();
        match read(&process.store, table, partition) {
            Some(found) => self.history.shown(table, partition, &found),
            None if self.disk.dead() => Ok(()),
            None => Err("a living store did not answer a read".into()),
        }
    }

    fn look_at_everything(&mut self, process: &Process) -> Result<(), String> {
        self.disk.die_in(u64::MAX);
        for table in TABLES {
            for partition in 0..PARTITIONS {
                let partition = u8::try_from(partition).unwrap();
                let found = read(&process.store, table, partition).ok_or("no answer after a start")?;
                self.history.shown(table, partition, &found)?;
            }
        }
        Ok(())
    }
}

fn read(store: &Arc<Embedded>, table: Table, partition: u8) -> Option<BTreeMap<u8, u64>> {
    let answer = store.read(whole(table, &vec![partition].into()));
    reader::step(&store.shared, Some(std::time::Duration::ZERO));
    answer.now_or_never()?.ok().map(|page| values(&page))
}

pub(super) fn values(page: &Page) -> BTreeMap<u8, u64> {
    let value = |bytes: &[u8]| u64::from_be_bytes(bytes[..8].try_into().unwrap());
    page.rows.iter().map(|row| (row.clustering[0], value(&row.value))).collect()
}

/// `rounds` processes one after the other on one disk.
fn run(seed: u64, rounds: u64, break_it: impl Fn(&Disk)) -> Result<Run, String> {
    let mut run = Run::new(seed);
    drop(run.start()?);
    run.disk.kill();
    break_it(&run.disk);
    for round in 0..rounds {
        run.round().map_err(|e| format!("seed {seed}, round {round}: {e}"))?;
    }
    Ok(run)
}

#[test]
fn a_thousand_cuts_lose_nothing() {
    let (mut acked, mut cuts) = (0, 0);
    for seed in 0..60 {
        let run = run(seed, 20, |_| ()).unwrap_or_else(|e| panic!("{e}"));
        acked += run.acked;
        cuts += run.cuts;
    }
    assert!(acked > 20_000 && cuts >= 1_000, "{acked} writes acknowledged, {cuts} cuts");
}

#[test]
fn a_disk_that_lies_about_the_logs_sync_is_found_out() {
    assert!((0..20).any(|seed| run(seed, 20, |disk| disk.lie(true)).is_err()));
}

#[test]
fn a_disk_that_lies_about_the_databases_sync_is_found_out() {
    assert!((0..20).any(|seed| run(seed, 20, |disk| disk.lie(false)).is_err()));
}
