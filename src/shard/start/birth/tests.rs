//! The cluster's one row as the first release wrote it: every later release reads it, for ever.

use super::*;

#[test]
fn the_golden_row_is_read_for_ever() {
    let path = format!("{}/tests/golden/cluster_v1.hex", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("golden rows are part of the repository");
    let line = text.trim().strip_prefix("cluster ").expect("the golden row");
    let row: Vec<u8> =
        (0..line.len() / 2).map(|at| u8::from_str_radix(&line[2 * at..2 * at + 2], 16).unwrap()).collect();
    let cluster = Cluster { generation: 9, fenced_below: 8, shards: 256, secret: [7; 32], replication: None };
    assert_eq!(Cluster::read(&row).unwrap(), cluster);
    assert_eq!(Cluster::read(&cluster.bytes()).unwrap(), cluster);
}

#[test]
fn a_row_with_its_replication_is_read_back() {
    let replication = Some("dc1:3".to_owned());
    let cluster = Cluster { generation: 9, fenced_below: 8, shards: 256, secret: [7; 32], replication };
    assert_eq!(Cluster::read(&cluster.bytes()).unwrap(), cluster);
}

/// Runs a future of the store in memory to its end.
fn done<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

#[test]
fn the_replication_is_noted_once_and_changed_only_on_purpose() {
    let directory = tempfile::tempdir().expect("a directory");
    let store =
        crate::store::rows::embedded::open(crate::store::rows::embedded::Options::new(directory.path()));
    let rows = store.expect("it opens");
    done(async {
        note_replication(&*rows, "dc1:3", Change::First).await.expect("nothing is there to be noted in");
        generation(&*rows, 4, [1; 32]).await.expect("the first birth");
        note_replication(&*rows, "dc1:3", Change::First).await.expect("noted");
        note_replication(&*rows, "dc1:5", Change::First).await.expect("left as it is");
        let born = generation(&*rows, 4, [2; 32]).await.expect("the second birth");
        assert_eq!(born.replication.as_deref(), Some("dc1:3"));
        assert_eq!((born.generation, born.secret), (2, [1; 32]));
        note_replication(&*rows, "dc1:5", Change::OnPurpose).await.expect("noted");
        let stored = stored(&*rows).await.expect("read").expect("there");
        assert_eq!(stored, Cluster { replication: Some("dc1:5".into()), ..born });
    });
}

#[test]
fn a_row_with_fields_of_a_later_release_can_be_claimed() {
    let directory = tempfile::tempdir().expect("a directory");
    let store =
        crate::store::rows::embedded::open(crate::store::rows::embedded::Options::new(directory.path()));
    let rows = store.expect("it opens");
    let now = Cluster { generation: 3, fenced_below: 3, shards: 4, secret: [7; 32], replication: None };
    let mut later = now.bytes().to_vec();
    later[1] += 1;
    later.extend([0x18, 40, 0x01]);
    done(async {
        let made = rows.claim(Table::Cluster, key(), None, later.into()).await.expect("claimed");
        assert_eq!(made, Claim::Won);
        assert_eq!(generation(&*rows, 4, [1; 32]).await.expect("born").generation, 4);
    });
}
