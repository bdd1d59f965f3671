//! Bounds on strangers: each address has its own, the node has one, and loopback has none of its own.

use std::net::IpAddr;

use super::creations::{Bounds, Creations};
use crate::edge::refusals::{Code, Problem};

fn from(creations: &Creations, address: &str) -> Result<(), Code> {
    let address: IpAddr = address.parse().unwrap();
    creations.count(Some(address)).map_err(|problem: Problem| {
        assert!(problem.retry_ms.is_some_and(|wait| (1..=60_000).contains(&wait)), "{problem:?}");
        problem.code
    })
}

#[test]
fn one_address_cannot_use_up_anothers_share() {
    let creations = Creations::new(Bounds { per_address: 3, per_node: 0 });
    for _ in 0..3 {
        assert_eq!(from(&creations, "192.0.2.1"), Ok(()));
    }
    assert_eq!(from(&creations, "192.0.2.1"), Err(Code::TooManySessions));
    assert_eq!(
        from(&creations, "::ffff:192.0.2.1"),
        Err(Code::TooManySessions),
        "the same, written otherwise"
    );
    assert_eq!(from(&creations, "192.0.2.2"), Ok(()));
}

#[test]
fn the_addresses_of_one_ipv6_network_are_one() {
    let creations = Creations::new(Bounds { per_address: 1, per_node: 0 });
    assert_eq!(from(&creations, "2001:db8:0:1::1"), Ok(()));
    assert_eq!(from(&creations, "2001:db8:0:1:ffff::2"), Err(Code::TooManySessions));
    assert_eq!(from(&creations, "2001:db8:0:2::1"), Ok(()));
}

#[test]
fn loopback_counts_for_the_node_only() {
    let creations = Creations::new(Bounds { per_address: 1, per_node: 3 });
    for address in ["127.0.0.1", "::1", "127.0.0.1"] {
        assert_eq!(from(&creations, address), Ok(()), "{address}");
    }
    assert_eq!(from(&creations, "127.0.0.1"), Err(Code::TooManySessions));
}

#[test]
fn zero_is_no_bound() {
    let creations = Creations::new(Bounds::default());
    assert!((0..10_000).all(|_| from(&creations, "192.0.2.1").is_ok() && creations.count(None).is_ok()));
}
