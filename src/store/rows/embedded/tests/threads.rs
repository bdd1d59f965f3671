//! Power cuts with the store's own threads at work, many writers and a reader at once. What a seed leaves open here is how
//! threads interleave; that is the point.

use std::cell::RefCell;

use futures_util::future::join_all;

use super::disk::{Dice, Disk};
use super::history::History;
use super::powercut::{options, values};
use super::*;
use crate::store::rows::contract::{put_at, whole};
use crate::store::rows::{Batch, Class, Rows, Table};

const TABLE: Table = Table::ActiveSessions;

struct Run {
    disk: Disk,
    history: RefCell<History>,
    clock: RefCell<i64>,
}

impl Run {
    /// Each writer has a row of its own in one of two partitions, and goes on until the store is gone.
    async fn write(&self, store: &Arc<Embedded>, writer: u8) {
        loop {
            let time = self.clock.replace_with(|time| *time + 1) + 1;
            let value = time.to_be_bytes();
            let mutation = put_at(TABLE, &vec![writer % 2].into(), &[writer], (&value, time));
            let at = (TABLE, writer % 2, writer);
            let sent = self.history.borrow_mut().sent(at, Some(u64::try_from(time).unwrap()));
            match store.write(Batch { mutations: vec![mutation], class: Class::Upkeep }).await {
                Ok(()) => self.history.borrow_mut().acked(sent),
                Err(_) => return,
            }
        }
    }

    async fn read(&self, store: &Arc<Embedded>) {
        for i in (0..2_u8).cycle() {
            let Ok(page) = store.read(whole(TABLE, &vec![i].into())).await else { return };
            self.history.borrow_mut().shown_late(TABLE, i, &values(&page));
        }
    }

    async fn process(&self, dice: &mut Dice) {
        let store = open_at(Box::new(self.disk.clone()), options()).unwrap();
        let death = Arc::new(tokio::sync::Notify::new());
        self.disk.on_death(death.clone());
        self.disk.die_in(1 + dice.below(150));
        let writers = join_all((0..16).map(|writer| self.write(&store, writer)));
        let end = async {
            death.notified().await;
            store.close();
        };
        tokio::join!(writers, self.read(&store), end);
    }

    async fn look(&self, seed: u64) {
        let store = open_at(Box::new(self.disk.clone()), options()).unwrap();
        for partition in 0..2 {
            let page = store.read(whole(TABLE, &vec![partition].into())).await.unwrap();
            let shown = self.history.borrow_mut().shown(TABLE, partition, &values(&page));
            shown.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        }
        self.history.borrow_mut().settle();
    }
}

#[tokio::test]
async fn cuts_under_real_threads_lose_nothing() {
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let run = Run { disk: Disk::new(), history: RefCell::default(), clock: RefCell::default() };
        for _ in 0..5 {
            run.process(&mut dice).await;
            run.disk.cut(&mut dice);
            run.look(seed).await;
            run.disk.kill();
        }
    }
}
