//! How many proposals a second, and how long each takes: printed, for comparing. Fails only if one is not answered.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use holdfast_cluster::contract::{Ground, WAIT, bootstrapped, join_of, led};
use holdfast_cluster::ownership::Answer;
use holdfast_cluster::transport::local::Network;

use crate::ONE;
use crate::ground::{Members, Wire};

/// Proposals of one member, as many at once as `lanes`. The joins are repeats: entries that change nothing.
async fn measure(members: &Members, at: usize, lanes: usize) -> String {
    const EACH: u64 = 150;
    let cluster = members.cluster(at);
    let slowest = AtomicU64::new(0);
    let began = Instant::now();
    let lane = |_| async {
        for _ in 0..EACH {
            let asked = Instant::now();
            let answer = cluster.propose(join_of(0, 0), WAIT).await;
            assert!(matches!(answer, Ok(Answer::Joined(_))), "{answer:?}");
            slowest.fetch_max(u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX), Relaxed);
        }
    };
    join_all((0..lanes).map(lane)).await;
    let (count, took) = (lanes as f64 * EACH as f64, began.elapsed());
    let mean = Duration::from_secs_f64(took.as_secs_f64() * lanes as f64 / count);
    let rate = count / took.as_secs_f64();
    format!("{lanes:3} at once: {rate:6.0}/s, mean {mean:?}, slowest {} µs", slowest.load(Relaxed))
}

async fn rates(what: &str, wire: Wire) {
    let _one = ONE.lock().await;
    let members = Members::new(wire, 3).founded(16).await.all_vote().await;
    bootstrapped(&members).await;
    let leader = led(&members).await;
    for (who, at) in [("leader", leader), ("follower", (leader + 1) % members.size())] {
        for lanes in [1, 64] {
            println!("{what}, at the {who}, {}", measure(&members, at, lanes).await);
        }
    }
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proposals_over_channels() {
    rates("channels", Wire::Local(Network::default())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proposals_over_tcp() {
    rates("tcp", Wire::Tcp).await;
}
