//! Writes and reads at quorum, landing by landing. A write that was sent goes its way whether or not its sender lives.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdfast::runtime::oneshot;
use holdfast::store::rows::{
    Batch, Claim, Mutation, Page, Pending, ReadError, Refused, Slice, Table, WriteError,
};
use parking_lot::Mutex;

use super::replica::Part;
use super::{QUORUM, REPLICAS, Store};

/// When whoever asked is told that there is no answer, microseconds.
const TIME_OUT: u64 = 2_000_000;

/// A write under way.
struct Flight {
    mutations: Vec<Mutation>,
    /// On how many replicas each mutation is.
    landed: Vec<usize>,
    /// Whether success waits for each mutation.
    counts: Vec<bool>,
    answer: Option<oneshot::Sender<Result<(), WriteError>>>,
    /// Whether an answer comes back at all.
    speaks: bool,
}

impl Flight {
    fn is_stored(&self) -> bool {
        self.landed.iter().zip(&self.counts).all(|(landed, counts)| !counts || *landed >= QUORUM)
    }
}

impl Store {
    /// Sends a write; success waits for what `counts`.
    pub(super) fn send(
        &self,
        batch: Batch,
        counts: impl Fn(&Mutation) -> bool,
    ) -> Pending<Result<(), WriteError>> {
        let chance = &self.0.chance;
        let (weather, number) = {
            let mut state = self.0.state.lock();
            (state.weather.clone(), state.witness.sends(&batch.mutations))
        };
        let (answer, answered) = oneshot::channel();
        if chance.happens(weather.refused) {
            self.later(chance.below(weather.way), move |_| {
                let _ = answer.send(Err(WriteError::Refused(Refused::Busy)));
            });
            return waits(answered);
        }
        let groups = self.groups(&batch.mutations, chance.happens(weather.torn));
        let flight = Arc::new(Mutex::new(Flight {
            landed: vec![0; batch.mutations.len()],
            counts: batch.mutations.iter().map(counts).collect(),
            mutations: batch.mutations,
            answer: Some(answer),
            speaks: !chance.happens(weather.silent),
        }));
        for group in groups {
            let out = chance.below(weather.way);
            for replica in 0..REPLICAS {
                let wait = match chance.below(1_000) {
                    fate if fate < weather.lost => continue,
                    fate if fate < weather.lost + weather.late => chance.between(50_000, 20_000_000),
                    _ => chance.below(weather.way),
                };
                let (flight, group, back) = (flight.clone(), group.clone(), chance.below(weather.way));
                self.later(out + wait, move |store| store.lands(&flight, (replica, &group), (number, back)));
            }
        }
        self.later(TIME_OUT, move |store| {
            let mut flight = flight.lock();
            if let Some(answer) = flight.answer.take() {
                store.0.state.lock().witness.unknown(&flight.mutations, &flight.landed);
                let _ = answer.send(Err(WriteError::Unknown("no answer".into())));
            }
        });
        waits(answered)
    }

    /// The mutations that travel together: all of them, or two groups.
    fn groups(&self, mutations: &[Mutation], torn: bool) -> Vec<Vec<usize>> {
        if !torn {
            return vec![(0..mutations.len()).collect()];
        }
        let (one, other) = (0..mutations.len()).partition(|_| self.0.chance.happens(500));
        vec![one, other]
    }

    /// Part of a write reaches a replica; if that makes it stored, its sender will hear so.
    fn lands(
        &self,
        flight: &Arc<Mutex<Flight>>,
        (replica, group): (usize, &[usize]),
        (number, back): (u64, u64),
    ) {
        let mut state = self.0.state.lock();
        let mut known = flight.lock();
        for at in group {
            let mutation = known.mutations[*at].clone();
            if state.down[replica] {
                state.hints[replica].push(mutation);
            } else {
                state.land(replica, mutation);
                known.landed[*at] += 1;
            }
        }
        if known.is_stored() && known.speaks && known.answer.is_some() {
            state.witness.stored(number, &known.mutations);
            let answer = known.answer.take();
            self.later(back, move |_| {
                if let Some(answer) = answer {
                    let _ = answer.send(Ok(()));
                }
            });
        }
    }

    /// Compare and set, linearizable: it is done at one moment on every replica, or not at all.
    pub(super) async fn claims(
        &self,
        table: Table,
        (partition, clustering): (Bytes, Bytes),
        (expected, value): (Option<Bytes>, Bytes),
    ) -> Result<Claim, WriteError> {
        let weather = self.0.state.lock().weather.clone();
        let chance = &self.0.chance;
        self.pause(chance.below(weather.way * 4)).await;
        if chance.happens(weather.silent) {
            self.pause(TIME_OUT).await;
            return Err(WriteError::Unknown("no answer".into()));
        }
        let claim = self.claims_now(table, (partition, clustering), (expected, value));
        self.pause(chance.below(weather.way)).await;
        if chance.happens(weather.silent) {
            self.pause(TIME_OUT).await;
            return Err(WriteError::Unknown("no answer".into()));
        }
        Ok(claim)
    }

    fn claims_now(
        &self,
        table: Table,
        (partition, clustering): (Bytes, Bytes),
        (expected, value): (Option<Bytes>, Bytes),
    ) -> Claim {
        let mut state = self.0.state.lock();
        let cell =
            state.replicas[0].partition(table, &partition).and_then(|part| part.cells.get(&clustering));
        let (now, timestamp) = cell.map_or((None, 0), |cell| (cell.value.clone(), cell.timestamp + 1));
        if now != expected {
            return Claim::Lost(now);
        }
        let put = Mutation::Put { table, partition, clustering, value, timestamp };
        (0..REPLICAS).for_each(|replica| state.replicas[replica].land(put.clone()));
        Claim::Won
    }

    /// Reads two replicas, each at its own moment.
    pub(super) fn fetch(&self, slice: Slice) -> Pending<Result<Page, ReadError>> {
        let store = self.clone();
        Box::pin(async move {
            let chance = &store.0.chance;
            let weather = store.0.state.lock().weather.clone();
            if chance.happens(weather.failed) {
                store.pause(chance.below(TIME_OUT)).await;
                return Err(ReadError("no answer".into()));
            }
            let mut asked: Vec<usize> = (0..REPLICAS).filter(|at| !store.0.state.lock().down[*at]).collect();
            let mut merged = Part::default();
            for _ in 0..QUORUM {
                if asked.is_empty() {
                    return Err(ReadError("too few replicas".into()));
                }
                let replica = asked.remove(chance.index(asked.len()));
                store.pause(chance.below(weather.way)).await;
                let Some(part) = store.0.state.lock().read(replica, &slice) else {
                    store.pause(TIME_OUT).await;
                    return Err(ReadError("no answer".into()));
                };
                merged.merge(part);
            }
            if weather.repairs {
                // Whichever two they were: all that a reader saw is on a quorum before it is answered.
                store.0.state.lock().replicas.iter_mut().for_each(|replica| replica.repair(&slice, &merged));
            }
            store.pause(chance.below(weather.way)).await;
            Ok(merged.page(&slice))
        })
    }

    async fn pause(&self, micros: u64) {
        self.0.world.sleep(Duration::from_micros(micros)).await;
    }

    fn later(&self, micros: u64, act: impl FnOnce(&Self) + Send + 'static) {
        let store = self.clone();
        self.0.world.after(Duration::from_micros(micros), move || act(&store));
    }
}

fn waits<T: Send + 'static>(
    answer: oneshot::Receiver<Result<T, WriteError>>,
) -> Pending<Result<T, WriteError>> {
    Box::pin(async move { answer.await.unwrap_or(Err(WriteError::Unknown("no answer".into()))) })
}
