//! Three real servers as the three replicas of a trace: a row lands on the servers that a trace names and on no other, and a
//! quorum reads just the two that it names. The store's own adapter sends every statement, through a proxy before one
//! server, with the links cut in between so that nobody else can take part. Never repairs what it did.
//!
//! One server alone stores a row when it is cut off and the proxy asks it for consistency ONE. Two of them answer a quorum
//! when the third is cut off.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use holdfast::runtime::{Real, oneshot};
use holdfast::store::journal::lists::{self, Place};
use holdfast::store::reading;
use holdfast::store::rows::cassandra::options::Options;
use holdfast::store::rows::cassandra::{self, Cassandra};
use holdfast::store::rows::{Batch, Class, Incarnation, Look, Mutation, ReadError, Row, Rows, Table, fences};
use holdfast::words::{JournalId, SessionId, Time};
use tokio::sync::Semaphore;

use super::flight::Flight;
use super::links::Links;
use super::turns::{Player, Turns};
use super::verdict::History;
use crate::corner::Corner;
use crate::proxy::{Action, On, Proxy, before};
use crate::suites::shards::life::Run;

/// How often an act is tried: a server that was cut off is not there again at once.
const TRIES: usize = 20;

/// So many traces of a stage may have nodes that live at a time.
const LIVES: usize = 2;

/// Two of the three servers.
pub type Pair = [usize; 2];

/// The shard of every trace, in a corner of its own.
const SHARD: u16 = 1;

/// One server, asked alone.
struct Replica {
    /// Keeps the proxies.
    _proxies: [Proxy; 2],
    /// By quorum, with this server as coordinator.
    strong: Arc<Cassandra>,
    /// By consistency ONE.
    weak: Arc<Cassandra>,
}

/// The three servers, and the keyspace that is used on them.
pub struct Stage {
    replicas: Vec<Replica>,
    options: Options,
    /// Leave for a trace's nodes to live: many at once would only wait for each other.
    lives: Semaphore,
}

impl Stage {
    /// The servers with this keyspace.
    pub async fn new(servers: &[SocketAddr], options: &Options) -> Self {
        let mut replicas = Vec::new();
        for server in servers {
            let (strong, weak) = (before(&[*server]).await.remove(0), before(&[*server]).await.remove(0));
            weak.always(On::ours(), Action::Weaken);
            let open = |proxy: &Proxy| {
                let alone = Options { contact_points: vec![proxy.address().to_string()], ..options.clone() };
                Cassandra::open(Real::start(), alone, cassandra::unchecked())
            };
            let (by_quorum, by_one) = (open(&strong), open(&weak));
            replicas.push(Replica { _proxies: [strong, weak], strong: by_quorum, weak: by_one });
        }
        for replica in &replicas {
            replica.strong.reachable().await;
            replica.weak.reachable().await;
        }
        Self { replicas, options: options.clone(), lives: Semaphore::new(LIVES) }
    }
}

/// One trace at work on the stage, in a corner and with generations that no other trace uses.
pub struct Play<'s> {
    stage: &'s Stage,
    player: Player<'s>,
    salt: u128,
    /// The trace's session.
    pub id: JournalId,
    /// The trace's first generation.
    pub generation: u32,
    /// What was done in it.
    pub history: History,
}

impl<'s> Play<'s> {
    /// The `number`th trace of this run.
    pub fn new(stage: &'s Stage, turns: &'s Turns, (run, number): (u128, u16)) -> Self {
        let id = JournalId::Session(SessionId((run ^ u128::from(number)).to_be_bytes()));
        // 30 bits of the run and the number leave room for the few generations of a trace.
        let generation = u32::try_from((run >> 90) & 0x3fff).expect("14 bits") << 16 | u32::from(number) << 4;
        // A life's generations are made of these bits: they are apart, too.
        let salt = run ^ (u128::from(number) << 104);
        Self { stage, player: turns.join(), salt, id, generation, history: History::default() }
    }

    /// Flights land on these servers, one after the other.
    pub async fn land_all(&self, flights: &[Flight], on: &[usize]) {
        for flight in flights {
            self.land(flight, on).await;
        }
    }

    /// As [`Self::land_all`], in few turns.
    pub async fn land_together(&self, flights: &[Flight], on: &[usize]) {
        for some in flights.chunks(256) {
            let together = some.iter().flat_map(|flight| flight.mutations().to_vec()).collect();
            self.land(&Flight::new(together), on).await;
            some.iter().for_each(|flight| flight.landed(on));
        }
    }

    /// A flight's mutations land on these servers; where they are already they land again, which changes nothing.
    pub async fn land(&self, flight: &Flight, on: &[usize]) {
        match *on {
            [one] => self.write(flight, one, true, Links::Without(one)).await,
            [one, two] => self.write(flight, one, false, without(&[one, two])).await,
            _ => {
                self.write(flight, 0, false, without(&[0, 1])).await;
                self.write(flight, 2, true, Links::Without(2)).await;
            }
        }
        flight.landed(on);
    }

    async fn write(&self, flight: &Flight, via: usize, weakly: bool, links: Links) {
        if flight.mutations().is_empty() {
            return;
        }
        let turn = self.player.turn(links).await;
        turn.writes();
        let replica = &self.stage.replicas[via];
        let rows = self.corner(if weakly { &replica.weak } else { &replica.strong });
        let mut outcome = Ok(());
        for _ in 0..TRIES {
            let batch = Batch { mutations: flight.mutations().to_vec(), class: Class::Upkeep };
            outcome = rows.write(batch).await;
            if outcome.is_ok() {
                return;
            }
        }
        panic!("{links:?}, server {via}: {outcome:?}");
    }

    fn corner(&self, store: &Arc<Cassandra>) -> Corner {
        Corner { store: store.clone(), salt: self.salt }
    }

    /// All rows of a partition, by a quorum of these two.
    pub async fn read(&self, table: Table, partition: Bytes, pair: Pair) -> Vec<Row> {
        self.ask(pair, async |rows| reading::partition(rows, table, partition.clone(), Bytes::new()).await)
            .await
    }

    /// All rows of a partition that one server has: its answer to a quorum read whose other answer comes at another time.
    pub async fn read_one(&self, table: Table, partition: Bytes, server: usize) -> Vec<Row> {
        let rows = [&self.stage.replicas[server].weak];
        let read =
            async |rows: &dyn Rows| reading::partition(rows, table, partition.clone(), Bytes::new()).await;
        self.asked(Links::Without(server), &rows, read).await
    }

    /// A look by a quorum of these two.
    pub async fn look(&self, of: Incarnation, pair: Pair) -> Look {
        self.ask(pair, async |rows| rows.look(of).await).await
    }

    /// A reading of the product's own, by quorums of these two.
    pub async fn ask<T>(&self, pair: Pair, read: impl AsyncFn(&dyn Rows) -> Result<T, ReadError>) -> T {
        let rows = pair.map(|server| &self.stage.replicas[server].strong);
        self.asked(without(&pair), &rows, read).await
    }

    async fn asked<T>(
        &self,
        links: Links,
        rows: &[&Arc<Cassandra>],
        read: impl AsyncFn(&dyn Rows) -> Result<T, ReadError>,
    ) -> T {
        let _turn = self.player.turn(links).await;
        let mut outcome = None;
        for attempt in 0..TRIES {
            match read(&self.corner(rows[attempt % rows.len()])).await {
                Ok(found) => return found,
                Err(error) => outcome = Some(error),
            }
        }
        panic!("{links:?}: {outcome:?}");
    }

    /// Something that the product does by itself, on the store as this server's coordinator gives it while all links are there.
    pub async fn whole<T>(&self, act: impl AsyncFnOnce(Arc<dyn Rows>) -> T) -> T {
        let turn = self.player.turn(Links::Whole).await;
        turn.writes();
        let rows = self.corner(&self.stage.replicas[0].strong);
        for _ in 0..TRIES {
            if rows.look(Incarnation { generation: self.generation, number: 1 }).await.is_ok() {
                break;
            }
        }
        act(Arc::new(rows)).await
    }

    /// Lives of whole nodes in the trace's corner, while all links are there.
    pub async fn lives<T: Send + 'static>(&self, live: impl FnOnce(Run) -> T + Send + 'static) -> T {
        let turn = self.player.turn(Links::Whole).await;
        turn.writes();
        // Asked for within the turn, so that nobody waits for links who keeps others from theirs.
        let _leave = self.stage.lives.acquire().await.expect("it is never closed");
        let run = Run::on(self.stage.options.clone(), self.salt);
        let (told, hears) = oneshot::channel();
        Real::start().beside(Box::new(move || {
            let _ = told.send(live(run));
        }));
        hears.await.expect("the lives end well")
    }

    /// A fence lands on a quorum.
    pub async fn fence(&self, of: Incarnation, pair: Pair) {
        self.land(&Flight::new(fences::mutations(of)), &pair).await;
    }

    /// The places at which the shard's list has the session, as a new owner reads it: by a quorum of these two, from its mark on.
    pub async fn places(&self, pair: Pair) -> Vec<Place> {
        let active = self.ask(pair, async |rows| reading::active(rows, SHARD).await).await;
        active.rows.into_iter().filter(|(_, id)| *id == self.id).map(|(place, _)| place).collect()
    }

    /// Whether it has.
    pub async fn lists(&self, pair: Pair) -> bool {
        !self.places(pair).await.is_empty()
    }

    /// Whether the list of sleepers has the session, by a quorum of these two.
    pub async fn sleeps(&self, pair: Pair) -> bool {
        let read = async |rows: &dyn Rows| reading::due(rows, SHARD, Bytes::new(), Time(u64::MAX)).await;
        self.ask(pair, read).await.due.iter().any(|(_, id)| *id == self.id)
    }

    /// The active row at a place, inserted with a timestamp.
    pub fn listing(&self, place: Place, timestamp: i64) -> Flight {
        Flight::new(vec![lists::list(SHARD, &self.id, (place, timestamp))])
    }

    /// Its delete.
    pub fn unlisting(&self, place: Place, timestamp: i64) -> Flight {
        Flight::new(vec![lists::unlist(SHARD, &self.id, place, timestamp)])
    }

    /// A wake-up.
    pub fn wakeup(&self, timestamp: i64) -> Flight {
        Flight::new(vec![lists::wake_at(SHARD, Time(1), &self.id, timestamp)])
    }

    /// The mark of the active list.
    pub fn mark(&self, from: Place, timestamp: i64) -> Flight {
        Flight::new(vec![lists::mark_active(SHARD, from, timestamp)])
    }

    /// A fence vanishes, as a TTL or an operator would make it.
    pub async fn lose_fence(&self, of: Incarnation) {
        let lost = fences::mutations(of).into_iter().map(|mutation| match mutation {
            Mutation::Put { table, partition, clustering, timestamp, .. } => {
                Mutation::Delete { table, partition, clustering, timestamp: timestamp + 1 }
            }
            other => other,
        });
        self.land(&Flight::new(lost.collect()), &[0, 1, 2]).await;
    }
}

/// The links with which just these two answer.
fn without(pair: &[usize]) -> Links {
    let pair = pair.iter().copied().collect::<BTreeSet<_>>();
    Links::Without((0..3).find(|server| !pair.contains(server)).expect("two of three"))
}
