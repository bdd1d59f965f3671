//! Fills a store with sessions as shard workers would have left them, but in batches that take minutes instead of weeks.
//! For `cargo xtask bench`, never for a store that anybody uses.
//!
//! `fill dormant DIR CENTER COUNT` writes sleeping sessions: journal, checkpoint, cut, wake-up and the record's head.
//! `fill long DIR CENTER COUNT EVENTS` writes sessions with so many events each. Both print a few of the sessions' ids.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use holdfast::center::{Center, Source, parse};
use holdfast::limits::CHECKPOINT_EVENTS;
use holdfast::runtime::Real;
use holdfast::session::event::{Birth, By, Errand, Event};
use holdfast::session::input::{Act, Ask, FromAgent, Input};
use holdfast::session::{Head, Rules, Session, Soft};
use holdfast::shard::place;
use holdfast::store::codec;
use holdfast::store::journal::checkpoint::Checkpoint;
use holdfast::store::journal::ids::{WINDOW, hash};
use holdfast::store::journal::lists::{self, Stamps};
use holdfast::store::journal::row::Stored;
use holdfast::store::journal::{Epoch, record, take};
use holdfast::store::rows::embedded::{Embedded, Options, open};
use holdfast::store::rows::{Batch, Class, Mutation, Rows};
use holdfast::words::{
    AgentId, Audience, JournalId, MessageId, PartyId, ReservationId, Seq, SessionId, Time,
};

/// Shards of a new store.
const SHARDS: u16 = holdfast::limits::SHARDS;
/// Mutations of one batch.
const BATCH: usize = 3_000;
/// Batches under way at once.
const AT_ONCE: usize = 4;
/// Ids that are printed.
const SHOWN: u64 = 100;
/// The service of all sessions; its center file must have it, with timers of months.
const SERVICE: &str = "async";
/// The agent who serves them all.
const AGENT: &str = "load-1";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match words[..] {
        ["dormant", dir, center, count] => runtime.block_on(fill(dir, center, (count.parse()?, 2))),
        ["long", dir, center, count, events] => {
            runtime.block_on(fill(dir, center, (count.parse()?, events.parse()?)))
        }
        _ => {
            println!("fill dormant DIR CENTER COUNT | fill long DIR CENTER COUNT EVENTS");
            Ok(())
        }
    }
}

async fn fill(dir: &str, center: &str, (count, texts): (u64, u64)) -> Result<()> {
    let text = std::fs::read_to_string(center).with_context(|| format!("cannot read {center}"))?;
    let runtime = Real::start();
    let store = open(Options::new(dir))?;
    let shards = holdfast::shard::start(runtime.clone(), store.clone(), SHARDS).await?;
    let version = shards.door.apply_center(0, text.clone()).await?;
    let epoch = Epoch::new(shards.generation, 1);
    shards.stop(std::time::Duration::from_secs(30)).await;
    let sources = [Source { name: center, text: &text }];
    let center = parse(&sources).map_err(|found| anyhow::anyhow!("{center}: {} problems", found.len()))?;
    let story = Story::new(&Center { version, ..center }, runtime.now(), texts)?;
    let mut filler = Filler { story, epoch, stamps: (0..SHARDS).map(|_| Stamps::new(epoch)).collect() };
    let mut out =
        Out { store: store.clone(), batch: Vec::new(), under_way: std::collections::VecDeque::new() };
    for number in 0..count {
        let id = session_id(filler.story.now, number);
        filler.session(id, &mut out).await?;
        if count <= SHOWN || number % (count / SHOWN) == 0 {
            println!("{id}");
        }
    }
    out.finish().await?;
    tokio::task::block_in_place(|| store.close());
    Ok(())
}

/// Ids as a node draws them: by time, then by chance.
fn session_id(now: Time, number: u64) -> SessionId {
    let at = (now.0 + number / 40) & 0xffff_ffff_ffff;
    let chance = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | (1 << 63);
    let upper = (at << 16) | 0x7000 | (number % 40);
    let both = (u128::from(upper) << 64) | u128::from(chance & !(1 << 62));
    SessionId(both.to_be_bytes())
}

/// What happened in every one of the sessions.
struct Story {
    now: Time,
    events: Vec<Event>,
    /// As rows.
    rows: Vec<Stored>,
    /// Hashes of the last message ids.
    ids: Vec<u64>,
    /// Up to here the checkpoint goes: a long session is left between two of them, a short one is put to sleep.
    saved: usize,
    wake: Time,
}

impl Story {
    /// A customer writes, an agent accepts, both say something, and then nothing happens for months.
    fn new(center: &Center, now: Time, texts: u64) -> Result<Self> {
        let service = center.services.get(SERVICE).context("the center has no service for this")?;
        let queue = center.queues.get(&service.queue).context("the service has no queue")?;
        let rules = Rules { service, queue, open: true, staffed: true, waiting: 0, center };
        let mut telling =
            Telling { session: Session::new(SessionId([0; 16])), rules, now, events: Vec::new() };
        let (reservation, agent) = (ReservationId(1), AgentId(AGENT.into()));
        let customer = By::Party(PartyId(1));
        let birth = Birth {
            service: SERVICE.into(),
            unit: service.unit.clone(),
            config: center.version,
            contact: [("phone".to_owned(), "+49 30 1234567".to_owned())].into(),
            identity: None,
            creator: customer.clone(),
            data: [("customer.order".to_owned(), "4711".to_owned())].into(),
        };
        let text = Some("Hello, I have a question about my order.".to_owned());
        let create = Act::Create { birth: Box::new(birth), customer: Some("Customer".into()), text };
        telling.ask(&customer, "create", create)?;
        let deadline = now.plus(30_000);
        let reserved =
            FromAgent::Reserved { reservation, agent: agent.clone(), queue: service.queue.clone(), deadline };
        telling.input(&Input::Agent(reserved))?;
        telling.ask(&By::Staff(agent.clone()), "accept", Act::Accept { reservation })?;
        telling.input(&Input::Agent(FromAgent::Done { reservation, errand: Errand::Engage }))?;
        for number in 0..texts.saturating_sub(telling.events.len() as u64).max(2) {
            let by = if number % 2 == 0 { By::Staff(agent.clone()) } else { customer.clone() };
            let text = format!("{number}: of course, let me look that up for you; it takes a moment.");
            telling.now = telling.now.plus(1_000);
            telling.ask(&by, &format!("m{number}"), Act::Send { text, audience: Audience::All })?;
        }
        telling.told()
    }
}

/// A session while its story is made up.
struct Telling<'a> {
    session: Session,
    rules: Rules<'a>,
    now: Time,
    events: Vec<Event>,
}

impl Telling<'_> {
    fn ask(&mut self, by: &By, id: &str, act: Act) -> Result<()> {
        self.input(&Input::Ask(Ask { by: by.clone(), id: MessageId(id.into()), after: None, act }))
    }

    fn input(&mut self, input: &Input) -> Result<()> {
        let mut soft = Soft::opened(self.now, &self.session);
        let decision = self
            .session
            .decide(&mut soft, input, &self.rules, self.now)
            .map_err(|e| anyhow::anyhow!("{e:?}"))?;
        for draft in decision.drafts {
            let event = draft.at(self.session.seq().next(), self.now);
            self.session.apply(&event);
            self.events.push(event);
        }
        Ok(())
    }

    fn told(self) -> Result<Story> {
        ensure!(
            self.session.effects().is_empty(),
            "the session waits for something: {:?}",
            self.session.effects()
        );
        let soft = Soft::opened(self.now, &self.session);
        let wake = self.session.next_wake(&soft, &self.rules).context("the session has no next deadline")?;
        ensure!(wake > self.now.plus(86_400_000), "the session does not sleep for long");
        let row = |event: &Event| {
            let mut body = Vec::new();
            codec::encode_event(event, &mut body);
            Stored::new(Seq(event.seq.0 - 1), 0, &body)
        };
        let id = |event: &Event| event.id.as_ref().map_or(0, |id| hash(&sender(&event.by), &id.0));
        let every = usize::try_from(CHECKPOINT_EVENTS)?;
        let saved =
            if self.events.len() < every { self.events.len() } else { self.events.len() / every * every };
        let ids = self.events[saved.saturating_sub(WINDOW)..saved].iter().map(id).collect();
        let rows = self.events.iter().map(row).collect();
        Ok(Story { now: self.now, rows, ids, saved, wake, events: self.events })
    }
}

/// As the worker scopes message ids.
fn sender(by: &By) -> String {
    match by {
        By::Party(PartyId(1)) => "p1".into(),
        By::System => "y".into(),
        _ => format!("s{AGENT}"),
    }
}

struct Filler {
    story: Story,
    epoch: Epoch,
    stamps: Vec<Stamps>,
}

impl Filler {
    async fn session(&mut self, id: SessionId, out: &mut Out) -> Result<()> {
        let journal = JournalId::Session(id);
        let mut session = Session::new(id);
        self.story.events[..self.story.saved].iter().for_each(|event| session.apply(event));
        out.put(take::birth(&journal, self.epoch)).await?;
        for (event, row) in self.story.events.iter().zip(&self.story.rows) {
            out.put(take::put_event(&journal, self.epoch, event.seq, row)).await?;
        }
        let mut state = Vec::new();
        codec::encode_session(&session, &mut state);
        let (seq, ids) = (session.seq(), self.story.ids.clone());
        let point = Checkpoint { seq, writer: self.epoch, chain: vec![(self.epoch, seq)], ids, state };
        out.put(point.put(&journal)).await?;
        let shard = place::session(id, SHARDS);
        let stamp = self.stamps[usize::from(shard)].draw();
        out.put(lists::wake_at(shard, self.story.wake, &journal, stamp)).await?;
        self.head(&journal, &session.head(), out).await
    }

    async fn head(&self, journal: &JournalId, head: &Head, out: &mut Out) -> Result<()> {
        let stamp = lists::stamp(self.epoch, u32::try_from(head.seq.0).unwrap_or(lists::K_MAX));
        out.put(record::put_head(journal, codec::encode_head(head), stamp)).await?;
        let started = jiff::Timestamp::from_millisecond(i64::try_from(head.started.0)?)?;
        let month = started.strftime("%Y-%m").to_string();
        for name in ["all".to_owned(), format!("service:{SERVICE}"), format!("agent:{AGENT}")] {
            out.put(record::index(&name, &month, head.started, journal, 1)).await?;
        }
        Ok(())
    }
}

type Written = holdfast::store::rows::Pending<std::result::Result<(), holdfast::store::rows::WriteError>>;

/// The way into the store, a few large batches at a time.
struct Out {
    store: Arc<Embedded>,
    batch: Vec<Mutation>,
    under_way: std::collections::VecDeque<Written>,
}

impl Out {
    async fn put(&mut self, mutation: Mutation) -> Result<()> {
        self.batch.push(mutation);
        if self.batch.len() >= BATCH { self.send().await } else { Ok(()) }
    }

    async fn send(&mut self) -> Result<()> {
        let mutations = std::mem::take(&mut self.batch);
        self.under_way.push_back(self.store.write(Batch { mutations, class: Class::Upkeep }));
        while self.under_way.len() > AT_ONCE {
            self.under_way.pop_front().context("it is not empty")?.await?;
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<()> {
        self.send().await?;
        for written in self.under_way.drain(..) {
            written.await?;
        }
        Ok(())
    }
}
