//! Answers that come in another order than the requests went belong to their requests all the same.

use bytes::Bytes;
use futures_util::future::join_all;
use holdfast::store::rows::contract::{put, row, whole};
use holdfast::store::rows::{Rows, Table};

use super::ground::{Ground, promised, write};
use crate::proxy::{Action, On, Shuffle};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_in_another_order_are_told_apart() {
    let Some(ground) = Ground::new().await else { return };
    for proxy in &ground.proxies {
        proxy.always(On::ours(), Action::Shuffle(Shuffle::of(4)));
    }
    let keys = (0..64).map(|number| (number, ground.key("order"))).collect::<Vec<(u32, Bytes)>>();
    let rounds = keys.iter().map(async |(number, key)| {
        let value = number.to_be_bytes();
        assert_eq!(write(&ground.store, &[put(Table::Journal, key, b"k", &value)]).await, Ok(()));
        let page = promised("a read", ground.store.read(whole(Table::Journal, key))).await.expect("a page");
        assert_eq!(page.rows, [row(b"k", &value)], "each reads its own");
    });
    join_all(rounds).await;
}
