//! The schema on a real cluster: steps and whole are the same; applying is safe to repeat, to kill and to do twice at once;
//! a later release's schema is left alone, and statements of earlier releases still run on it.

use std::collections::BTreeMap;
use std::time::Duration;

use holdfast::store::rows::cassandra::schema::notes::{Book, Lease};
use holdfast::store::rows::cassandra::schema::runner::Progress;
use holdfast::store::rows::cassandra::schema::steps::{STEPS, WHOLE, named, statements};
use holdfast::store::rows::cassandra::schema::{self, SchemaError, Standing};
use uuid::Uuid;

use super::fresh::Fresh;

/// Number of statements of all steps.
fn all() -> usize {
    STEPS.iter().map(|step| step.statements().len()).sum()
}

fn newest() -> u32 {
    STEPS.last().expect("there are steps").number
}

/// Everything that a keyspace says of its tables and columns, without names and ids of its own; the runner's notes apart.
async fn described(fresh: &Fresh) -> BTreeMap<String, serde_json::Value> {
    let mut all = BTreeMap::new();
    for (part, key) in [
        ("tables", "table_name"),
        ("columns", "column_name"),
        ("indexes", "index_name"),
        ("types", "type_name"),
    ] {
        let query = format!("SELECT JSON * FROM system_schema.{part} WHERE keyspace_name = ?");
        let found = fresh.session.query_unpaged(query, (&fresh.options.keyspace,)).await.expect("read");
        for row in found.into_rows_result().expect("rows").rows::<(String,)>().expect("texts") {
            let mut row: serde_json::Value = serde_json::from_str(&row.expect("a text").0).expect("JSON");
            let fields = row.as_object_mut().expect("an object");
            fields.remove("id");
            fields.remove("keyspace_name");
            let name = format!("{part} {} {}", fields["table_name"], fields[key]);
            if fields["table_name"] != "schema_steps" {
                all.insert(name, row);
            }
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_and_whole_give_the_same_and_applying_twice_changes_nothing() {
    let Some(steps) = Fresh::of("steps").await else { return };
    let whole = Fresh::of("whole").await.expect("there is a cluster");
    let mut told = Vec::new();
    let did = steps.apply_told(steps.wish(), &mut |progress| told.push(progress)).await.expect("applied");
    assert_eq!(did, all());
    assert_eq!(told.len(), all() + 1, "the keyspace and each statement");
    assert_eq!(told[0], Progress::Made(steps.options.keyspace.clone()));
    whole.run(&format!("CREATE KEYSPACE @ WITH replication = {}", whole.one().cql())).await;
    for statement in statements(WHOLE) {
        whole.run(&named(&statement, "@")).await;
    }
    let (by_steps, by_whole) = (described(&steps).await, described(&whole).await);
    assert!(by_steps.len() > 30, "{by_steps:?}");
    assert_eq!(by_steps, by_whole);

    assert_eq!(steps.apply(steps.wish()).await, Ok(0));
    assert_eq!(described(&steps).await, by_whole);
    let standing = schema::standing(&steps.session, &steps.options.keyspace).await;
    assert_eq!(standing, Ok(Standing::Current { step: newest() }));
    whole.run("ALTER TABLE @.fences WITH default_time_to_live = 60").await;
    assert_ne!(by_steps, described(&whole).await, "a difference would be seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runners_at_once_do_each_statement_once() {
    let Some(fresh) = Fresh::of("two").await else { return };
    // The keyspace is there before: making it is not under the lease, and needs none.
    fresh.run(&format!("CREATE KEYSPACE @ WITH replication = {}", fresh.one().cql())).await;
    let (one, two) = tokio::join!(fresh.apply(fresh.wish()), fresh.apply(fresh.wish()));
    assert_eq!(one.expect("one ends well") + two.expect("two ends well"), all());
    let state = Book::of(&fresh.session, &fresh.options.keyspace).read().await.expect("read");
    assert_eq!(state.lease, None, "the lease is given back");
    assert!(state.notes.values().all(|note| note.statements == note.of));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_killed_anywhere_is_gone_on_with() {
    let Some(fresh) = Fresh::of("killed").await else { return };
    let book = Book::of(&fresh.session, &fresh.options.keyspace);
    let mut runs = 0;
    loop {
        runs += 1;
        let mut wish = fresh.wish();
        wish.owner = format!("run {runs}");
        // Each run notes three statements, does a fourth without noting it, and leaves its lease behind.
        wish.statements_at_most = Some(3);
        match fresh.apply(wish).await {
            Err(SchemaError::Stopped(3)) => {
                let state = book.read().await.expect("read");
                let done: u32 = state.notes.values().map(|note| note.statements).sum();
                assert_eq!(done as usize, 3 * runs);
                let left = state.lease.expect("the killed run's lease is there");
                assert_eq!(left.owner, format!("run {runs}"));
                // As its end would: the next run need not wait a minute and a half.
                assert_eq!(book.give_back(&left).await, Ok(true));
                let standing = schema::standing(&fresh.session, &fresh.options.keyspace).await;
                assert!(matches!(standing, Ok(Standing::Missing { .. })), "{standing:?}");
            }
            other => {
                assert_eq!(other, Ok(all() - 3 * (runs - 1)));
                break;
            }
        }
    }
    assert!(runs > 2, "{runs}");
    let standing = schema::standing(&fresh.session, &fresh.options.keyspace).await;
    assert_eq!(standing, Ok(Standing::Current { step: newest() }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_waited_for_and_taken_over_when_it_has_ended() {
    let Some(fresh) = Fresh::of("lease").await else { return };
    fresh.run(&format!("CREATE KEYSPACE @ WITH replication = {}", fresh.one().cql())).await;
    let book = Book::of(&fresh.session, &fresh.options.keyspace);
    book.make().await.expect("made");
    let lease = |owner: &str, seconds| Lease {
        run: Uuid::from_u128(fresh.runtime.random()),
        owner: owner.into(),
        seconds,
    };
    let (dead, other) = (lease("a dead one", 2), lease("another", 60));
    assert_eq!(book.take(&dead).await, Ok(true));
    assert_eq!(book.take(&other).await, Ok(false));
    assert_eq!(book.keep(&other).await, Ok(false));
    assert_eq!(book.give_back(&other).await, Ok(false));
    let seen = book.read().await.expect("read").lease.expect("held");
    assert!(seen.owner == "a dead one" && seen.seconds <= 2, "{seen:?}");

    let mut impatient = fresh.wish();
    impatient.patience = Duration::ZERO;
    let refused = fresh.apply(impatient).await;
    assert!(matches!(&refused, Err(SchemaError::Busy(owner)) if owner == "a dead one"), "{refused:?}");
    let mut told = Vec::new();
    let did = fresh.apply_told(fresh.wish(), &mut |progress| told.push(progress)).await;
    assert_eq!(did, Ok(all()));
    assert!(matches!(&told[0], Progress::Waits { owner, .. } if owner == "a dead one"), "{:?}", told[0]);

    // Whoever lost the lease can note nothing any more.
    let state = book.read().await.expect("read");
    assert_eq!(book.note(&dead, 1, &state.notes[&1]).await, Ok(false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_releases_schema_is_left_alone() {
    let Some(fresh) = Fresh::of("newer").await else { return };
    fresh.apply(fresh.wish()).await.expect("applied");
    let later = newest() + 1;
    let note = |needs: u32| {
        format!(
            "INSERT INTO @.schema_steps (id, step, name, statements, total, digest, needs, release) \
             VALUES ('steps', {later}, 'later', 1, 1, 'x', {needs}, '9.0.0')"
        )
    };
    fresh.run(&note(0)).await;
    let newer = Standing::Newer { step: later, known: newest() };
    assert_eq!(schema::standing(&fresh.session, &fresh.options.keyspace).await, Ok(newer.clone()));
    assert_eq!(fresh.apply(fresh.wish()).await, Err(SchemaError::Standing(newer)));
    fresh.run(&note(later)).await;
    let standing = schema::standing(&fresh.session, &fresh.options.keyspace).await.expect("read");
    assert!(matches!(standing, Standing::TooNew { .. }) && !standing.runs(), "{standing}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keyspace_is_never_altered() {
    let Some(fresh) = Fresh::of("altered").await else { return };
    let mut wish = fresh.wish();
    wish.replication = None;
    let refused = fresh.apply(wish.clone()).await.expect_err("there is no keyspace");
    assert!(refused.to_string().contains("--replication"), "{refused}");
    fresh
        .run("CREATE KEYSPACE @ WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
        .await;
    let refused = fresh.apply(wish.clone()).await.expect_err("it knows no data centres");
    assert!(matches!(refused, SchemaError::Strategy { .. }), "{refused}");
    fresh.run(&format!("ALTER KEYSPACE @ WITH replication = {}", fresh.one().cql())).await;
    wish.replication = Some(fresh.replicas(3));
    let refused = fresh.apply(wish).await.expect_err("it has one replica");
    assert!(matches!(refused, SchemaError::Replication { .. }), "{refused}");
}

/// Every statement that a release ever prepares, one file for each release; `${keyspace}` stands for the keyspace.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_of_every_release_run_on_the_newest_schema() {
    let Some(fresh) = Fresh::of("releases").await else { return };
    fresh.apply(fresh.wish()).await.expect("applied");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cql/releases");
    let mut releases = 0;
    for file in std::fs::read_dir(folder).expect("there are releases").flatten() {
        releases += 1;
        let text = std::fs::read_to_string(file.path()).expect("readable");
        let statements = statements(&text);
        assert!(statements.len() > 50, "{:?} has {} statements", file.file_name(), statements.len());
        for statement in statements {
            let statement = named(&statement, &fresh.options.keyspace);
            let prepared = fresh.session.prepare(statement.as_str()).await;
            prepared.unwrap_or_else(|error| panic!("{:?}: {statement}: {error}", file.file_name()));
        }
    }
    assert!(releases > 0);
}
