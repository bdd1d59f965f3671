//! The schema without a server: cutting, standing, replication, and what every step must be.

use std::collections::BTreeMap;

use super::keyspace::{Keyspace, decide};
use super::standing::{Note, Notes, next, standing};
use super::steps::{self, STEPS, Step, headline, statements};
use super::*;

#[test]
fn a_text_is_cut_at_its_semicolons() {
    let text = "-- a; b\nCREATE TABLE a (\n  b text, -- c; d\n);\nALTER TABLE a WITH comment = 'x; -- y'; DROP TABLE IF EXISTS b";
    assert_eq!(
        statements(text),
        [
            "CREATE TABLE a (\n  b text, \n)",
            "ALTER TABLE a WITH comment = 'x; -- y'",
            "DROP TABLE IF EXISTS b"
        ]
    );
    assert_eq!(headline("CREATE TABLE IF NOT EXISTS ${keyspace}.a (\n b int"), "CREATE TABLE a");
}

#[test]
fn the_first_step_is_the_whole_while_it_is_the_only_one() {
    let whole = Step { text: steps::WHOLE, ..STEPS[0] };
    assert!(
        STEPS.len() > 1 || whole.digest() == STEPS[0].digest(),
        "cp cql/schema.cql cql/steps/0001_first_tables.cql"
    );
}

#[test]
fn every_step_may_be_done_twice_and_has_its_file() {
    for (at, step) in (1..).zip(STEPS) {
        assert_eq!(step.number, at, "steps are numbered without a gap");
        let path = format!("{}/cql/steps/{at:04}_{}.cql", env!("CARGO_MANIFEST_DIR"), step.name);
        assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), Some(step.text), "{path}");
        assert!(step.needs() < step.number, "{} needs itself", step.name);
        assert!(!step.statements().is_empty());
        for statement in step.statements() {
            let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
            let again = words.starts_with("CREATE TABLE IF NOT EXISTS ")
                || words.starts_with("DROP TABLE IF EXISTS ")
                || (words.starts_with("ALTER TABLE ")
                    && (words.contains(" WITH ") || words.contains(" ADD IF NOT EXISTS ")));
            assert!(words.contains(" ${keyspace}."), "step {at} names no keyspace: {words}");
            assert!(again, "step {at} cannot be done twice: {words}");
        }
    }
    let folder = std::fs::read_dir(format!("{}/cql/steps", env!("CARGO_MANIFEST_DIR"))).expect("there");
    assert_eq!(folder.count(), STEPS.len(), "a file without a step");
}

const TWO: [Step; 2] = [
    Step {
        number: 1,
        name: "a",
        text: "CREATE TABLE IF NOT EXISTS a (x int);\nCREATE TABLE IF NOT EXISTS b (x int);",
    },
    Step { number: 2, name: "b", text: "ALTER TABLE a ADD IF NOT EXISTS y int;" },
];

fn note(step: &Step, statements: u32) -> Note {
    let of = u32::try_from(step.statements().len()).expect("few");
    Note { statements, of, digest: step.digest(), release: "9".into(), ..Note::default() }
}

#[test]
fn a_run_goes_on_behind_the_last_note() {
    let mut notes = Notes::new();
    assert_eq!(standing(&notes, &TWO), Standing::Missing { steps: vec![1, 2] });
    assert_eq!(next(&notes, &TWO), Some((&TWO[0], 0)));
    notes.insert(1, note(&TWO[0], 1));
    assert_eq!(standing(&notes, &TWO), Standing::Missing { steps: vec![1, 2] });
    assert_eq!(next(&notes, &TWO), Some((&TWO[0], 1)));
    notes.insert(1, note(&TWO[0], 2));
    assert_eq!(next(&notes, &TWO), Some((&TWO[1], 0)));
    notes.insert(2, note(&TWO[1], 1));
    assert_eq!(next(&notes, &TWO), None);
    assert_eq!(standing(&notes, &TWO), Standing::Current { step: 2 });
}

#[test]
fn a_newer_schema_runs_until_it_takes_something_away() {
    let mut notes = Notes::from([(1, note(&TWO[0], 2)), (2, note(&TWO[1], 1))]);
    let old = &TWO[..1];
    assert_eq!(standing(&notes, old), Standing::Newer { step: 2, known: 1 });
    assert!(standing(&notes, old).runs());
    notes.insert(3, Note { needs: 2, of: 1, statements: 1, ..Note::default() });
    assert_eq!(standing(&notes, old), Standing::TooNew { step: 3, needs: 2, known: 1 });
    assert!(!standing(&notes, old).runs());
    assert_eq!(standing(&notes, &TWO), Standing::Newer { step: 3, known: 2 });
}

#[test]
fn a_step_with_another_text_is_found() {
    let other = Step { text: "CREATE TABLE IF NOT EXISTS c (x int)", ..TWO[0] };
    let notes = Notes::from([(1, note(&other, 1))]);
    assert_eq!(standing(&notes, &TWO), Standing::Different { step: 1, release: "9".into() });
    let spaced = Step { text: "-- why\nCREATE  TABLE IF NOT EXISTS c (x int);\n", ..TWO[0] };
    assert_eq!(spaced.digest(), other.digest());
}

#[test]
fn a_step_says_what_a_node_must_know() {
    assert_eq!(
        Step { number: 3, name: "c", text: "-- Why.\n-- needs: 2\nDROP TABLE IF EXISTS a" }.needs(),
        2
    );
    assert_eq!(TWO[0].needs(), 0);
}

#[test]
fn a_missing_step_is_told_with_what_to_do() {
    let text = standing(&Notes::new(), &TWO).to_string();
    assert_eq!(text, "the schema lacks step 1, 2: run holdfast schema apply");
}

#[test]
fn replication_is_written_by_data_centre() {
    let two: Replication = "dc1:3, dc-2:5".parse().expect("it is right");
    assert_eq!(two.cql(), "{'class': 'NetworkTopologyStrategy', 'dc-2': 5, 'dc1': 3}");
    assert_eq!((two.factor("dc1"), two.factor("dc3"), two.to_string()), (3, 0, "dc-2:5,dc1:3".into()));
    for wrong in ["", "dc1", "dc1:0", "dc1:x", "dc1:3,dc1:3", "SimpleStrategy:3", "d'c:1", ":3", "dc1:99"] {
        assert!(wrong.parse::<Replication>().is_err(), "{wrong}");
    }
    let shown = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Replication::of_keyspace(&pairs.collect::<BTreeMap<_, _>>())
    };
    let class = "org.apache.cassandra.locator.NetworkTopologyStrategy";
    assert_eq!(shown(&[("class", class), ("dc1", "3"), ("dc-2", "5")]), two);
    let simple =
        shown(&[("class", "org.apache.cassandra.locator.SimpleStrategy"), ("replication_factor", "3")]);
    assert_eq!(simple, Replication::Other("SimpleStrategy".into()));
    assert_eq!(simple.factor("dc1"), 0);
}

#[test]
fn a_keyspace_is_made_but_never_changed() {
    let three: Replication = "dc1:3".parse().expect("it is right");
    let one: Replication = "dc1:1".parse().expect("it is right");
    assert!(matches!(decide("k", None, None), Err(SchemaError::NoKeyspace(_))));
    let made = decide("k", None, Some(&three)).expect("it can be made").expect("a statement");
    assert!(made.starts_with("CREATE KEYSPACE IF NOT EXISTS k WITH replication = {'class': 'Net"), "{made}");
    let keyspace =
        |replication: &Replication, durable| Keyspace { replication: replication.clone(), durable };
    let found = keyspace(&three, true);
    assert_eq!(decide("k", Some(&found), None), Ok(None));
    assert_eq!(decide("k", Some(&found), Some(&three)), Ok(None));
    let refused = decide("k", Some(&found), Some(&one)).expect_err("another replication");
    assert!(refused.to_string().contains("replicated dc1:3, not dc1:1"), "{refused}");
    let simple = keyspace(&Replication::Other("SimpleStrategy".into()), true);
    assert!(matches!(decide("k", Some(&simple), None), Err(SchemaError::Strategy { .. })));
    assert!(matches!(decide("k", Some(&keyspace(&three, false)), None), Err(SchemaError::NotDurable(_))));
}

/// A release's file is never changed once it is out; until then it follows the code.
#[test]
fn the_statements_of_this_release_are_kept_for_the_next_ones() {
    let release = env!("CARGO_PKG_VERSION");
    let mut page = format!(
        "-- Every statement that release {release} prepares: the schema of the release after it must still take them.\n\
         -- Made from the code: HOLDFAST_BLESS=1 cargo test --lib statements_of_this_release\n\n"
    );
    for statement in super::super::statements::every("${keyspace}") {
        page.push_str(&statement);
        page.push_str(";\n");
    }
    let path = format!("{}/cql/releases/{release}.cql", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page, "{path} is out of date");
}
