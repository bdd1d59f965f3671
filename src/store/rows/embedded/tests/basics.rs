//! Opening, closing, refusing: what a person who runs one node meets.

use super::*;
use crate::store::rows::contract::{put, row};
use crate::store::rows::embedded::OpenError;
use crate::store::rows::{Batch, Class, Incarnation, Look, Mutation, Refused, Rows, Table, WriteError};

#[tokio::test]
async fn what_was_stored_is_there_after_a_close() {
    let home = Home::new();
    let partition = b"p".to_vec().into();
    let store = home.open();
    ground(&store).write(vec![put(Table::Journal, &partition, b"k", b"v")]).await;
    store.fence(Incarnation { generation: 3, number: 4 }).await.unwrap();
    store.close();
    drop(store);
    let store = home.open();
    assert_eq!(ground(&store).rows_of(Table::Journal, &partition).await, [row(b"k", b"v")]);
    assert_eq!(store.look(Incarnation { generation: 3, number: 4 }).await, Ok(Look::Fenced));
}

#[tokio::test]
async fn a_close_finishes_the_queue_and_refuses_what_comes_later() {
    let home = Home::new();
    let store = home.open();
    let partition = b"p".to_vec().into();
    let batch = |i: u16| Batch {
        mutations: vec![put(Table::Journal, &partition, &i.to_be_bytes(), b"v")],
        class: Class::Input,
    };
    let waiting: Vec<_> = (0..1_000).map(|i| store.write(batch(i))).collect();
    store.close();
    for answer in waiting {
        assert_eq!(answer.await, Ok(()));
    }
    assert_eq!(store.write(batch(1)).await, Err(WriteError::Refused(Refused::Closing)));
    drop(store);
    assert_eq!(ground(&home.open()).rows_of(Table::Journal, &partition).await.len(), 1_000);
}

#[test]
fn a_second_process_is_told_who_has_it() {
    let home = Home::new();
    let _first = home.open();
    let error = open(home.options()).unwrap_err();
    assert!(
        matches!(&error, OpenError::Locked { pid, .. } if *pid == std::process::id().to_string()),
        "{error}"
    );
}

#[test]
fn a_damaged_file_is_named_and_kept() {
    for damage in [&b""[..], b"not a store at all", &[7; 100_000]] {
        let home = Home::new();
        home.open().close();
        let file = home.dir.path().join("store.redb");
        std::fs::write(&file, damage).unwrap();
        let error = open(home.options()).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
        assert!(error.to_string().contains("restore a backup"), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), damage, "nothing was overwritten");
    }
}

#[tokio::test]
async fn below_the_reserve_input_is_refused_and_upkeep_goes_on() {
    let home = Home::new();
    let store = open(Options { reserve_bytes: u64::MAX, ..home.options() }).unwrap();
    let batch =
        |class| Batch { mutations: vec![put(Table::Journal, &b"p".to_vec().into(), b"k", b"v")], class };
    assert_eq!(store.write(batch(Class::Input)).await, Err(WriteError::Refused(Refused::Full)));
    assert_eq!(store.write(batch(Class::Upkeep)).await, Ok(()));
    let deletes = vec![Mutation::DeletePartition { table: Table::Journal, partition: b"p".to_vec().into() }];
    assert_eq!(store.write(Batch { mutations: deletes, class: Class::Upkeep }).await, Ok(()));
}
