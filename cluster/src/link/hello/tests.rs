//! Proofs: what they cover, and that none can be used for anything else.

use super::*;

fn identity(name: &str, secret: &str) -> std::sync::Arc<Identity> {
    Identity::new("blue", name, secret.as_bytes()).unwrap()
}

fn said(from: &str, to: &str) -> Said {
    Said::new(&identity(from, "s"), 1, Addressee::Node(to.to_owned()), Lane::Calls)
}

/// Every field that either side says, changed one at a time.
fn variations(challenge: &Challenge, said: &Said) -> Vec<(Challenge, Said)> {
    let of = |change: &dyn Fn(&mut Challenge, &mut Said)| {
        let (mut challenge, mut said) = (challenge.clone(), said.clone());
        change(&mut challenge, &mut said);
        (challenge, said)
    };
    vec![
        of(&|c, _| c.nonce[31] ^= 1),
        of(&|c, _| c.oldest += 1),
        of(&|c, _| c.newest += 1),
        of(&|_, s| s.nonce[0] ^= 1),
        of(&|_, s| s.version += 1),
        of(&|_, s| s.cluster.push('x')),
        of(&|_, s| s.from.push('x')),
        of(&|_, s| s.incarnation += 1),
        of(&|_, s| s.to = Addressee::Any),
        of(&|_, s| s.lane = Lane::Beats),
        of(&|_, s| s.lane = Lane::Edge),
        // The same letters, cut at another place.
        of(&|_, s| (s.cluster, s.from) = ("bluea".to_owned(), String::new())),
    ]
}

#[test]
fn a_proof_covers_every_word_of_both_sides() {
    let me = identity("a", "s");
    let key = me.key(Lane::Calls).unwrap();
    let (challenge, said) = (Challenge::fresh(), said("a", "b"));
    let proof = Transcript::of_dialer(&challenge, &said).prove(key);
    assert!(Transcript::of_dialer(&challenge, &said).is_proved_by(key, &proof));
    for (at, (challenge, said)) in variations(&challenge, &said).iter().enumerate() {
        assert!(!Transcript::of_dialer(challenge, said).is_proved_by(key, &proof), "variation {at}");
    }
}

#[test]
fn a_proof_of_one_side_is_none_of_the_other_and_needs_the_secret() {
    let me = identity("a", "s");
    let key = me.key(Lane::Calls).unwrap();
    let (challenge, said) = (Challenge::fresh(), said("a", "b"));
    let verdict = Verdict { node: "b".to_owned(), incarnation: 7, refusal: None };
    let dialer = Transcript::of_dialer(&challenge, &said);
    let acceptor = Transcript::of_acceptor(&challenge, &said, &verdict);
    assert!(!acceptor.is_proved_by(key, &dialer.prove(key)));
    assert!(!dialer.is_proved_by(key, &acceptor.prove(key)));
    assert!(!dialer.is_proved_by(identity("a", "t").key(Lane::Calls).unwrap(), &dialer.prove(key)));
}

#[test]
fn a_verdict_cannot_be_changed() {
    let me = identity("a", "s");
    let key = me.key(Lane::Calls).unwrap();
    let (challenge, said) = (Challenge::fresh(), said("a", "b"));
    let verdict = |node: &str, incarnation, refusal| Verdict { node: node.to_owned(), incarnation, refusal };
    let told = verdict("b", 7, Some(HelloRefusal::Lane));
    let proof = Transcript::of_acceptor(&challenge, &said, &told).prove(key);
    for other in [
        verdict("b", 7, None),
        verdict("b", 8, Some(HelloRefusal::Lane)),
        verdict("c", 7, Some(HelloRefusal::Lane)),
        verdict("b", 7, Some(HelloRefusal::Cluster)),
    ] {
        assert!(!Transcript::of_acceptor(&challenge, &said, &other).is_proved_by(key, &proof));
    }
}

#[test]
fn nonces_are_fresh() {
    assert_ne!(Challenge::fresh().nonce, Challenge::fresh().nonce);
    assert_ne!(said("a", "b").nonce, said("a", "b").nonce);
}

#[test]
fn each_wrong_name_has_its_refusal() {
    let me = identity("b", "s");
    let judge = |said: Said| said.judge(&me, |lane| lane == Lane::Calls);
    let with = |change: &dyn Fn(&mut Said)| {
        let mut said = said("a", "b");
        change(&mut said);
        judge(said)
    };
    assert_eq!(with(&|_| {}), Ok(()));
    assert_eq!(with(&|s| s.to = Addressee::Any), Ok(()));
    assert_eq!(with(&|s| s.version = VERSIONS.1 + 1), Err(HelloRefusal::Version));
    assert_eq!(with(&|s| s.cluster = "green".to_owned()), Err(HelloRefusal::Cluster));
    assert_eq!(with(&|s| s.to = Addressee::Node("c".to_owned())), Err(HelloRefusal::Addressee));
    assert_eq!(with(&|s| s.from = "b".to_owned()), Err(HelloRefusal::Itself));
    assert_eq!(with(&|s| s.from = String::new()), Err(HelloRefusal::Nameless));
    assert_eq!(with(&|s| s.lane = Lane::Beats), Err(HelloRefusal::Lane));
}

#[test]
fn the_newest_common_version_is_spoken() {
    let of = |oldest, newest| Challenge { oldest, newest, ..Challenge::fresh() }.common();
    assert_eq!(of(1, 1), 1);
    assert_eq!(of(1, 9), VERSIONS.1);
    assert_eq!(of(9, 9), VERSIONS.1, "the other side refuses it then");
}

#[test]
fn the_longest_names_fit_into_a_hello() {
    let long = "n".repeat(limits::NAME_BYTES);
    let identity = Identity::new(&long, &long, b"s").unwrap();
    identity.set_incarnation(u64::MAX);
    let said = Said::new(&identity, 1, Addressee::Node(long), Lane::Calls);
    let bytes = postcard::to_stdvec(&Introduction { said, proof: [0; 32] }).unwrap();
    assert!(bytes.len() <= limits::HELLO_BYTES, "{}", bytes.len());
}

#[test]
fn an_identity_without_name_or_secret_is_none() {
    assert_eq!(Identity::new("", "a", b"s").unwrap_err(), IdentityError::Name);
    assert_eq!(
        Identity::new("c", &"n".repeat(limits::NAME_BYTES + 1), b"s").unwrap_err(),
        IdentityError::Name
    );
    assert_eq!(Identity::new("c", "a", b"").unwrap_err(), IdentityError::Secret);
    let shown = format!("{:?}", identity("a", "hunter2"));
    assert!(!shown.contains("hunter2") && shown.contains("blue"), "{shown}");
}

#[test]
fn an_edge_proves_its_own_lane_and_no_other() {
    let node = Identity::with_edges("blue", "b", (b"s", b"e")).unwrap();
    let edge = Identity::of_edge("blue", "dmz", b"e").unwrap();
    assert!(edge.key(Lane::Calls).is_none() && edge.key(Lane::Beats).is_none());
    assert_eq!((edge.calls(), node.calls()), (Lane::Edge, Lane::Calls));
    let challenge = Challenge::fresh();
    for lane in [Lane::Calls, Lane::Beats, Lane::Edge] {
        let said = Said::new(&edge, 1, Addressee::Any, lane);
        let transcript = Transcript::of_dialer(&challenge, &said);
        let proof = transcript.prove(edge.key(Lane::Edge).unwrap());
        assert_eq!(transcript.is_proved_by(node.key(lane).unwrap(), &proof), lane == Lane::Edge, "{lane:?}");
    }
    assert_eq!(Identity::with_edges("blue", "b", (b"s", b"s")).unwrap_err(), IdentityError::Shared);
    assert!(identity("b", "s").key(Lane::Edge).is_none(), "a node without edges believes nobody");
}
