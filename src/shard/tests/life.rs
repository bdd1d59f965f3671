//! One life of a node without edges: shards on a disk in memory, until its runtime is dropped. What clients need to talk
//! to it through the door. Never reaches past the door.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::agent::event::{AgentAct, Stage};
use crate::center::StaffRole;
use crate::runtime::{Real, Runtime};
use crate::session::event::{Birth, By, Event};
use crate::session::input::{Act, Ask};
use crate::shard::door::{AgentSummary, DoorError, Receipt, StaffDoor, Who};
use crate::shard::start;
use crate::store::rows::embedded::tests::disk::Disk;
use crate::store::rows::embedded::{Embedded, Options, open_at};
use crate::words::{AgentId, Audience, MessageId, PartyId, Role, Seq, SessionId, Time};

/// Few shards, so that each has several sessions.
pub const SHARDS: u16 = 4;

/// A contact center in which nobody types too fast.
const CENTER: &str = r#"
[unit.demo]
title = "Demo"
[queue.support]
unit = "demo"
[service.support]
unit = "demo"
queue = "support"
limits = { events_per_second = 1000000, burst = 1000000 }
"#;

/// The contact center with its agents.
pub fn center() -> String {
    let agent = |name: &&str| {
        let hash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA";
        format!(
            "[agent.{name}]\nnick = \"{name}\"\nunits = [\"demo\"]\nroles = [\"agent\"]\nqueues = [\"support\"]\n\
             capacity = 2\npassword_hash = \"{hash}\"\n"
        )
    };
    format!("{CENTER}{}", ["ann", "ben", "sue"].iter().map(agent).collect::<String>())
}

/// The system's clock, moved forward by the test; sleeps end when it says so.
pub struct Clock {
    real: Arc<dyn Runtime>,
    ahead: AtomicU64,
    moved: tokio::sync::Notify,
}

impl Clock {
    /// A clock that tells the real time.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { real: Real::start(), ahead: AtomicU64::new(0), moved: tokio::sync::Notify::new() })
    }

    /// Moves it forward.
    pub fn advance(&self, millis: u64) {
        self.ahead.fetch_add(millis, Ordering::SeqCst);
        self.moved.notify_waiters();
    }
}

/// The runtime that tells the clock's time.
struct Moved(Arc<Clock>);

impl Runtime for Moved {
    fn now(&self) -> Time {
        self.0.real.now().plus(self.0.ahead.load(Ordering::SeqCst))
    }

    fn ticks(&self) -> u64 {
        self.0.real.ticks()
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send + 'static>>) {
        self.0.real.spawn(task);
    }

    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        let clock = self.0.clone();
        let until = self.now().0 + u64::try_from(wait.as_millis()).unwrap();
        Box::pin(async move {
            loop {
                let moved = clock.moved.notified();
                let now = clock.real.now().0 + clock.ahead.load(Ordering::SeqCst);
                if now >= until {
                    return;
                }
                let rest = clock.real.sleep(Duration::from_millis(until - now));
                futures_util::future::select(Box::pin(moved), rest).await;
            }
        })
    }

    fn beside(&self, work: Box<dyn FnOnce() + Send + 'static>) {
        self.0.real.beside(work);
    }

    fn give_up(&self, why: &str) {
        eprintln!("the node gives up: {why}");
    }

    fn random(&self) -> u128 {
        self.0.real.random()
    }
}

/// Runs one life to its end; every task of it ends with it.
pub fn live<T>(life: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(life)
}

/// A node that serves.
pub struct Node {
    /// Its door.
    pub door: Arc<dyn StaffDoor>,
    /// Its store, to close it.
    pub store: Arc<Embedded>,
}

impl Node {
    /// Starts on what the disk holds; an error when the disk dies meanwhile.
    pub async fn start(disk: &Disk, clock: &Arc<Clock>) -> Result<Self, String> {
        let options = Options {
            reserve_bytes: 0,
            cache_bytes: 1 << 20,
            die: Arc::new(|_| ()),
            ..Options::new("unused")
        };
        let store = open_at(Box::new(disk.clone()), options).map_err(|e| e.to_string())?;
        Self::on(store, clock).await
    }

    /// Starts on a store that is open already.
    pub async fn on(store: Arc<Embedded>, clock: &Arc<Clock>) -> Result<Self, String> {
        let runtime: Arc<dyn Runtime> = Arc::new(Moved(clock.clone()));
        let shards = start(runtime, store.clone(), SHARDS).await.map_err(|e| e.to_string())?;
        let door = shards.door;
        if door.center().version == 0 {
            door.apply_center(0, center()).await.map_err(|e| e.to_string())?;
        }
        Ok(Self { door, store })
    }

    /// Asks under an id.
    pub async fn ask(&self, who: &Who, session: SessionId, input: (&str, Option<u64>, Act)) -> Answer {
        let (id, after, act) = input;
        let ask = Ask { by: who.by.clone(), id: MessageId(id.into()), after: after.map(Seq), act };
        self.door.ask(who.clone(), session, ask).await
    }

    /// Creates a session with a customer in it.
    pub async fn create(&self, session: SessionId) -> Answer {
        self.ask(&customer(), session, ("create", None, birth())).await
    }

    /// A message.
    pub async fn say(&self, who: &Who, session: SessionId, said: (&str, Option<u64>, &str)) -> Answer {
        let (id, after, text) = said;
        let act = Act::Send { text: text.into(), audience: Audience::All };
        self.ask(who, session, (id, after, act)).await
    }

    /// Lets an agent enter, as programs may.
    pub async fn join(&self, agent: &str, session: SessionId, id: &str) -> Answer {
        let act = Act::Join {
            role: Role::Agent,
            nick: agent.into(),
            agent: Some(AgentId(agent.into())),
            audience: Audience::All,
        };
        self.ask(&auditor(), session, (id, None, act)).await
    }

    /// The whole session, as one who may see all of it.
    pub async fn all(&self, session: SessionId) -> Result<Vec<Arc<Event>>, DoorError> {
        let (mut events, mut from) = (Vec::new(), Seq(0));
        loop {
            let page = self.door.page(auditor(), session, from, 500).await?;
            from = page.next;
            events.extend(page.events);
            if !page.more {
                return Ok(events);
            }
        }
    }

    /// Lets an agent sign in, be offered the session, and take it.
    pub async fn serve(&self, agent: &str, session: SessionId) {
        let act = |id: &str, act| self.door.ask_agent(AgentId(agent.into()), MessageId(id.into()), act);
        let (device, queues) = ("d".into(), vec!["support".into()]);
        act("in", AgentAct::SignIn { device, capacity: 2, queues }).await.unwrap();
        act("ready", AgentAct::State { ready: true, reason: None }).await.unwrap();
        loop {
            let offered = self.agent(agent).await.held;
            let offered =
                offered.iter().find(|(_, held)| held.session == session && held.stage == Stage::Offered);
            if let Some((reservation, _)) = offered {
                let act = Act::Accept { reservation: *reservation };
                accepted(&self.ask(&staff(agent), session, ("take", None, act)).await);
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// How an agent stands.
    pub async fn agent(&self, name: &str) -> AgentSummary {
        self.door.agent(AgentId(name.into())).await.unwrap()
    }
}

/// What a change came to.
pub type Answer = Result<Receipt, DoorError>;

/// A session by number.
pub fn session(number: u64) -> SessionId {
    let mut id = [7; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    SessionId(id)
}

/// The customer who created a session.
pub fn customer() -> Who {
    Who { by: By::Party(PartyId(1)), roles: Vec::new(), units: Vec::new() }
}

/// A member of staff.
pub fn staff(name: &str) -> Who {
    Who { by: By::Staff(AgentId(name.into())), roles: vec![StaffRole::Agent], units: vec!["demo".into()] }
}

/// Somebody who may see everything.
pub fn auditor() -> Who {
    let by = By::Integration("auditor".into());
    Who { by, roles: vec![StaffRole::Supervisor, StaffRole::Admin], units: vec!["demo".into()] }
}

/// A create with a customer.
pub fn birth() -> Act {
    let birth = Birth {
        service: "support".into(),
        unit: "demo".into(),
        config: 1,
        contact: BTreeMap::new(),
        identity: None,
        creator: By::Party(PartyId(1)),
        data: BTreeMap::new(),
    };
    Act::Create { birth: Box::new(birth), customer: Some("Cleo".into()), text: None }
}

/// The seq of an accepted change and whether it had been accepted before.
#[track_caller]
pub fn accepted(answer: &Answer) -> (u64, bool) {
    let receipt = answer.as_ref().unwrap_or_else(|e| panic!("refused: {e}"));
    (receipt.seq.0, receipt.repeated)
}
