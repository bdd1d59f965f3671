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
use holdfast::runtime::Real;
use holdfast::store::journal::keys;
use holdfast::store::journal::lists::{self, Place};
use holdfast::store::rows::cassandra::options::Options;
use holdfast::store::rows::cassandra::{self, Cassandra};
use holdfast::store::rows::{Batch, Class, Incarnation, Look, Mutation, Row, Rows, Slice, Table, fences};
use holdfast::words::{JournalId, SessionId};

use super::flight::Flight;
use super::links::Links;
use super::turns::{Player, Turns};
use super::verdict::History;
use crate::proxy::{Action, On, Proxy, before};

/// How often an act is tried: a server that was cut off is not there again at once.
const TRIES: usize = 20;

/// Two of the three servers.
pub type Pair = [usize; 2];

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
        Self { replicas }
    }
}

/// One trace at work on the stage, in a session and with generations that no other trace uses.
pub struct Play<'s> {
    stage: &'s Stage,
    player: Player<'s>,
    /// The trace's session.
    pub id: JournalId,
    /// The trace's shard of the lists.
    pub shard: u16,
    /// The trace's first generation.
    pub generation: u32,
    /// What was done in it.
    pub history: History,
}

impl<'s> Play<'s> {
    /// The `number`th trace of this run.
    pub fn new(stage: &'s Stage, turns: &'s Turns, (run, number): (u128, u16)) -> Self {
        let id = JournalId::Session(SessionId((run ^ u128::from(number)).to_be_bytes()));
        // 31 bits of the run leave room for the few generations of a trace.
        let generation = u32::try_from((run >> 90) & 0x3fff).expect("14 bits") << 16 | u32::from(number) << 3;
        let shard = u16::try_from((run >> 64) & 0xff).expect("8 bits") << 8 | number;
        Self { stage, player: turns.join(), id, shard, generation, history: History::default() }
    }

    /// Flights land on these servers, one after the other.
    pub async fn land_all(&self, flights: &[Flight], on: &[usize]) {
        for flight in flights {
            self.land(flight, on).await;
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
        let rows = if weakly { &replica.weak } else { &replica.strong };
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

    /// All rows of a partition, by a quorum of these two.
    pub async fn read(&self, table: Table, partition: Bytes, pair: Pair) -> Vec<Row> {
        let slice = || {
            let (from, to) = (Bytes::new(), None);
            Slice {
                table,
                partition: partition.clone(),
                from,
                to,
                limit: 10_000,
                bytes: 64 << 20,
                reverse: false,
            }
        };
        let links = without(&pair);
        let _turn = self.player.turn(links).await;
        let mut outcome = None;
        for attempt in 0..TRIES {
            let read = self.stage.replicas[pair[attempt % 2]].strong.read(slice()).await;
            match read {
                Ok(page) => {
                    assert!(!page.more, "a page without a limit holds everything");
                    return page.rows;
                }
                Err(error) => outcome = Some(error),
            }
        }
        panic!("{links:?}: {outcome:?}");
    }

    /// A look by a quorum of these two.
    pub async fn look(&self, of: Incarnation, pair: Pair) -> Look {
        let links = without(&pair);
        let _turn = self.player.turn(links).await;
        let mut outcome = None;
        for attempt in 0..TRIES {
            match self.stage.replicas[pair[attempt % 2]].strong.look(of).await {
                Ok(look) => return look,
                Err(error) => outcome = Some(error),
            }
        }
        panic!("{links:?}: {outcome:?}");
    }

    /// A fence lands on a quorum.
    pub async fn fence(&self, of: Incarnation, pair: Pair) {
        self.land(&Flight::new(fences::mutations(of)), &pair).await;
    }

    /// Whether the shard's list has the session, by a quorum of these two.
    pub async fn lists(&self, pair: Pair) -> bool {
        let rows = self.read(Table::ActiveSessions, keys::shard(self.shard), pair).await;
        rows.iter().any(|row| keys::parse_active(&row.clustering).is_ok_and(|(_, id)| id == self.id))
    }

    /// The active row at a place, inserted with a timestamp.
    pub fn listing(&self, place: Place, timestamp: i64) -> Flight {
        Flight::new(vec![lists::list(self.shard, &self.id, (place, timestamp))])
    }

    /// Its delete.
    pub fn unlisting(&self, place: Place, timestamp: i64) -> Flight {
        Flight::new(vec![lists::unlist(self.shard, &self.id, place, timestamp)])
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
