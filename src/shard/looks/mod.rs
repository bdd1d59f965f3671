//! Protocol rule 10: one look serves all events of this incarnation, in all shards, whose storing was known before it was
//! sent. Workers say what they need; one task looks for all of them, at most a few looks in flight, and starts over after
//! an error. Never publishes anything and never answers a sender.
//!
//! A store that answers a look at once (the embedded one) is asked by the worker itself, and nobody waits for a task.

mod order;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};

pub use order::Pace;

use self::order::{Next, Order};
use crate::runtime::{Runtime, mpsc, watch};
use crate::store::rows::{Incarnation, Look, Pending, ReadError, Rows};

/// The looks of one incarnation, for all its workers.
#[derive(Clone)]
pub struct Looks {
    rows: Arc<dyn Rows>,
    of: Incarnation,
    /// Whether the store answers a look while it is asked.
    at_once: bool,
    numbers: Arc<Numbers>,
    bell: mpsc::Sender<()>,
    clean: watch::Receiver<u64>,
    fenced: Arc<watch::Sender<bool>>,
}

/// What workers and the looker tell each other without waiting.
#[derive(Debug, Default)]
struct Numbers {
    /// The last look that has begun; raised before that look is sent.
    begun: AtomicU64,
    /// The highest number that any worker needs.
    wanted: AtomicU64,
}

/// A look under way, with its number and when it began.
type Flight = Pending<(u64, u64, Result<Look, ReadError>)>;

/// The task that looks.
struct Looker {
    runtime: Arc<dyn Runtime>,
    rows: Arc<dyn Rows>,
    of: Incarnation,
    order: Order,
    numbers: Arc<Numbers>,
    bell: mpsc::Receiver<()>,
    clean: watch::Sender<u64>,
    fenced: Arc<watch::Sender<bool>>,
    flights: FuturesUnordered<Flight>,
    sleep: Option<(u64, Pending<()>)>,
}

impl Looks {
    /// Starts to look for an incarnation.
    #[must_use]
    pub fn start(runtime: &Arc<dyn Runtime>, rows: Arc<dyn Rows>, of: Incarnation, pace: Pace) -> Self {
        let at_once = matches!(rows.look(of).now_or_never(), Some(Ok(_)));
        let (clean, cleaned) = watch::channel(0);
        let (bell, rung) = mpsc::channel(1);
        let fenced = Arc::new(watch::channel(false).0);
        let numbers = Arc::<Numbers>::default();
        let looker = Looker {
            runtime: runtime.clone(),
            rows: rows.clone(),
            of,
            order: Order::new(pace),
            numbers: numbers.clone(),
            bell: rung,
            clean,
            fenced: fenced.clone(),
            flights: FuturesUnordered::new(),
            sleep: None,
        };
        runtime.spawn(Box::pin(looker.run()));
        Self { rows, of, at_once, numbers, bell, clean: cleaned, fenced }
    }

    /// A look that begins and ends now, if the store can do that.
    #[must_use]
    pub fn now(&self) -> Option<Look> {
        if !self.at_once {
            return None;
        }
        let look = self.rows.look(self.of).now_or_never()?.ok()?;
        crate::metrics::shard().looks.inc();
        if look == Look::Fenced {
            self.fenced.send_replace(true);
        }
        Some(look)
    }

    /// Asks for a look that begins after now; the number that it has at least.
    #[must_use]
    pub fn need(&self) -> u64 {
        // Look n is sent after `begun` became n. So a look above the number that is read here is sent after this read.
        let need = Order::need(self.numbers.begun.load(SeqCst));
        self.numbers.wanted.fetch_max(need, SeqCst);
        // A bell that is full rings already, and what is wanted is read after it was heard.
        let _ = self.bell.try_send(());
        need
    }

    /// Waits until a need is served; gives the highest number that is. Never ends when the incarnation is fenced.
    pub fn served(&self, need: u64) -> impl Future<Output = u64> + Send + 'static {
        let mut clean = self.clean.clone();
        async move {
            let served = clean.wait_for(|clean| *clean >= need).await.map(|clean| *clean);
            match served {
                Ok(clean) => clean,
                Err(_) => std::future::pending().await,
            }
        }
    }

    /// Ends the incarnation: whoever waits for a look waits in vain, as when its fence was found.
    pub fn end(&self) {
        self.fenced.send_replace(true);
    }

    /// Waits until somebody finds that the incarnation is fenced: then everything of it ends.
    pub fn fenced(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut fenced = self.fenced.subscribe();
        async move {
            // Without anybody left who could find a fence there is nothing left to end.
            let gone = fenced.wait_for(|fenced| *fenced).await.is_err();
            if gone {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// What the looker waited for.
enum Heard {
    Bell,
    Answer(u64, u64, Result<Look, ReadError>),
    Time,
    /// Nobody is left who could need a look.
    Silence,
}

impl Looker {
    async fn run(mut self) {
        loop {
            self.order.want(self.numbers.wanted.load(SeqCst));
            self.begin();
            match self.heard().await {
                Heard::Bell | Heard::Time => {}
                Heard::Answer(number, began, answer) => {
                    if self.answered(number, began, answer) == Look::Fenced {
                        tracing::error!("this node's fence is there: it is deposed and ends its work");
                        self.fenced.send_replace(true);
                        return;
                    }
                }
                Heard::Silence => return,
            }
        }
    }

    /// Begins every look that may begin now.
    fn begin(&mut self) {
        loop {
            let now = self.runtime.ticks();
            match self.order.next(now) {
                Next::Begin(number) => {
                    self.numbers.begun.store(self.order.begun(), SeqCst);
                    let look = self.rows.look(self.of);
                    self.flights.push(Box::pin(async move { (number, now, look.await) }));
                }
                Next::Wait(at) if self.sleep.as_ref().is_some_and(|(until, _)| *until == at) => return,
                Next::Wait(at) => {
                    let sleep = self.runtime.sleep(Duration::from_nanos(at.saturating_sub(now)));
                    self.sleep = Some((at, sleep));
                    return;
                }
                Next::Rest => {
                    self.sleep = None;
                    return;
                }
            }
        }
    }

    fn heard(&mut self) -> impl Future<Output = Heard> + '_ {
        std::future::poll_fn(|cx: &mut Context<'_>| {
            if let Poll::Ready(Some((number, began, answer))) = self.flights.poll_next_unpin(cx) {
                return Poll::Ready(Heard::Answer(number, began, answer));
            }
            match self.bell.poll_recv(cx) {
                Poll::Ready(Some(())) => return Poll::Ready(Heard::Bell),
                Poll::Ready(None) => return Poll::Ready(Heard::Silence),
                Poll::Pending => {}
            }
            match self.sleep.as_mut().map(|(_, sleep)| sleep.as_mut().poll(cx)) {
                Some(Poll::Ready(())) => {
                    self.sleep = None;
                    Poll::Ready(Heard::Time)
                }
                _ => Poll::Pending,
            }
        })
    }

    /// An error is no answer; whoever it was for gets another look.
    fn answered(&mut self, number: u64, began: u64, answer: Result<Look, ReadError>) -> Look {
        let now = self.runtime.ticks();
        let took = now.saturating_sub(began);
        let metrics = crate::metrics::shard();
        metrics.looks.inc();
        match answer {
            Ok(Look::Fenced) => return Look::Fenced,
            Ok(Look::Clean) => {
                metrics.look_seconds.observe(Duration::from_nanos(took).as_secs_f64());
                self.order.was_clean(number, took);
                self.clean.send_replace(self.order.clean());
            }
            Err(error) => {
                tracing::debug!(error = %error, "a look gave no answer and is repeated");
                metrics.looks_failed.inc();
                self.order.gave_no_answer(number, now);
            }
        }
        Look::Clean
    }
}
