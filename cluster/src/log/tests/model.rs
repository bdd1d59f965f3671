//! The log against a list in memory, over random changes with restarts between them.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{Contents, Op};
use super::{files, open};

/// A change, by numbers that fit wherever the log stands.
#[derive(Clone, Debug)]
enum Step {
    Append(u8),
    Truncate(u8),
    Purge(u8),
    Vote(u8),
    Committed(u8),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..20_u8).prop_map(Step::Append),
        1 => any::<u8>().prop_map(Step::Truncate),
        2 => any::<u8>().prop_map(Step::Purge),
        2 => any::<u8>().prop_map(Step::Vote),
        2 => any::<u8>().prop_map(Step::Committed),
        1 => Just(Step::Restart),
    ]
}

fn first_of(model: &Contents) -> u64 {
    model.purged.as_ref().map_or(1, |(upto, _)| upto + 1)
}

fn next_of(model: &Contents) -> u64 {
    model.entries.keys().next_back().map_or(first_of(model), |last| last + 1)
}

/// The changes that a step stands for.
fn ops(model: &Contents, step: &Step) -> Vec<Op> {
    let (first, next) = (first_of(model), next_of(model));
    let within = |at: u8| first + u64::from(at) % (next - first + 1);
    match step {
        Step::Append(count) => {
            (next..next + u64::from(*count)).map(|index| Op::Put { index, body: vec![*count; 30] }).collect()
        }
        Step::Truncate(at) => vec![Op::Truncate { from: within(*at) }],
        // A snapshot may stand beyond the last entry.
        Step::Purge(at) => vec![Op::Purge { upto: within(*at) + u64::from(*at % 3), body: vec![*at] }],
        Step::Vote(at) => vec![Op::Vote(vec![*at])],
        Step::Committed(at) => vec![Op::Committed(vec![*at; 3])],
        Step::Restart => Vec::new(),
    }
}

fn apply(model: &mut Contents, op: &Op) {
    match op {
        Op::Put { index, body } => drop(model.entries.insert(*index, body.clone())),
        Op::Vote(body) => model.vote = Some(body.clone()),
        Op::Committed(body) => model.committed = Some(body.clone()),
        Op::Truncate { from } => model.entries.retain(|index, _| index < from),
        Op::Purge { upto, body } => {
            model.entries.retain(|index, _| index > upto);
            model.purged = Some((*upto, body.clone()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_log_holds_what_a_list_would(steps in vec(step(), 1..80)) {
        let dir = tempfile::tempdir().unwrap();
        let (mut segments, _) = open(dir.path());
        let mut model = Contents::default();
        for step in steps.iter().chain([&Step::Restart]) {
            let ops = ops(&model, step);
            if ops.is_empty() {
                drop(segments);
                let (opened, found) = open(dir.path());
                prop_assert_eq!(&found, &model);
                segments = opened;
                continue;
            }
            segments.commit(&ops).unwrap();
            ops.iter().for_each(|op| apply(&mut model, op));
        }
    }
}

#[test]
fn purged_segments_leave_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let (mut segments, _) = open(dir.path());
    for index in 1..=1000 {
        segments.commit(&[super::put(index)]).unwrap();
        if index % 50 == 0 {
            segments.commit(&[Op::Purge { upto: index - 10, body: vec![1] }]).unwrap();
            assert!(files(dir.path()).len() <= 3, "{} segments at {index}", files(dir.path()).len());
        }
    }
}
