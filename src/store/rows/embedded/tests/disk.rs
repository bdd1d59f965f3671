//! A disk in memory that loses power: until a sync, each write may be kept, dropped, or torn at its sectors.
//! A process on it can be killed too; then what it wrote stays in the cache, readable and not durable.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use redb::StorageBackend;

use crate::store::rows::embedded::{OpenError, Place};

/// What a disk writes as a whole.
const SECTOR: usize = 512;
/// Two laps of four small records: a checkpoint comes every few groups, and now and then a group is larger than a lap.
pub(super) const LOG: usize = 32 << 10;

/// Small random numbers that a seed reproduces.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % bound
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).unwrap()
    }
}

#[derive(Clone, Debug)]
enum Write {
    Data(u64, Vec<u8>),
    Length(usize),
}

#[derive(Clone, Debug, Default)]
struct Bytes {
    durable: Vec<u8>,
    cached: Vec<u8>,
    pending: Vec<Write>,
    lies: bool,
}

impl Bytes {
    fn apply(bytes: &mut Vec<u8>, write: &Write) {
        match write {
            Write::Length(length) => bytes.resize(*length, 0),
            Write::Data(at, data) => {
                let at = usize::try_from(*at).unwrap();
                if bytes.len() < at + data.len() {
                    bytes.resize(at + data.len(), 0);
                }
                bytes[at..at + data.len()].copy_from_slice(data);
            }
        }
    }

    fn write(&mut self, write: Write) {
        Self::apply(&mut self.cached, &write);
        self.pending.push(write);
    }

    fn sync(&mut self) {
        if !self.lies {
            for write in self.pending.drain(..) {
                Self::apply(&mut self.durable, &write);
            }
        }
    }

    fn cut(&mut self, dice: &mut Dice) {
        for write in std::mem::take(&mut self.pending) {
            match (dice.below(3), write) {
                (0, _) => {}
                (1, Write::Data(at, data)) => {
                    let sectors = data.chunks(SECTOR).enumerate().filter(|_| dice.one_in(2));
                    for (i, sector) in sectors {
                        let at = at + (i * SECTOR) as u64;
                        Self::apply(&mut self.durable, &Write::Data(at, sector.to_vec()));
                    }
                }
                (_, write) => Self::apply(&mut self.durable, &write),
            }
        }
        self.cached = self.durable.clone();
    }
}

/// Called within each access to the log, before it happens: the moments when a reader must not yet see the write.
pub(super) type Peek = Box<dyn FnMut() + Send>;

#[derive(Default)]
struct State {
    store: Bytes,
    log: Bytes,
    /// Accesses until the process that runs now dies.
    left: u64,
    /// Counts processes: only the newest one may write.
    process: u64,
    /// Bytes that both files may have together.
    room: Option<usize>,
    on_death: Option<Arc<tokio::sync::Notify>>,
}

/// The disk; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    state: Arc<Mutex<State>>,
    peek: Arc<Mutex<Option<Peek>>>,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Disk")
    }
}

impl Disk {
    pub(crate) fn new() -> Self {
        let disk = Self::default();
        let mut state = disk.state.lock();
        state.log.durable = vec![0; LOG];
        state.log.cached = vec![0; LOG];
        state.left = u64::MAX;
        drop(state);
        disk
    }

    /// The process dies at this many accesses from now.
    pub(crate) fn die_in(&self, accesses: u64) {
        self.state.lock().left = accesses;
    }

    pub(crate) fn dead(&self) -> bool {
        self.state.lock().left == 0
    }

    pub(crate) fn on_death(&self, notify: Arc<tokio::sync::Notify>) {
        self.state.lock().on_death = Some(notify);
    }

    pub(super) fn peek(&self, peek: Option<Peek>) {
        *self.peek.lock() = peek;
    }

    /// From now on a sync of the log, or of the database, is a lie.
    pub(crate) fn lie(&self, log: bool) {
        let mut state = self.state.lock();
        if log { state.log.lies = true } else { state.store.lies = true }
    }

    pub(super) fn set_room(&self, room: Option<usize>) {
        self.state.lock().room = room;
    }

    /// Power goes: what was synced stays, of the rest anything. The next process starts on it.
    pub(crate) fn cut(&self, dice: &mut Dice) {
        let mut state = self.state.lock();
        state.store.cut(dice);
        state.log.cut(dice);
        state.left = u64::MAX;
        state.process += 1;
    }

    /// The process is killed and the machine runs on: the cache stays as it is.
    pub(crate) fn kill(&self) {
        let mut state = self.state.lock();
        state.left = u64::MAX;
        state.process += 1;
    }
}

impl Place for Disk {
    fn database(&self) -> Result<Box<dyn StorageBackend>, OpenError> {
        Ok(Box::new(File { disk: self.clone(), log: false, process: self.state.lock().process }))
    }

    fn log(&self) -> Result<Box<dyn StorageBackend>, OpenError> {
        Ok(Box::new(File { disk: self.clone(), log: true, process: self.state.lock().process }))
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let state = self.state.lock();
        let used = state.store.cached.len() + state.log.cached.len();
        Ok(state.room.map_or(u64::MAX, |room| room.saturating_sub(used) as u64))
    }

    fn name(&self) -> String {
        "the disk in memory".into()
    }
}

#[derive(Debug)]
struct File {
    disk: Disk,
    log: bool,
    process: u64,
}

impl File {
    fn access<T>(&self, act: impl FnOnce(&mut Bytes) -> T) -> io::Result<T> {
        let mut state = self.disk.state.lock();
        if state.process != self.process || state.left == 0 {
            return Err(io::Error::other("this process is dead"));
        }
        state.left -= 1;
        if state.left == 0 {
            state.on_death.iter().for_each(|notify| notify.notify_one());
            return Err(io::Error::other("this process has just died"));
        }
        Ok(act(if self.log { &mut state.log } else { &mut state.store }))
    }

    /// Not within the lock of the disk: whoever peeks reads from it.
    fn peek(&self) {
        if self.log {
            let peek = self.disk.peek.lock().take();
            if let Some(mut peek) = peek {
                peek();
                self.disk.peek.lock().get_or_insert(peek);
            }
        }
    }

    fn room_for(&self, end: usize) -> io::Result<()> {
        let state = self.disk.state.lock();
        let (mine, other) = if self.log { (&state.log, &state.store) } else { (&state.store, &state.log) };
        let wanted = end.max(mine.cached.len()) + other.cached.len();
        if state.room.is_some_and(|room| wanted > room && end > mine.cached.len()) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(())
    }
}

impl StorageBackend for File {
    fn len(&self) -> io::Result<u64> {
        let state = self.disk.state.lock();
        Ok(if self.log { state.log.cached.len() } else { state.store.cached.len() } as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.disk.state.lock();
        if state.process != self.process || state.left == 0 {
            return Err(io::Error::other("this process is dead"));
        }
        let bytes = if self.log { &state.log.cached } else { &state.store.cached };
        let at = usize::try_from(offset).unwrap();
        let found = bytes.get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).unwrap();
        self.room_for(len)?;
        self.access(|bytes| bytes.write(Write::Length(len)))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.peek();
        self.access(Bytes::sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.peek();
        self.room_for(usize::try_from(offset).unwrap() + data.len())?;
        self.access(|bytes| bytes.write(Write::Data(offset, data.to_vec())))
    }
}
