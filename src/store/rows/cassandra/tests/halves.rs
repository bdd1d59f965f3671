//! The middle of ranges of keys.

use proptest::prelude::*;

use bytes::Bytes;

use super::super::read::halves::{after, middle, pieces};

#[test]
fn examples() {
    assert_eq!(middle(b"", None).as_deref(), Some(&[0x80][..]), "of everything");
    assert_eq!(middle(&[0x10], Some(&[0x20])).as_deref(), Some(&[0x18][..]), "of one digit");
    assert_eq!(middle(&[0x10], Some(&[0x11])).as_deref(), Some(&[0x10, 0x80][..]), "one digit more");
    assert_eq!(middle(&[0xff, 0xff], None).as_deref(), Some(&[0xff, 0xff, 0x80][..]), "towards the end");
    assert_eq!(middle(b"a", Some(b"a\0")), None, "neighbours");
    assert_eq!(middle(b"b", Some(b"a")), None, "the wrong way round");
    assert_eq!(middle(b"", Some(b"")), None, "nothing at all");
}

/// Pieces follow each other without a gap, from the range's first key to its end.
#[test]
fn pieces_cover_the_range() {
    for range in [
        (Bytes::new(), None),
        (Bytes::from_static(b"s"), Some(Bytes::from_static(b"s1"))),
        (Bytes::from_static(b"a"), Some(Bytes::from_static(b"a\0"))),
    ] {
        let all = pieces(range.clone());
        assert!(all.windows(2).all(|pair| pair[0].1.as_ref() == Some(&pair[1].0)), "no gap: {all:?}");
        let ends = (all.first().map(|piece| &piece.0), all.last().map(|piece| &piece.1));
        assert_eq!(ends, (Some(&range.0), Some(&range.1)), "the whole range");
    }
    assert_eq!(pieces((Bytes::new(), None)).len(), 16);
    assert_eq!(
        pieces((Bytes::from_static(b"a"), Some(Bytes::from_static(b"a\0")))).len(),
        1,
        "nothing to halve"
    );
}

proptest! {
    /// The middle lies strictly between, and halving comes to the neighbourhood of any key.
    #[test]
    fn between(a in proptest::collection::vec(any::<u8>(), 0..20), b in proptest::collection::vec(any::<u8>(), 0..20)) {
        if let Some(found) = middle(&a, Some(&b)) {
            prop_assert!(a < found.to_vec() && found.to_vec() < b);
        } else {
            prop_assert!(b <= a || b.starts_with(&a) && b[a.len()..].iter().all(|digit| *digit == 0), "{a:?} {b:?}");
        }
        let found = middle(&a, None);
        prop_assert!(found.is_some_and(|found| a < found.to_vec()), "there is always one below no end");
        prop_assert!(after(&a).to_vec() > a);
    }
}
