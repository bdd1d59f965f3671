//! The contract of the group that agrees, kept by real members: of three and of five, over channels and over TCP. What a test
//! measures, it prints: `cargo test -p holdfast-cluster --test contract -- --nocapture`.

#![expect(clippy::disallowed_methods, reason = "a test runs its tasks on tokio itself")]

#[cfg(test)]
mod ground;
#[cfg(test)]
mod members;
#[cfg(test)]
mod rate;
#[cfg(test)]
mod strangers;

use std::time::Duration;

use ground::{Members, Wire, shown};
use holdfast_cluster::contract::{self, Ground};
use holdfast_cluster::transport::local::Network;
use tokio::sync::Mutex;

/// Groups run one after the other: what they measure is time.
static ONE: Mutex<()> = Mutex::const_new(());

async fn keeps_the_contract(wire: Wire, size: usize) {
    let _one = ONE.lock().await;
    let members = Members::new(wire, size).founded(16).await.all_vote().await;
    let ground: &dyn Ground = &members;
    contract::bootstrapped(ground).await;
    contract::calm(ground).await;
    contract::idempotent(ground).await;
    let mut killed = Vec::<Duration>::new();
    for _ in 0..3 {
        killed.push(contract::leader_killed(ground).await);
    }
    println!("{size} members: leader killed, first answer of the next after {}", shown(&killed));
    if let Some(gap) = contract::cut_off(ground).await {
        println!("{size} members: leader cut off, first answer of the next after {} ms", gap.as_millis());
    }
    contract::restarted(ground).await;
    members.end().await;
}

/// Seeds of storms: those named in `HOLDFAST_STORM`, or a few.
fn seeds() -> Vec<u64> {
    let named = std::env::var("HOLDFAST_STORM").unwrap_or_else(|_| "1 2 3".to_owned());
    named.split_whitespace().map(|seed| seed.parse().expect("HOLDFAST_STORM holds numbers")).collect()
}

/// Repeat one with `HOLDFAST_STORM=seed cargo test -p holdfast-cluster --test contract storms`.
async fn weathers(wire: Wire, size: usize) {
    let _one = ONE.lock().await;
    let members = Members::new(wire, size).founded(16).await.all_vote().await;
    contract::bootstrapped(&members).await;
    for seed in seeds() {
        contract::storm(&members, seed, 12).await;
    }
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn storms_over_channels() {
    weathers(Wire::Local(Network::default()), 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn storms_over_tcp() {
    weathers(Wire::Tcp, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_members_over_channels() {
    keeps_the_contract(Wire::Local(Network::default()), 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_members_over_channels() {
    keeps_the_contract(Wire::Local(Network::default()), 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_members_over_tcp() {
    keeps_the_contract(Wire::Tcp, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_members_over_tcp() {
    keeps_the_contract(Wire::Tcp, 5).await;
}
