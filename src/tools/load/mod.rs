//! `holdfast load`: customers and agents that hold conversations through the public API, lose their nodes and come back,
//! and write down all they were told and shown. The judgement is [`super::check`]'s; nothing reaches inside the server.
//!
//! Reading order: `options`, `plan` (what is said and when), `part` (one side of one conversation), `link` (connections),
//! `customer`, `agent`, `readback`.

mod agent;
mod args;
mod customer;
mod link;
mod options;
mod part;
mod plan;
mod progress;
mod readback;
mod run;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

pub use args::{LoadArgs, PaceName};
pub use options::{Content, Credential, Options, Pace, Transport};

use super::check::{Report, check_file};
use super::clock::Clock;
use super::history::ActorLog;
use crate::limits::{LOAD_END_WAIT, LOAD_GLANCE};
use run::{Counts, Run};

/// Agents whose passwords are checked at once: that is work for the server.
const SIGN_INS_AT_ONCE: usize = 2;
/// Exit code of a run that was interrupted twice.
const INTERRUPTED: i32 = 130;

/// Plays a whole run and judges it.
///
/// # Errors
/// If an agent cannot sign in, a session is refused, or the history cannot be written.
pub async fn run(options: Options) -> Result<Report> {
    let (history, expect) = (options.history.clone(), options.expect);
    let run = Arc::new(Run::new(options)?);
    let played = play(&run).await;
    finish(run).await?;
    played?;
    Ok(check_file(&history, expect)?)
}

/// Closes the history, once the last client has let go of the run.
async fn finish(run: Arc<Run>) -> Result<()> {
    let deadline = run.now() + part::micros(LOAD_END_WAIT);
    while Arc::strong_count(&run) > 1 && run.now() < deadline {
        Clock::sleep(LOAD_GLANCE).await;
    }
    Arc::into_inner(run).context("a client of the run is still at work")?.into_history().finish()
}

async fn play(run: &Arc<Run>) -> Result<()> {
    let mut helpers = JoinSet::new();
    if run.options.progress {
        helpers.spawn(progress::show(Arc::clone(run)));
        helpers.spawn(interrupted(Arc::clone(run)));
        helpers.spawn(called_home(Arc::clone(run)));
    }
    let played = stage(run).await;
    helpers.shutdown().await;
    played
}

/// Ctrl-C ends the typing, and a second one the process.
async fn interrupted(run: Arc<Run>) {
    while tokio::signal::ctrl_c().await.is_ok() {
        if run.is_late() {
            std::process::exit(INTERRUPTED);
        }
        eprintln!("nothing more is typed; what was said is judged");
        run.end();
    }
}

/// SIGUSR1 spreads clients over the nodes again: they gather on those that were never away.
async fn called_home(run: Arc<Run>) {
    let Ok(mut calls) = signal(SignalKind::user_defined1()) else { return };
    while calls.recv().await.is_some() {
        run.call_home();
    }
}

/// Agents come first and go last; transcripts are read when all are gone.
async fn stage(run: &Arc<Run>) -> Result<()> {
    let tokens: Vec<String> = stream::iter(run.options.agents.iter().enumerate())
        .map(|(index, agent)| run.sign_in(agent, index))
        .buffered(SIGN_INS_AT_ONCE)
        .try_collect()
        .await?;
    let mut agents = JoinSet::new();
    for (index, token) in tokens.into_iter().enumerate() {
        let desk = agent::Desk::new(run, index, token);
        agents.spawn(async move { Ok((index, desk.work().await?)) });
    }
    let played = customers(run).await;
    if played.is_ok() {
        conclusions(run).await;
    }
    run.over.cancel();
    let desks: Vec<Result<(usize, (ActorLog, String))>> = agents.join_all().await;
    played?;
    readback::customers(run).await;
    let mut views = Vec::new();
    for desk in desks {
        let (index, (log, token)) = desk?;
        views.push(read_desk(run, index, log, token));
    }
    join_all(views).await;
    Ok(())
}

async fn read_desk(run: &Arc<Run>, index: usize, mut log: ActorLog, token: String) {
    readback::agent(run, index, &mut log, &token).await;
}

/// So many customers at once as asked for, each with one conversation after the other.
async fn customers(run: &Arc<Run>) -> Result<()> {
    let next = Arc::new(AtomicUsize::new(0));
    let count = run.options.sessions.min(run.options.conversations);
    let mut seats = JoinSet::new();
    for seat in 0..count {
        let (run, next) = (Arc::clone(run), Arc::clone(&next));
        let delay = run.options.ramp.mul_f64(seat as f64 / count as f64);
        seats.spawn(async move { seat_taken(&run, &next, delay).await });
    }
    let mut played = Ok(());
    while let (Ok(()), Some(done)) = (&played, seats.join_next().await) {
        played = done.context("a customer ended in a panic").flatten();
    }
    seats.shutdown().await;
    played
}

async fn seat_taken(run: &Arc<Run>, next: &AtomicUsize, delay: Duration) -> Result<()> {
    if !delay.is_zero() {
        Clock::sleep(delay).await;
    }
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= run.talks.len() || run.is_late() {
            run.pacer.seat_empty();
            return Ok(());
        }
        Counts::add(&run.counts.begun);
        customer::converse(run, number).await?;
    }
}

/// Waits until agents have concluded what was played, within a limit.
async fn conclusions(run: &Arc<Run>) {
    let deadline = run.now() + part::micros(LOAD_END_WAIT);
    let played = |talk: &run::Talk| talk.agent.load(Ordering::Relaxed) > 0;
    let done = || run.talks.iter().filter(|t| played(t)).all(|t| t.concluded.load(Ordering::Acquire));
    while !done() && run.now() < deadline {
        Clock::sleep(LOAD_GLANCE).await;
    }
    let open = run.talks.iter().filter(|t| played(t) && !t.concluded.load(Ordering::Acquire)).count();
    if open > 0 {
        eprintln!("{open} conversations could not be concluded within {LOAD_END_WAIT:?}");
    }
}
