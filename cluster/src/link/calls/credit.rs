//! How much a stream's feeder may still push. An item may be pushed while any credit is left, however large the item is,
//! so one large item passes the bound once and nothing is stuck. Never knows the items.

use parking_lot::Mutex;
use tokio::sync::Notify;

#[derive(Debug)]
struct Left {
    items: i64,
    bytes: i64,
}

/// Credit of one stream; one feeder waits for it.
#[derive(Debug)]
pub(super) struct Credit {
    left: Mutex<Left>,
    more: Notify,
}

impl Credit {
    /// What the reader gave when it opened the stream.
    pub(super) fn new(items: u32, bytes: u32) -> Self {
        Self { left: Mutex::new(Left { items: items.into(), bytes: bytes.into() }), more: Notify::new() }
    }

    /// The reader took items and gives their credit back.
    pub(super) fn give(&self, items: u32, bytes: u32) {
        let mut left = self.left.lock();
        left.items = left.items.saturating_add(items.into());
        left.bytes = left.bytes.saturating_add(bytes.into());
        drop(left);
        self.more.notify_one();
    }

    /// Waits for credit and takes what one item of `size` bytes needs.
    pub(super) async fn take(&self, size: usize) {
        while !self.try_take(size) {
            self.more.notified().await;
        }
    }

    fn try_take(&self, size: usize) -> bool {
        let mut left = self.left.lock();
        if left.items <= 0 || left.bytes <= 0 {
            return false;
        }
        left.items -= 1;
        left.bytes -= i64::try_from(size).unwrap_or(i64::MAX);
        true
    }
}

#[cfg(test)]
mod tests {
    //! What credit allows.

    use super::*;

    #[test]
    fn a_large_item_passes_once_and_is_paid_back_before_the_next() {
        let credit = Credit::new(10, 100);
        assert!(credit.try_take(1000));
        assert!(!credit.try_take(1));
        credit.give(1, 900);
        assert!(!credit.try_take(1), "nothing is left yet");
        credit.give(0, 100);
        assert!(credit.try_take(1));
    }

    #[test]
    fn items_without_bytes_use_up_the_credit_for_items() {
        let credit = Credit::new(2, 100);
        assert!(credit.try_take(0) && credit.try_take(0));
        assert!(!credit.try_take(0));
    }
}
