//! The largest inputs that the door takes: their rows stay within what a segment of the journal is made for.

use std::collections::BTreeMap;

use super::life::{Clock, Node, accepted, auditor, birth, customer, live, session, staff};
use crate::limits;
use crate::session::event::Notice;
use crate::session::input::Act;
use crate::store::reading;
use crate::store::rows::embedded::tests::disk::Disk;
use crate::words::{Audience, JournalId};

/// Userdata of `bytes` in as many keys as there may be.
fn data(bytes: usize, fill: char) -> BTreeMap<String, String> {
    let keys = limits::DATA_KEYS;
    let key = |n: usize| format!("customer.{n:03}");
    let length = bytes / keys - key(0).len();
    (0..keys).map(|n| (key(n), fill.to_string().repeat(length))).collect()
}

#[test]
fn the_largest_events_fit_their_segment() {
    let (clock, disk, id) = (Clock::new(), Disk::new(), session(1));
    live(async {
        let node = Node::start(&disk, &clock).await.unwrap();
        let Act::Create { mut birth, .. } = birth() else { panic!("a create") };
        birth.data = data(limits::DATA_BYTES, 'a');
        birth.contact =
            (0..4).map(|n| (format!("k{n}"), "c".repeat(limits::CONTACT_BYTES / 4 - 2))).collect();
        let customer_nick = Some("n".repeat(limits::NICK_CHARS));
        accepted(
            &node
                .ask(
                    &customer(),
                    id,
                    ("create", None, Act::Create { birth, customer: customer_nick, text: None }),
                )
                .await,
        );
        accepted(&node.join("ann", id, "join").await);
        let (text, all) = ("t".repeat(limits::TEXT_BYTES), Audience::All);
        let set = data(limits::DATA_BYTES, 'b');
        let name: String = "f".repeat(8);
        let custom = Notice::Custom { name, data: "d".repeat(limits::TEXT_BYTES - 8) };
        let acts = [
            Act::Send { text: text.clone(), audience: all },
            Act::Note { text },
            Act::Data { set, remove: Vec::new() },
            Act::Notice { notice: custom, audience: all },
        ];
        for (number, act) in acts.into_iter().enumerate() {
            let who = if matches!(act, Act::Note { .. }) { staff("ann") } else { customer() };
            let who = if matches!(act, Act::Data { .. }) { auditor() } else { who };
            accepted(&node.ask(&who, id, (&format!("m{number}"), None, act)).await);
        }
        let (read, _) = reading::open(&*node.store, &JournalId::Session(id)).await.unwrap();
        let largest = read.rows.values().map(|row| row.value.len()).max().unwrap();
        assert!(largest > limits::DATA_BYTES && largest <= limits::EVENT_BYTES, "{largest} bytes");
    });
}
