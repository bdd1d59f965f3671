//! What the store takes for one insert and for one look, without a server of ours in between.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::Bytes;
use tokio::task::JoinSet;

use crate::insert::Insert;
use crate::spread::Spread;

/// What is asked of the store, again and again.
#[derive(Clone)]
struct Request {
    insert: Arc<Insert>,
    /// `None` looks.
    body: Option<Bytes>,
}

/// Inserts for so many seconds, then looks for as many.
pub async fn run(points: &str, at_once: u64, (seconds, bytes): (u64, usize)) -> Result<()> {
    let insert = Insert::open(points).await?;
    let time = Duration::from_secs(seconds);
    let body = Some(Bytes::from(vec![b'x'; bytes + 60]));
    let write = Request { insert: Arc::clone(&insert), body };
    // What the servers' compilers and the driver's connections need before a figure counts.
    write.again(at_once, Duration::from_secs(2)).await?;
    let writes = write.again(at_once, time).await?;
    let looks = Request { insert, body: None }.again(at_once, time).await?;
    println!("{}", serde_json::json!({ "write": writes.json(time), "look": looks.json(time) }));
    Ok(())
}

impl Request {
    async fn once(&self, task: u64, number: u64) -> Result<()> {
        match &self.body {
            Some(body) => self.insert.store(&task.to_be_bytes(), number, body).await,
            None => self.insert.look().await,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a bench has its own clock and tasks")]
    async fn again(&self, at_once: u64, time: Duration) -> Result<Spread> {
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for task in 0..at_once {
            let request = self.clone();
            tasks.spawn(async move { request.until(task, (began, time)).await });
        }
        let mut whole = Spread::new();
        while let Some(spread) = tasks.join_next().await {
            whole.add(&spread??);
        }
        Ok(whole)
    }

    #[expect(clippy::disallowed_methods, reason = "a bench has its own clock and tasks")]
    async fn until(&self, task: u64, (began, time): (Instant, Duration)) -> Result<Spread> {
        let mut spread = Spread::new();
        for number in 0.. {
            let sent = Instant::now();
            if sent > began + time {
                break;
            }
            self.once(task, number).await?;
            spread.note(sent.elapsed());
        }
        Ok(spread)
    }
}
