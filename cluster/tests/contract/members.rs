//! Members that come, go, vote and lead.

use std::time::{Duration, Instant};

use holdfast_cluster::contract::{Ground, WAIT, bootstrapped, insist, join_of, led, name_of, settled};
use holdfast_cluster::ownership::{Answer, Command, NodeName, Reason, State};
use holdfast_cluster::transport::local::Network;
use holdfast_cluster::{BootstrapError, Cluster, Config, JoinError, MemberError, ProposeError};

use crate::ONE;
use crate::ground::{Members, Wire, shown};

fn local(size: usize) -> Members {
    Members::new(Wire::Local(Network::default()), size)
}

/// A founded group of three whose members all joined the map and vote.
async fn three() -> Members {
    let members = local(3).founded(16).await.all_vote().await;
    bootstrapped(&members).await;
    members
}

fn names(of: &[NodeName]) -> Vec<String> {
    let mut names: Vec<String> = of.iter().map(ToString::to_string).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_joins_listens_and_comes_to_vote_only_while_voters_are_missing() {
    let members = local(4).founded(16).await;
    bootstrapped(&members).await;
    members.until("three vote", || members.cluster(0).status().voters.len() == 3).await;
    assert_eq!(names(&members.cluster(0).status().voters), ["n0", "n1", "n2"]);
    assert_eq!(names(&members.cluster(0).status().learners), ["n3"]);
    let listener = members.cluster(3);
    assert_eq!(listener.map().map, settled(&members).await.map);
    assert_eq!(listener.propose(Command::SetLevel { level: 1 }, WAIT).await, Ok(Answer::Done));
    assert_eq!(listener.map().map.level(), 1);
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voter_that_stays_down_is_replaced_and_listens_when_it_comes_back() {
    let soon = |config| Config { replace_after: Duration::from_millis(200), ..config };
    let members = local(4).configured(soon).founded(16).await;
    bootstrapped(&members).await;
    members.until("three vote", || members.cluster(0).status().voters.len() == 3).await;
    members.close(2).await;
    let incarnation = members.cluster(0).map().map.nodes()[&name_of(2)].incarnation;
    insist(&members, 0, &Command::Depose { incarnation, reason: Reason::PortRefuses }).await;
    let voters = || names(&members.cluster(0).status().voters);
    members.until("n3 votes for n2", || voters() == ["n0", "n1", "n3"]).await;
    members.open(2).await;
    insist(&members, 2, &join_of(2, 99)).await;
    settled(&members).await;
    assert_eq!(voters(), ["n0", "n1", "n3"]);
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wiped_disk_comes_back_as_a_new_member_that_takes_the_old_ones_place() {
    let members = three().await;
    let leader = led(&members).await;
    let wiped = (leader + 1) % 3;
    let former = members.cluster(wiped).status().member;
    members.close(wiped).await;
    members.wipe(wiped);
    members.open(wiped).await;
    let cluster = members.cluster(wiped);
    assert_ne!(cluster.status().member, former);
    assert!(!cluster.map().map.is_founded(), "the old member's mail was taken by the new one");
    cluster.join(&[members.peer(leader)], WAIT).await.unwrap();
    insist(&members, wiped, &join_of(wiped, 99)).await;
    members.until("it votes again", || cluster.status().votes && cluster.status().voters.len() == 3).await;
    members.until("the old one is dropped", || members.cluster(leader).status().learners.is_empty()).await;
    settled(&members).await;
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_node_gets_the_map_by_a_snapshot_once_its_log_is_gone() {
    fn often(mut config: Config) -> Config {
        config.timing.snapshot_every = 50;
        config
    }
    let members = local(2).configured(often).founded_by_one(16).await;
    for nonce in 1..=300 {
        insist(&members, 0, &join_of(0, nonce)).await;
        let former = members.cluster(0).map().map.unfenced().last();
        if let Some(incarnation) = former {
            insist(&members, 0, &Command::Fenced { incarnation }).await;
        }
    }
    members.until("a snapshot", || members.cluster(0).status().snapshot > 400).await;
    members.open(1).await;
    members.cluster(1).join(&[members.peer(0)], WAIT).await.unwrap();
    let view = settled(&members).await;
    assert!(members.cluster(1).status().snapshot > 400, "{:?}", members.cluster(1).status());
    assert_eq!(view.map.nodes().len(), 1);
    // And from its own disk, without the leader.
    members.close(1).await;
    members.close(0).await;
    members.open(1).await;
    members.until("the map is read from disk", || members.cluster(1).map().map.is_founded()).await;
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leadership_is_handed_over_in_milliseconds() {
    let _one = ONE.lock().await;
    let members = three().await;
    let mut times = Vec::new();
    for _ in 0..10 {
        let to = (led(&members).await + 1) % 3;
        let began = Instant::now();
        members.cluster(to).transfer_leader(&name_of(to), WAIT).await.unwrap();
        insist(&members, to, &Command::SetLevel { level: 0 }).await;
        times.push(began.elapsed());
    }
    println!("leadership handed over and used after {}", shown(&times));
    times.sort();
    assert!(times[times.len() / 2] < Duration::from_millis(150), "{}", shown(&times));
    members.end().await;
}

/// One trial: the leader is killed, and the others are told at once. Until the next has answered.
async fn hurried(members: &Members) -> Duration {
    let leader = led(members).await;
    let others: Vec<Cluster> = (0..3).filter(|at| *at != leader).map(|at| members.cluster(at)).collect();
    let began = Instant::now();
    members.close(leader).await;
    for other in &others {
        other.hurry_election().await;
    }
    insist(members, (leader + 1) % 3, &Command::SetLevel { level: 0 }).await;
    let gap = began.elapsed();
    members.open(leader).await;
    settled(members).await;
    gap
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_election_that_is_hurried_does_not_wait_for_the_lease() {
    let _one = ONE.lock().await;
    let members = three().await;
    let mut times = Vec::new();
    for _ in 0..7 {
        times.push(hurried(&members).await);
    }
    println!("leader killed and election hurried, first answer of the next after {}", shown(&times));
    times.sort();
    assert!(times[times.len() / 2] < Duration::from_millis(300), "{}", shown(&times));
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_election_that_is_hurried_for_nothing_costs_no_answer() {
    let members = three().await;
    for round in 0..10 {
        let follower = (led(&members).await + 1) % 3;
        members.cluster(follower).hurry_election().await;
        let answer = insist(&members, round % 3, &join_of(round % 3, 1000 + round as u128)).await;
        let Answer::Joined(incarnation) = answer else { panic!("{answer:?}") };
        let view = settled(&members).await;
        assert_eq!(view.map.state(incarnation), Some(State::Up));
    }
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_node_is_no_member_and_the_last_voter_stays() {
    let members = three().await;
    let leader = led(&members).await;
    let (stays, goes) = ((leader + 1) % 3, leader);
    members.cluster(stays).remove(&name_of(goes), WAIT).await.unwrap();
    members.until("it is gone", || members.cluster(stays).status().voters.len() == 2).await;
    members.close(goes).await;
    let last = (0..3).find(|at| *at != goes && *at != stays).unwrap();
    members.cluster(stays).remove(&name_of(last), WAIT).await.unwrap();
    let refused = members.cluster(stays).remove(&name_of(stays), WAIT).await;
    assert!(matches!(refused, Err(MemberError::Impossible(_))), "{refused:?}");
    insist(&members, stays, &join_of(stays, 77)).await;
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_founded_once_and_members_of_another_are_not_let_in() {
    let network = Network::default();
    let first = Members::new(Wire::Local(network.clone()), 1).founded(16).await;
    let again = first.cluster(0).bootstrap(8, 16, WAIT).await;
    assert!(matches!(again, Err(BootstrapError::Member | BootstrapError::Propose(ProposeError::Refused(_)))));
    let other = Members::new(Wire::Local(network), 2).named_from(1).founded_by_one(16).await;
    let soon = Duration::from_millis(500);
    let refused = first.cluster(0).join(&[other.peer(0)], soon).await;
    assert!(matches!(refused, Err(JoinError::NobodyAnswered(_) | JoinError::OtherCluster)), "{refused:?}");
    assert_eq!(other.cluster(0).status().learners.len(), 0);
    first.cluster(0).join(&[], WAIT).await.unwrap();
    first.cluster(0).join(&[first.peer(0)], WAIT).await.unwrap();
    first.end().await;
    other.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_leader_nothing_is_sent_and_too_many_are_turned_away() {
    let members = local(1);
    members.open(0).await;
    let cluster = members.cluster(0);
    let many = 0..holdfast_cluster::limits::PROPOSALS + 3;
    let soon = Duration::from_millis(200);
    let outcomes = futures_util::future::join_all(many.map(|_| cluster.propose(join_of(0, 1), soon))).await;
    let count = |error| outcomes.iter().filter(|outcome| **outcome == Err(error)).count();
    assert_eq!(count(ProposeError::Busy), 3);
    assert_eq!(count(ProposeError::NoLeader), holdfast_cluster::limits::PROPOSALS);
    assert_eq!(cluster.status().proposals_busy, 3);
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_minority_is_asked_stays_unknown_and_is_never_answered_wrongly() {
    let members = three().await;
    let leader = led(&members).await;
    members.cut_off(leader);
    let nonce = 555;
    let soon = Duration::from_millis(100);
    let outcome = members.cluster(leader).propose(join_of(leader, nonce), soon).await;
    assert_eq!(outcome, Err(ProposeError::Unknown));
    let other = (leader + 1) % 3;
    let Answer::Joined(first) = insist(&members, other, &join_of(leader, nonce)).await else { panic!() };
    members.heal();
    let Answer::Joined(second) = insist(&members, leader, &join_of(leader, nonce)).await else { panic!() };
    assert_eq!(first, second);
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_network_costs_time_and_no_answer() {
    let _one = ONE.lock().await;
    let network = Network::default();
    let members = Members::new(Wire::Local(network.clone()), 3).founded(16).await.all_vote().await;
    bootstrapped(&members).await;
    let term = members.cluster(0).status().term;
    network.delay(Duration::from_millis(8));
    holdfast_cluster::contract::calm(&members).await;
    assert_eq!(members.cluster(0).status().term, term, "the leader was taken for dead");
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_whose_disk_fails_stops_and_says_so() {
    let members = local(1).founded_by_one(16).await;
    let cluster = members.cluster(0);
    assert_eq!(cluster.status().failed, None);
    std::fs::remove_dir_all(members.dir(0)).unwrap();
    // The log needs its next file once this one is full; until then the open one takes what is written.
    let mut nonce = 0;
    while cluster.status().failed.is_none() {
        nonce += 1;
        assert!(nonce < 5000, "{:?}", cluster.status());
        let outcome = cluster.propose(wide_join(nonce), Duration::from_millis(200)).await;
        assert!(matches!(outcome, Ok(Answer::Joined(_)) | Err(ProposeError::Unknown)), "{outcome:?}");
    }
    let soon = Duration::from_millis(50);
    assert!(cluster.propose(wide_join(0), soon).await.is_err());
    members.end().await;
}

/// A join that fills the log quickly.
fn wide_join(nonce: u128) -> Command {
    let Command::Join(mut join) = join_of(0, nonce) else { unreachable!("it is a join") };
    let wide = |at| (format!("door{at}"), "x".repeat(250));
    join.addresses.doors = (0..8).map(wide).collect();
    Command::Join(join)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_member_that_hears_nothing_does_not_unseat_a_leader_that_others_hear() {
    let members = three().await;
    let leader = led(&members).await;
    let (deaf, other) = ((leader + 1) % 3, (leader + 2) % 3);
    let term = members.cluster(leader).status().term;
    members.deafen(deaf);
    // Long enough for the deaf one to want an election, several times.
    let began = Instant::now();
    let mut nonce = 0;
    while began.elapsed() < Duration::from_millis(1500) {
        nonce += 1;
        insist(&members, other, &join_of(other, nonce)).await;
    }
    assert_eq!(members.cluster(leader).status().term, term);
    members.heal();
    settled(&members).await;
    assert_eq!(members.cluster(leader).status().term, term);
    members.end().await;
}
