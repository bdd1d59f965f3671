//! The cluster's one row as the first release wrote it: every later release reads it, for ever.

use super::*;

#[test]
fn the_golden_row_is_read_for_ever() {
    let path = format!("{}/tests/golden/cluster_v1.hex", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("golden rows are part of the repository");
    let line = text.trim().strip_prefix("cluster ").expect("the golden row");
    let row: Vec<u8> =
        (0..line.len() / 2).map(|at| u8::from_str_radix(&line[2 * at..2 * at + 2], 16).unwrap()).collect();
    let cluster = Cluster { generation: 9, fenced_below: 8, shards: 256, secret: [7; 32] };
    assert_eq!(Cluster::read(&row).unwrap(), cluster);
    assert_eq!(Cluster::read(&cluster.bytes()).unwrap(), cluster);
}
