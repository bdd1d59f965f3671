//! The table that people read, by an example.

use super::super::super::ops::cluster::{Node, Phase, Raft, Report, Shard, Takeover};
use super::*;

fn node(name: &str, state: &str, shards: usize) -> Node {
    Node {
        name: name.into(),
        incarnation: 9,
        state: state.into(),
        zone: "a".into(),
        peer: format!("{name}:7083"),
        votes: true,
        shards,
        level: 1,
        link: (name != "n1").then(|| "connected".to_owned()),
        ..Node::default()
    }
}

fn report() -> Report {
    let shard = |(shard, owner): (u16, Option<&str>)| Shard {
        shard,
        owner: owner.map(Into::into),
        epoch: format!("1.{shard}"),
    };
    let mut nodes = vec![node("n1", "up", 2), node("n2", "draining", 1), node("n3", "gone", 0)];
    nodes[0].leads = true;
    nodes[1].lag = Some(3);
    nodes[2].ended = Some("port_refuses".into());
    nodes[2].link = None;
    let raft = Raft { term: 4, leader: Some("n1".into()), applied: 51, last_log: 51, ..Raft::default() };
    let phase = |(phase, ms): (&str, f64)| Phase { phase: phase.into(), ms };
    let takeover = Takeover {
        what: "takeover".into(),
        node: "n3".into(),
        incarnation: 7,
        why: Some("port_refuses".into()),
        found_here: true,
        at: 1_000,
        shards: 3,
        gained: 2,
        sessions: 40,
        phases: [("deposed", 3.5), ("read", 20.0)].map(phase).into(),
    };
    Report {
        node: "n1".into(),
        release: "1".into(),
        at: 13_000,
        generation: 1,
        level: 1,
        raft,
        nodes,
        shards: [(2, Some("n1")), (3, Some("n1")), (5, Some("n2"))].map(shard).into(),
        edges: 2,
        takeovers: vec![takeover],
    }
}

#[test]
fn the_table_says_what_is_so() {
    assert_eq!(
        table::render(&report()),
        "\
generation 1, level 1: n1 leads in term 4; the map of n1 stands at entry 51; edges connected to n1: 2

NODE  STATE                ROLE   SHARDS  LIFE  ZONE  LINK       LAG  PEER
n1    up                   leads       2     9  a     (asked)      -  n1:7083
n2    draining             votes       1     9  a     connected    3  n2:7083
n3    gone (port refuses)  votes       0     9  a     -            -  n3:7083

3 shards on 2 nodes; epochs 1.2 to 1.5

recent takeovers and hand-overs, as n1 saw them, newest first
 12 s ago  n3 was deposed (port refuses): 2 of its 3 shards came to this node, with 40 sessions
           deposed 3.5 ms · read 20 ms
"
    );
}

#[test]
fn what_needs_somebody_stands_out() {
    let mut report = report();
    assert!(is_served(&report));
    report.shards[0].owner = None;
    report.raft.leader = None;
    report.raft.failed = Some("the disk is full".into());
    assert!(!is_served(&report));
    let text = table::render(&report);
    for loud in ["NOBODY leads", "1 WITHOUT AN OWNER", "MUST BE STARTED AGAIN: the disk is full"] {
        assert!(text.contains(loud), "{loud}: {text}");
    }
}

#[test]
fn what_a_node_answers_is_read_back() {
    let text = serde_json::to_string(&report()).expect("JSON");
    assert_eq!(read(&text).expect("read"), report());
    assert!(read("{}").is_err());
}
