//! Kills at any byte, and disks that change what they were given.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use super::super::{Identity, Lock, Op, OpenError, Wal};
use super::{copy, files, open, put, refusal};

/// A log of three groups, and where the last begins and ends.
fn three_groups() -> (tempfile::TempDir, u64, u64) {
    let dir = tempfile::tempdir().unwrap();
    let (mut segments, _) = open(dir.path());
    segments.commit(&[Op::Vote(vec![1, 2, 3]), put(1)]).unwrap();
    segments.commit(&[put(2), put(3)]).unwrap();
    let begins = segments.place();
    segments.commit(&[Op::Vote(vec![4]), put(4), put(5)]).unwrap();
    let ends = segments.place();
    (dir, begins, ends)
}

#[test]
fn a_group_that_was_cut_at_any_byte_is_gone_as_a_whole_and_the_log_goes_on() {
    let (dir, begins, ends) = three_groups();
    for cut in begins..ends {
        for zeroed in [false, true] {
            let dir = copy(dir.path());
            let file = OpenOptions::new().write(true).open(&files(dir.path())[0]).unwrap();
            let length = file.metadata().unwrap().len();
            file.set_len(cut).unwrap();
            if zeroed {
                file.set_len(length).unwrap();
            }
            let (mut segments, found) = open(dir.path());
            let entries: Vec<u64> = found.entries.keys().copied().collect();
            assert_eq!(
                (entries, found.vote),
                (vec![1, 2, 3], Some(vec![1, 2, 3])),
                "cut at {cut}, zeroed: {zeroed}"
            );
            segments.commit(&[put(4)]).unwrap();
            drop(segments);
            assert_eq!(open(dir.path()).1.entries.len(), 4, "cut at {cut}, zeroed: {zeroed}");
        }
    }
}

#[test]
fn a_group_whose_last_part_reached_the_disk_first_is_gone_as_a_whole() {
    let (dir, begins, ends) = three_groups();
    for written_from in begins + 1..ends {
        let dir = copy(dir.path());
        let file = OpenOptions::new().write(true).open(&files(dir.path())[0]).unwrap();
        file.write_all_at(&vec![0; usize::try_from(written_from - begins).unwrap()], begins).unwrap();
        let (mut segments, found) = open(dir.path());
        assert_eq!(found.entries.len(), 3, "written from {written_from}");
        segments.commit(&[put(4)]).unwrap();
        drop(segments);
        let found = open(dir.path()).1;
        assert_eq!(
            (found.entries.len(), found.vote),
            (4, Some(vec![1, 2, 3])),
            "written from {written_from}"
        );
    }
}

#[test]
fn what_was_torn_is_not_found_again_behind_what_took_its_place() {
    let (dir, begins, ends) = three_groups();
    let file = OpenOptions::new().write(true).open(&files(dir.path())[0]).unwrap();
    file.write_all_at(&[0], begins).unwrap();
    file.write_all_at(&[7; 300], ends).unwrap();
    let (mut segments, _) = open(dir.path());
    segments.commit(&[Op::Committed(vec![1])]).unwrap();
    // A group that does not fit begins the next segment, so that the torn place is no longer at the end.
    segments.commit(&[Op::Vote(vec![2; 4000])]).unwrap();
    drop(segments);
    assert_eq!(files(dir.path()).len(), 2);
    let found = open(dir.path()).1;
    assert_eq!((found.entries.len(), found.committed, found.vote), (3, Some(vec![1]), Some(vec![2; 4000])));
}

#[test]
fn a_changed_byte_before_the_last_group_refuses_to_open_and_says_where_and_what_to_do() {
    let (dir, begins, _) = three_groups();
    for at in 0..begins {
        let dir = copy(dir.path());
        let path = files(dir.path()).remove(0);
        let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
        let error = refusal(dir.path());
        let said = error.to_string();
        assert!(matches!(error, OpenError::Damaged { .. }), "{said}");
        assert!(said.contains(path.to_str().unwrap()) && said.contains("joins again"), "{said}");
    }
}

#[test]
fn a_missing_segment_refuses_to_open() {
    let dir = tempfile::tempdir().unwrap();
    let (mut segments, _) = open(dir.path());
    (1..200).for_each(|index| segments.commit(&[put(index)]).unwrap());
    drop(segments);
    let all = files(dir.path());
    assert!(all.len() > 3, "{all:?}");
    for missing in &all[..all.len() - 1] {
        let dir = copy(dir.path());
        std::fs::remove_file(dir.path().join(missing.file_name().unwrap())).unwrap();
        assert!(matches!(refusal(dir.path()), OpenError::Damaged { .. }), "without {missing:?}");
    }
}

#[test]
fn a_process_that_died_while_it_began_a_segment_lost_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (mut segments, _) = open(dir.path());
    segments.commit(&[Op::Vote(vec![9]), put(1)]).unwrap();
    drop(segments);
    for length in [0, 5, 100, 4096] {
        std::fs::write(dir.path().join("00000000000000000002.wal"), vec![0; length]).unwrap();
        let (mut segments, found) = open(dir.path());
        assert_eq!((found.entries.len(), found.vote), (1, Some(vec![9])));
        assert_eq!(files(dir.path()).len(), 1);
        segments.commit(&[Op::Vote(vec![9])]).unwrap();
    }
}

#[test]
fn a_directory_has_one_process_and_one_identity() {
    let dir = tempfile::tempdir().unwrap();
    let lock = Lock::take(dir.path()).unwrap();
    assert!(matches!(Lock::take(dir.path()), Err(OpenError::InUse(_))));
    let drawn = Identity::open(dir.path()).unwrap();
    assert_eq!(Identity::open(dir.path()).unwrap(), drawn);
    let belonging = Identity { cluster: Some(7), ..drawn };
    belonging.save(dir.path()).unwrap();
    assert_eq!(Identity::open(dir.path()).unwrap(), belonging);
    let other = tempfile::tempdir().unwrap();
    assert_ne!(Identity::open(other.path()).unwrap().member, drawn.member);
    drop(Wal::open(lock).unwrap());
}

#[test]
fn an_identity_that_is_damaged_or_missing_beside_a_log_is_not_drawn_again() {
    let (dir, _, _) = three_groups();
    assert!(matches!(Identity::open(dir.path()), Err(OpenError::Damaged { .. })));
    let dir = tempfile::tempdir().unwrap();
    Identity::open(dir.path()).unwrap();
    let path = dir.path().join("identity");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[2] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(Identity::open(dir.path()), Err(OpenError::Damaged { .. })));
}
